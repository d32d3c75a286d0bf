#!/bin/bash
# The binlog of 500,000 wide rows into nothing: tidemark's reader (checksums verified, typed values) against the raw dump of mariadb-binlog.
. "$(dirname "$0")/../servers.sh"
rounds=${BENCH_ROUNDS:-5} rows=${BENCH_ROWS:-500000}
start_mariadb source 1
my source "RESET MASTER"
fill_wide source "$rows"
file=$(my source "SHOW MASTER STATUS" | cut -f1)
shm=$(mktemp -d /dev/shm/tidemark-bench.XXXXXX)
trap 'rm -rf "$shm"; stop_all' EXIT
for _ in $(seq "$rounds"); do
  t=$(now)
  mariadb-binlog --no-defaults --read-from-remote-server --host=127.0.0.1 --port="$source_port" --user=bench --password=bench --raw \
    --result-file="$shm/" "$file"
  since "$t" >>"$dir/raw"
  rm -f "$shm"/*
  "$build/tidemark-bench-decode" --host 127.0.0.1 --port "$source_port" --user root --socket "$dir/source.sock" --from "$file:4" >"$dir/one" 2>>"$dir/err" ||
    { cat "$dir/one" "$dir/err" >&2; exit 1; }
  python3 - "$dir" <<'PY'
import json, sys
d = sys.argv[1]
one = json.loads(open(d + '/one').read().splitlines()[-1])
wall = one.get('seconds', one.get('wall_seconds'))
open(d + '/wall', 'a').write(f"{wall}\n")
open(d + '/cpu', 'a').write(f"{one['rows'] / one['cpu_seconds']}\n")
PY
done
raw=$(median <"$dir/raw") wall=$(median <"$dir/wall") per_cpu=$(median <"$dir/cpu")
printf 'raw dump (mariadb-binlog --raw)   %8.3f s\n' "$raw"
printf 'tidemark reader                   %8.3f s   %.0f rows per CPU second\n' "$wall" "$per_cpu"
printf 'wall: tidemark / raw              %8s     (reach: at most 1.2)\n' "$(ratio "$wall" "$raw")"
printf 'rows per CPU second / 120,000     %8s     (SeaTunnel publishes 120,000 rows/s per core; reach: at least 2,000,000 rows)\n' "$(ratio "$per_cpu" 120000)"
