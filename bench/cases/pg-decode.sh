#!/bin/bash
# The WAL of 200,000 transactions of pgbench and of 500,000 wide rows into nothing: tidemark's reader (typed values) against pg_recvlogical, which
# only receives the same messages of pgoutput.
. "$(dirname "$0")/../servers.sh"
rounds=${BENCH_ROUNDS:-3} rows=${BENCH_ROWS:-500000} transactions=${BENCH_TRANSACTIONS:-200000}
start_postgres source wal_level=logical synchronous_commit=off max_replication_slots=40
"$pg_bin/pgbench" -h 127.0.0.1 -p "$source_port" -U postgres -i -s 10 -q bench >"$dir/pgbench.out" 2>&1
pg source -c "ALTER TABLE pgbench_history REPLICA IDENTITY FULL" -c "CREATE SCHEMA bench" -c "$(pg_wide_table bench)"
decode=("$build/tidemark-bench-pg-decode" --port "$source_port" --user postgres --database bench --slot ours --publication ours)
from=$("${decode[@]}" --prepare | tail -1)
for round in $(seq "$rounds"); do pg source -c "SELECT pg_create_logical_replication_slot('peer$round', 'pgoutput')" >/dev/null; done
"$pg_bin/pgbench" -h 127.0.0.1 -p "$source_port" -U postgres -n -c 2 -t $((transactions / 2)) bench >"$dir/pgbench.out" 2>&1
pg_fill_wide source "$rows"
end=$(pg source -c "SELECT pg_current_wal_flush_lsn()")
run_peer() {
  local t; t=$(now)
  "$pg_bin/pg_recvlogical" -h 127.0.0.1 -p "$source_port" -U postgres -d bench --slot "peer$1" --start --no-loop --endpos="$end" -f /dev/null \
    -o proto_version=1 -o publication_names=ours
  since "$t" >>"$dir/peer"
}
run_ours() {
  "${decode[@]}" --from "$from" >"$dir/one" 2>>"$dir/err" || { cat "$dir/one" "$dir/err" >&2; exit 1; }
  python3 - "$dir" "$peaks/pg-decode" <<'PY'
import json, sys
folder, peak = sys.argv[1:]
one = json.loads(open(folder + '/one').read().splitlines()[-1])
open(folder + '/wall', 'a').write(f"{one['seconds']}\n")
open(folder + '/cpu', 'a').write(f"{1e6 * one['cpu_seconds'] / one['rows']}\n")
open(peak, 'a').write(f"{one['peak_rss_kib'] / 1024:.1f}\n")
PY
}
for round in $(seq "$rounds"); do
  if [ $((round % 2)) = 0 ]; then run_ours; run_peer "$round"; else run_peer "$round"; run_ours; fi
done
report pg-decode 'pg_recvlogical to /dev/null' "$dir/wall" "$dir/peer" seconds '<=1.2'
report pg-decode 'CPU of tidemark' "$dir/cpu" - 'seconds per million changes' '<=abs:0.5'
