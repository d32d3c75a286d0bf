#!/bin/bash
# Copying 500,000 wide rows from PostgreSQL to PostgreSQL: the pipe COPY (FORMAT binary) | COPY, pgcopydb, and tidemark snapshot (exactly once)
# with one worker and with two.
. "$(dirname "$0")/../servers.sh"
rounds=${BENCH_ROUNDS:-3} rows=${BENCH_ROWS:-500000}
source_engine=postgres sink_engine=postgres
start_postgres source wal_level=logical
start_postgres sink
pg source -c "CREATE SCHEMA bench" -c "$(pg_wide_table bench)"
pg_fill_wide source "$rows"
expect() { [ "$(pg sink -c "SELECT count(*) FROM $1")" = "$rows" ] || { echo "$1 has not all rows" >&2; exit 1; }; }
# pgcopydb copies the source's publications too
anew() { pg sink -c "DROP PUBLICATION IF EXISTS tidemark_bench" -c "DROP SCHEMA IF EXISTS bench CASCADE" -c "DROP SCHEMA IF EXISTS tidemark CASCADE" -c CHECKPOINT 2>/dev/null; }
run_tidemark() {  # run_tidemark WORKERS
  anew
  rm -f "$dir"/state.db*
  write_config "snapshot: {workers: $1}"
  measure pg-snapshot "$1" "$build/tidemark" snapshot bench -c "$dir/tidemark.yaml" >"$dir/out" 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }
  expect bench.t500
}
run_pipe() {
  anew
  pg sink -c "CREATE SCHEMA bench" -c "$(pg_wide_table bench)"
  local t; t=$(now)
  pg source -c 'COPY bench.t500 TO STDOUT (FORMAT binary)' | pg sink -c 'COPY bench.t500 FROM STDIN (FORMAT binary)'
  since "$t" >>"$dir/pipe"
  expect bench.t500
}
run_pgcopydb() {  # in a process group of its own: it ends the whole group when it fails
  anew
  local t; t=$(now)
  setsid -w pgcopydb clone --source "host=127.0.0.1 port=$source_port user=postgres dbname=bench" --target "host=127.0.0.1 port=$sink_port user=postgres dbname=bench" \
    --table-jobs 2 --index-jobs 2 --no-owner --no-acl --dir "$dir/pgcopydb" --restart >"$dir/pgcopydb.out" 2>&1 || { tail -20 "$dir/pgcopydb.out" >&2; exit 1; }
  since "$t" >>"$dir/pgcopydb.times"
  expect bench.t500
}
for round in $(seq "$rounds"); do
  if [ $((round % 2)) = 0 ]; then run_tidemark 1; run_tidemark 2; run_pipe; else run_pipe; run_tidemark 2; run_tidemark 1; fi
  run_pgcopydb
done
pipe=$(rates "$rows" "$dir/pipe") ours=$(rates "$rows" "$dir/times.2")
report pg-snapshot 'COPY binary | COPY, one worker' "$(rates "$rows" "$dir/times.1")" "$pipe" rows/s '>=0.95'
report pg-snapshot 'COPY binary | COPY, two workers' "$ours" "$pipe" rows/s '>=1.2'
report pg-snapshot 'pgcopydb, 2 table jobs' "$ours" "$(rates "$rows" "$dir/pgcopydb.times")" rows/s '>=1'
