#!/bin/bash
# Copying 500,000 wide rows from MariaDB to MariaDB: mydumper and myloader with two threads each, one after the other as they are used, and
# tidemark snapshot (exactly once) with two workers.
. "$(dirname "$0")/../servers.sh"
rounds=${BENCH_ROUNDS:-3} rows=${BENCH_ROWS:-500000}
source_engine=mariadb sink_engine=mariadb
start_mariadb source 1
start_mariadb sink 2 --skip-log-bin
fill_wide source "$rows"
expect() { [ "$(my sink "SELECT COUNT(*) FROM bench.t500")" = "$rows" ] || { echo "the sink has not all rows" >&2; exit 1; }; }
anew() { my sink "DROP DATABASE IF EXISTS bench; DROP DATABASE IF EXISTS tidemark"; rm -rf "$dir"/state.db* "$dir/dump"; }
run_tidemark() {
  anew
  measure my-snapshot ours "$build/tidemark" snapshot bench -c "$dir/tidemark.yaml" >"$dir/out" 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }
  expect
}
run_peer() {
  anew
  local t login=(--host=127.0.0.1 --user=bench --password=bench --threads=2); t=$(now)
  { mydumper "${login[@]}" --port="$source_port" --database=bench --rows=100000 --outputdir="$dir/dump" &&
    myloader "${login[@]}" --port="$sink_port" --directory="$dir/dump" --overwrite-tables; } >"$dir/peer.out" 2>&1 || { tail -20 "$dir/peer.out" >&2; exit 1; }
  since "$t" >>"$dir/peer"
  expect
}
write_config "snapshot: {workers: 2}"
for round in $(seq "$rounds"); do
  if [ $((round % 2)) = 0 ]; then run_tidemark; run_peer; else run_peer; run_tidemark; fi
done
report my-snapshot 'mydumper + myloader, 2 threads' "$(rates "$rows" "$dir/times.ours")" "$(rates "$rows" "$dir/peer")" rows/s '>=1'
