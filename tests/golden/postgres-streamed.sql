-- transactions that are streamed before they end: interleaved, with savepoints that are rolled back, and one that is rolled back whole
-- options: 'proto_version', '3', 'streaming', 'on', 'binary', 'true'
CREATE SCHEMA golden;
CREATE TABLE golden.keyed (id bigint PRIMARY KEY, note text, big text, price numeric(10,2), twice bigint GENERATED ALWAYS AS (id * 2) STORED,
  at timestamptz, raw bytea, code uuid);
CREATE TABLE golden.whole (id bigint PRIMARY KEY, note text);
ALTER TABLE golden.whole REPLICA IDENTITY FULL;
-- capture
CREATE EXTENSION dblink;
SELECT dblink_connect('a', :'beside'), dblink_connect('b', :'beside');
SELECT dblink_exec('a', 'BEGIN; INSERT INTO golden.keyed SELECT i, repeat(''k'', 20), NULL, i FROM generate_series(1, 350) i');
SELECT dblink_exec('b', 'BEGIN; INSERT INTO golden.whole SELECT i, repeat(''w'', 20) FROM generate_series(1, 450) i');
INSERT INTO golden.whole VALUES (10001, 'small');
SELECT dblink_exec('a', 'SAVEPOINT s; INSERT INTO golden.whole SELECT i, ''gone'' FROM generate_series(2001, 2500) i');
SELECT dblink_exec('b', 'UPDATE golden.whole SET note = ''changed'' WHERE id <= 20');
SELECT dblink_exec('a', 'ROLLBACK TO s; UPDATE golden.keyed SET id = 5000 WHERE id = 350');
SELECT dblink_exec('b', 'COMMIT');
SELECT dblink_exec('a', 'INSERT INTO golden.whole VALUES (10002, ''of a''); COMMIT');
BEGIN; INSERT INTO golden.whole SELECT i, 'gone as well' FROM generate_series(3001, 3500) i; ROLLBACK;
INSERT INTO golden.whole VALUES (10003, 'last');
