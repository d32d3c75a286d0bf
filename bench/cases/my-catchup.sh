#!/bin/bash
# Catching up MariaDB -> MariaDB with 200,000 transactions of one row, and with 10 transactions of 100,000 rows: MariaDB's own replica with two
# parallel threads, and tidemark, on the same backlog, in turn.
. "$(dirname "$0")/../servers.sh"
rounds=${BENCH_ROUNDS:-3} transactions=${BENCH_TRANSACTIONS:-200000} large=10 rows=${BENCH_ROWS:-100000}
source_engine=mariadb sink_engine=mariadb
start_mariadb source 1
start_mariadb replica 2 --slave-parallel-threads=2 --slave-parallel-mode=optimistic --log-slave-updates=0 --skip-log-bin
start_mariadb sink 3 --skip-log-bin
my source "RESET MASTER; CREATE DATABASE bench; CREATE TABLE bench.account (id INT PRIMARY KEY, v BIGINT NOT NULL, note VARCHAR(96) NOT NULL);
  USE bench; INSERT INTO bench.account SELECT seq, 0, REPEAT('x', 80) FROM seq_1_to_200000;
  DELIMITER //
  CREATE PROCEDURE bench.work(first BIGINT, n BIGINT) BEGIN DECLARE i BIGINT DEFAULT first; WHILE i < first + n DO
    UPDATE bench.account SET v = i, note = CONCAT('n', i, REPEAT('y', 70)) WHERE id = 1 + (i * 7919) MOD 200000; SET i = i + 1; END WHILE; END //
  DELIMITER ;"
my replica "CHANGE MASTER TO master_host='127.0.0.1', master_port=$source_port, master_user='bench', master_password='bench', master_use_gtid=slave_pos; START SLAVE"
caught_up() { my replica "SELECT MASTER_GTID_WAIT('$(my source 'SELECT @@gtid_binlog_pos')', 600)" >/dev/null; }
caught_up
my replica "STOP SLAVE"
write_config "stop: latest"
"$build/tidemark" snapshot bench -c "$dir/tidemark.yaml" >/dev/null 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }
run_replica() { t=$(now); my replica "START SLAVE"; caught_up; since "$t" >>"$dir/times.replica.$1"; my replica "STOP SLAVE"; }
run_tidemark() { measure my-catchup "ours.$1" "$build/tidemark" run -c "$dir/tidemark.yaml" 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }; }
state_of() { my "$1" "SELECT COUNT(*), SUM(v), SUM(CRC32(note)) FROM bench.account"; }
in_turn() {
  if [ $(($1 % 2)) = 0 ]; then run_replica "$2"; run_tidemark "$2"; else run_tidemark "$2"; run_replica "$2"; fi
  [ "$(state_of sink)" = "$(state_of source)" ] || { echo "the sink differs" >&2; exit 1; }
}
next=1
for round in $(seq "$rounds"); do
  my source "CALL bench.work($next, $transactions)"
  next=$((next + transactions))
  in_turn "$round" small
  for i in $(seq "$large"); do my source "UPDATE bench.account SET v = v + $round * 1000 + $i WHERE id <= $rows"; done
  in_turn "$round" large
done
ours_and_theirs() { rates "$1" "$dir/times.ours.$2"; rates "$1" "$dir/times.replica.$2"; }
mapfile -t small < <(ours_and_theirs "$transactions" small)
mapfile -t big < <(ours_and_theirs $((large * rows)) large)
report my-catchup 'MariaDB replica, 2 parallel threads, one row a transaction' "${small[0]}" "${small[1]}" transactions/s '>=2'
report my-catchup "MariaDB replica, 2 parallel threads, $rows rows a transaction" "${big[0]}" "${big[1]}" rows/s '>=0.4'
