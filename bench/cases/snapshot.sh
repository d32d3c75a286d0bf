#!/bin/bash
# Copying 500,000 wide rows from MariaDB to PostgreSQL: pgloader, the bare pipe mariadb | psql COPY, and tidemark snapshot (exactly once).
. "$(dirname "$0")/../servers.sh"
rounds=${BENCH_ROUNDS:-3} rows=${BENCH_ROWS:-500000}
start_mariadb source 1
start_postgres sink
fill_wide source "$rows"
write_config "snapshot: {workers: 2}"
count() { pg sink -c "SELECT count(*) FROM $1"; }
expect() { [ "$(count "$1")" = "$rows" ] || { echo "$1 has not all rows" >&2; exit 1; }; }
for _ in $(seq "$rounds"); do
  pg sink -c "DROP SCHEMA IF EXISTS pipe CASCADE" -c "CREATE SCHEMA pipe" -c "$(pg_wide_table pipe)" -c CHECKPOINT 2>/dev/null
  t=$(now)
  mariadb --no-defaults --host=127.0.0.1 --port="$source_port" --user=bench --password=bench --quick -N -B -e 'SELECT * FROM bench.t500' |
    pg sink -c 'COPY pipe.t500 FROM STDIN'
  since "$t" >>"$dir/pipe"
  expect pipe.t500

  pg sink -c "DROP SCHEMA IF EXISTS bench CASCADE" -c "DROP SCHEMA IF EXISTS tidemark CASCADE" -c CHECKPOINT 2>/dev/null
  rm -f "$dir"/state.db*
  measure snapshot ours "$build/tidemark" snapshot bench -c "$dir/tidemark.yaml" >"$dir/out" 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }
  expect bench.t500

  pg sink -c "DROP SCHEMA IF EXISTS bench CASCADE" -c "CREATE SCHEMA bench" -c CHECKPOINT 2>/dev/null
  t=$(now)
  pgloader --with "prefetch rows = 10000" --with "workers = 2" --with "concurrency = 1" "mysql://bench:bench@127.0.0.1:$source_port/bench" "pgsql://postgres@127.0.0.1:$sink_port/bench" >"$dir/pgloader.out" 2>&1 ||
    { tail -20 "$dir/pgloader.out" >&2; exit 1; }
  since "$t" >>"$dir/pgloader"
  expect bench.t500
done
ours=$(rates "$rows" "$dir/times.ours")
report snapshot pgloader "$ours" "$(rates "$rows" "$dir/pgloader")" rows/s '>=3'
report snapshot 'mariadb --quick -N -B | psql COPY' "$ours" "$(rates "$rows" "$dir/pipe")" rows/s '>=1'
