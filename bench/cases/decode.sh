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
  python3 - "$dir" "$peaks/decode" <<'PY'
import json, sys
folder, peak = sys.argv[1:]
one = json.loads(open(folder + '/one').read().splitlines()[-1])
open(folder + '/wall', 'a').write(f"{one['seconds']}\n")
open(folder + '/cpu', 'a').write(f"{one['rows'] / one['cpu_seconds']}\n")
open(peak, 'a').write(f"{one['peak_rss_kib'] / 1024:.1f}\n")
PY
done
report decode 'mariadb-binlog --raw' "$dir/wall" "$dir/raw" seconds '<=1.2'
report decode 'SeaTunnel, published 120000 rows/s per core' "$dir/cpu" 120000 'rows per CPU second' '>=abs:2000000'
