#!/bin/bash
# From COMMIT at PostgreSQL to visible in PostgreSQL at 100 transactions/s, seen by a client that asks the sink all the time: tidemark, and
# PostgreSQL's own logical replication.
. "$(dirname "$0")/../servers.sh"
source_engine=postgres sink_engine=postgres
start_postgres source wal_level=logical
start_postgres replica
start_postgres sink
table="CREATE TABLE bench.tick (id bigint PRIMARY KEY, note varchar(64) NOT NULL)"
pg source -c "CREATE SCHEMA bench" -c "$table" -c "CREATE PUBLICATION peer FOR TABLE bench.tick"
pg replica -c "CREATE SCHEMA bench" -c "$table"
measure_to() {  # measure_to SERVER FILE
  "$build/tidemark-bench-latency" "host=127.0.0.1 port=$source_port user=postgres dbname=bench" "$dir/$1" "$2" "${BENCH_SECONDS:-30}" 100 >"$dir/percentiles.$1"
  cat "$dir/percentiles.$1" >&2
  pg source -c "TRUNCATE bench.tick"
}
percentile() { sed "s/ (reach.*//; s/.* $2 \([0-9.]*\) ms.*/\1/" "$dir/percentiles.$1"; }
pg replica -c "CREATE SUBSCRIPTION peer CONNECTION 'host=127.0.0.1 port=$source_port user=postgres dbname=bench' PUBLICATION peer"
wait_for bash -c "[ \"\$($pg_bin/psql -XAt -h 127.0.0.1 -p $replica_port -U postgres -d bench -c \"SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'\")\" = 0 ]"
measure_to replica "$replica_port"
pg replica -c "DROP SUBSCRIPTION peer"
write_config "stop: never"
"$build/tidemark" run -c "$dir/tidemark.yaml" 2>"$dir/tidemark.log" &
daemon=$!
trap 'kill $daemon; wait $daemon || true; stop_all' EXIT
wait_for bash -c "curl -sf --unix-socket $dir/control.sock http://localhost/readyz"
measure_to sink "$sink_port"
awk '/^VmHWM/ { printf "%.1f\n", $2 / 1024 }' "/proc/$daemon/status" >>"$peaks/pg-latency"
report pg-latency "PostgreSQL's logical replication, p50 at 100 transactions/s" "$(percentile sink p50)" "$(percentile replica p50)" ms '<=abs:2'
report pg-latency "PostgreSQL's logical replication, p99 at 100 transactions/s" "$(percentile sink p99)" "$(percentile replica p99)" ms '<=abs:10'
