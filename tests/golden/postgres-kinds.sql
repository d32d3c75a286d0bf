-- every kind of change and every replica identity; what is read back is small enough to come whole
CREATE SCHEMA golden;
CREATE TABLE golden.keyed (id bigint PRIMARY KEY, note text, big text, price numeric(10,2), twice bigint GENERATED ALWAYS AS (id * 2) STORED,
  at timestamptz, raw bytea, code uuid);
ALTER TABLE golden.keyed ALTER big SET STORAGE EXTERNAL;
CREATE TABLE golden.whole (id bigint PRIMARY KEY, note text);
ALTER TABLE golden.whole REPLICA IDENTITY FULL;
CREATE TABLE golden.keyless (id bigint, note text);
ALTER TABLE golden.keyless REPLICA IDENTITY FULL;
CREATE TYPE golden.mood AS ENUM ('well', 'ill');
CREATE TABLE golden.other (id int PRIMARY KEY, mood golden.mood);
-- capture
BEGIN;
INSERT INTO golden.keyed VALUES (1, 'a', repeat('x', 3000), 1.5, DEFAULT, '2026-01-02 03:04:05.678+01', '\x00ff', '01234567-89ab-cdef-0123-456789abcdef');
INSERT INTO golden.keyed VALUES (2, NULL, '', -0.05);
INSERT INTO golden.keyed VALUES (-4611686018427387904, 'ä漢', NULL, 'NaN', DEFAULT, 'infinity');
UPDATE golden.keyed SET note = 'b' WHERE id = 1;
UPDATE golden.keyed SET id = 3 WHERE id = 2;
DELETE FROM golden.keyed WHERE id = 3;
COMMIT;
INSERT INTO golden.other VALUES (1, 'well');
INSERT INTO golden.whole VALUES (1, 'a');
UPDATE golden.whole SET note = NULL;
DELETE FROM golden.whole;
INSERT INTO golden.keyless VALUES (1, NULL), (1, NULL);
UPDATE golden.keyless SET note = 'b' WHERE ctid = (SELECT min(ctid) FROM golden.keyless);
DELETE FROM golden.keyless;
BEGIN; INSERT INTO golden.whole VALUES (5, 'x'); SAVEPOINT s; INSERT INTO golden.whole VALUES (6, 'y'); ROLLBACK TO s; TRUNCATE golden.keyless, golden.other; COMMIT;
SELECT pg_logical_emit_message(true, 'app', 'message');
