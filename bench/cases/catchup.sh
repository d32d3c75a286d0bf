#!/bin/bash
# Catching up with 200,000 transactions of one update and one insert: MariaDB's own replica with two parallel threads, and tidemark into
# PostgreSQL, on the same backlog, in turn.
. "$(dirname "$0")/../servers.sh"
rounds=${BENCH_ROUNDS:-3} transactions=${BENCH_TRANSACTIONS:-200000}
start_mariadb source 1
start_mariadb replica 2 --slave-parallel-threads=2 --slave-parallel-mode=optimistic --log-slave-updates=0 --skip-log-bin
start_postgres sink
my source "RESET MASTER; CREATE DATABASE bench; CREATE TABLE bench.account (id INT PRIMARY KEY, v BIGINT NOT NULL, note VARCHAR(96) NOT NULL);
  CREATE TABLE bench.entry (id BIGINT PRIMARY KEY, account INT NOT NULL, amount DECIMAL(12,2) NOT NULL, note VARCHAR(96) NOT NULL);
  USE bench; INSERT INTO bench.account SELECT seq, 0, REPEAT('x', 80) FROM seq_1_to_200000;
  DELIMITER //
  CREATE PROCEDURE bench.work(first BIGINT, n BIGINT) BEGIN DECLARE i BIGINT DEFAULT first; WHILE i < first + n DO START TRANSACTION;
    UPDATE bench.account SET v = i, note = CONCAT('n', i, REPEAT('y', 70)) WHERE id = 1 + (i * 7919) MOD 200000;
    INSERT INTO bench.entry VALUES (i, 1 + (i * 7919) MOD 200000, i / 3, REPEAT('z', 80)); COMMIT; SET i = i + 1; END WHILE; END //
  DELIMITER ;"
my replica "CHANGE MASTER TO master_host='127.0.0.1', master_port=$source_port, master_user='bench', master_password='bench', master_use_gtid=slave_pos; START SLAVE"
caught_up() { my replica "SELECT MASTER_GTID_WAIT('$(my source 'SELECT @@gtid_binlog_pos')', 600)" >/dev/null; }
caught_up
my replica "STOP SLAVE"
write_config "stop: latest"
"$build/tidemark" snapshot bench -c "$dir/tidemark.yaml" >/dev/null 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }
next=1
run_replica() { t=$(now); my replica "START SLAVE"; caught_up; since "$t" >>"$dir/times.replica"; my replica "STOP SLAVE"; }
run_tidemark() { measure catchup ours "$build/tidemark" run -c "$dir/tidemark.yaml" 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }; }
for round in $(seq "$rounds"); do
  my source "CALL bench.work($next, $transactions)"
  next=$((next + transactions))
  if [ $((round % 2)) = 0 ]; then run_replica; run_tidemark; else run_tidemark; run_replica; fi
  want=$(my source "SELECT CONCAT(COUNT(*), '|', SUM(v)) FROM bench.account")
  [ "$(pg sink -c 'SELECT count(*), sum(v) FROM bench.account')" = "$want" ] || { echo "the sink differs" >&2; exit 1; }
  [ "$(pg sink -c 'SELECT count(*) FROM bench.entry')" = "$((next - 1))" ] || { echo "the sink differs" >&2; exit 1; }
done
report catchup 'MariaDB replica, 2 parallel threads' "$(rates "$transactions" "$dir/times.ours")" "$(rates "$transactions" "$dir/times.replica")" transactions/s '>=2'
