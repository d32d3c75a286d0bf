#!/bin/bash
# From COMMIT at MariaDB to visible in PostgreSQL at 100 transactions/s, seen by a client that asks PostgreSQL all the time.
. "$(dirname "$0")/../servers.sh"
start_mariadb source 1
start_postgres sink
my source "CREATE DATABASE bench; CREATE TABLE bench.tick (id BIGINT PRIMARY KEY, note VARCHAR(64) NOT NULL)"
write_config "stop: never"
"$build/tidemark" run -c "$dir/tidemark.yaml" 2>"$dir/tidemark.log" &
daemon=$!
trap 'kill $daemon; wait $daemon || true; stop_all' EXIT
wait_for pg sink -c 'SELECT count(*) FROM bench.tick'
wait_for bash -c "curl -sf --unix-socket $dir/control.sock http://localhost/readyz"
"$build/tidemark-bench-latency" "$dir/source.sock" "$dir/sink" "$sink_port" "${BENCH_SECONDS:-30}" 100 >"$dir/percentiles"
cat "$dir/percentiles" >&2
awk '/^VmHWM/ { printf "%.1f\n", $2 / 1024 }' "/proc/$daemon/status" >>"$peaks/latency"
report latency 'p50 at 100 transactions/s' "$(sed 's/.*transactions: p50 \([0-9.]*\) .*/\1/' "$dir/percentiles")" - ms '<=abs:2'
report latency 'p99 at 100 transactions/s' "$(sed 's/.*, p99 \([0-9.]*\) ms, max.*/\1/' "$dir/percentiles")" - ms '<=abs:10'
