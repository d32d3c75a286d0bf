#!/bin/bash
# kill -9 of a daemon that follows 2,000 tables, and from the start of the next one to the first change that it has applied: the change is
# committed at MariaDB while none runs, a client of PostgreSQL waits for it. Each kill meets a small load, so that work was under way.
. "$(dirname "$0")/../servers.sh"
tables=${BENCH_TABLES:-2000} kills=${BENCH_KILLS:-100}
start_mariadb source 1 --table-open-cache=4000
start_postgres
{
  echo "CREATE DATABASE bench; USE bench; CREATE TABLE tick (id BIGINT PRIMARY KEY, note VARCHAR(64) NOT NULL);"
  for i in $(seq "$((tables - 1))"); do
    echo "CREATE TABLE t$i (id INT PRIMARY KEY, v VARCHAR(40)); INSERT INTO t$i VALUES (1, 'one'), (2, 'two');"
  done
} | mariadb --no-defaults --socket="$dir/source.sock" --user=root
write_config "stop: never"
run() { "$build/tidemark" run -c "$dir/tidemark.yaml" 2>>"$dir/tidemark.log" & daemon=$!; }
wait_for_tick() {  # one session that asks all the time
  pg -d bench -c "DO \$\$ BEGIN FOR i IN 1..20000 LOOP IF EXISTS (SELECT FROM bench.tick WHERE id = $1) THEN RETURN; END IF;
    PERFORM pg_sleep(0.002); END LOOP; RAISE 'tick $1 does not arrive'; END \$\$"
}
run
trap '{ kill -9 $daemon; wait $daemon; } 2>/dev/null || true; stop_all' EXIT
for _ in $(seq 600); do curl -sf --unix-socket "$dir/control.sock" http://localhost/readyz >/dev/null && break; sleep 0.5; done
curl -sf --unix-socket "$dir/control.sock" http://localhost/readyz >/dev/null || { tail "$dir/tidemark.log" >&2; exit 1; }
for i in $(seq "$kills"); do
  my source "USE bench; UPDATE t$((i % (tables - 1) + 1)) SET v = 'before $i'; UPDATE t$((i * 7 % (tables - 1) + 1)) SET v = 'also $i'"
  kill -9 "$daemon"
  wait "$daemon" 2>/dev/null || true
  my source "INSERT INTO bench.tick VALUES ($i, 'after kill $i')"
  started=$(now)
  run
  wait_for_tick "$i" || { tail "$dir/tidemark.log" >&2; exit 1; }
  since "$started" >>"$dir/times"
done
awk '/^VmHWM/ { printf "%.1f\n", $2 / 1024 }' "/proc/$daemon/status" >>"$peaks/recovery"
of_sorted() { sort -n "$dir/times" | awk -v p="$1" '{ t[NR] = $1 } END { i = int(NR * p + 0.999); print t[i < 1 ? 1 : i] }'; }
echo "$kills kills, $tables tables: p50 $(of_sorted 0.5) s, p99 $(of_sorted 0.99) s, max $(of_sorted 1) s" >&2
report recovery "p99 of $kills kills, $tables tables" "$(of_sorted 0.99)" - s '<=abs:1'
