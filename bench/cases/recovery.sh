#!/bin/bash
# kill -9 of a daemon that follows 2,000 tables while a client of MariaDB goes on writing; the next one is started at once. Measured is the
# time from the kill until a client of PostgreSQL sees a change that was committed after the kill, which only the new daemon can have applied.
. "$(dirname "$0")/../servers.sh"
tables=${BENCH_TABLES:-2000} kills=${BENCH_KILLS:-100}
start_mariadb source 1 --table-open-cache=4000
start_postgres sink
{
  echo "CREATE DATABASE bench; USE bench; CREATE TABLE tick (id BIGINT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(64) NOT NULL);"
  for i in $(seq "$((tables - 1))"); do
    echo "CREATE TABLE t$i (id INT PRIMARY KEY, v VARCHAR(40)); INSERT INTO t$i VALUES (1, 'one'), (2, 'two');"
  done
  cat <<SQL
DELIMITER //
CREATE PROCEDURE mysql.write_all_the_time() BEGIN
  LOOP
    INSERT INTO bench.tick (note) VALUES ('a change');
    EXECUTE IMMEDIATE CONCAT('UPDATE bench.t', 1 + FLOOR(RAND() * ($tables - 1)), ' SET v = UUID() WHERE id = 1');
    DO SLEEP(0.005);
  END LOOP;
END //
SQL
} | mariadb --no-defaults --socket="$dir/source.sock" --user=root
write_config "stop: never"
run() { "$build/tidemark" run -c "$dir/tidemark.yaml" 2>>"$dir/tidemark.log" & daemon=$!; }
give_up() { tail "$dir/tidemark.log" >&2; exit 1; }
copied() { [ "$(pg sink -c "SELECT count(*) FROM tidemark.chunk WHERE done" 2>/dev/null)" = "$tables" ]; }
wait_for_tick_after() {  # one session that asks all the time
  pg sink -c "DO \$\$ BEGIN FOR i IN 1..20000 LOOP IF EXISTS (SELECT FROM bench.tick WHERE id > $1) THEN RETURN; END IF;
    PERFORM pg_sleep(0.002); END LOOP; RAISE 'no tick after $1 arrives'; END \$\$"
}
my source "INSERT INTO bench.tick (note) VALUES ('the first')"
run
trap '{ kill -9 $daemon; wait $daemon; } 2>/dev/null || true; stop_all' EXIT
for _ in $(seq 600); do copied && break; sleep 0.5; done
copied || give_up
start "$dir/writer.log" mariadb --no-defaults --socket="$dir/source.sock" --user=root -e "CALL mysql.write_all_the_time()"
wait_for_tick_after 1 || give_up
for _ in $(seq "$kills"); do
  sleep "0.$((RANDOM % 900 + 100))"
  started=$(now)
  kill -9 "$daemon"
  wait "$daemon" 2>/dev/null || true
  run
  wait_for_tick_after "$(my source "SELECT MAX(id) FROM bench.tick")" || give_up
  since "$started" >>"$dir/times"
done
awk '/^VmHWM/ { printf "%.1f\n", $2 / 1024 }' "/proc/$daemon/status" >>"$peaks/recovery"
of_sorted() { sort -n "$dir/times" | awk -v p="$1" '{ t[NR] = $1 } END { i = int(NR * p + 0.999); print t[i < 1 ? 1 : i] }'; }
echo "$kills kills, $tables tables: p50 $(of_sorted 0.5) s, p99 $(of_sorted 0.99) s, max $(of_sorted 1) s;" \
  "load $(cut -d' ' -f1-3 /proc/loadavg)" >&2
report recovery "p99 of $kills kills, $tables tables" "$(of_sorted 0.99)" - s '<=abs:1'
