-- Every column type, row images, old temporal formats, XA, rolled back and mixed transactions, DDL; ends with a shutdown.
-- shutdown
SET TIMESTAMP = 1700000000;
CREATE TABLE numbers (id INT UNSIGNED PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, b BOOLEAN, s SMALLINT, su SMALLINT UNSIGNED, m MEDIUMINT,
  mu MEDIUMINT UNSIGNED, i INT, l BIGINT, lu BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(30, 10), z DECIMAL(5, 0), y YEAR, bits BIT(11));
INSERT INTO numbers VALUES (1, -128, 255, TRUE, -32768, 65535, -8388608, 16777215, -2147483648, -9223372036854775808, 18446744073709551615,
  1.5, -0.1, -12345678901234567890.0123456789, 99999, 2155, b'10000000001'), (2, 0, 0, FALSE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'0'),
  (4000000000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
UPDATE numbers SET n = 0.0000000001, f = 3.4e38, d = 1.7976931348623157e308 WHERE id = 1;
DELETE FROM numbers WHERE id > 1;
CREATE TABLE times (id INT PRIMARY KEY, d DATE, t TIME, t3 TIME(3), t6 TIME(6), dt DATETIME, dt1 DATETIME(1), dt6 DATETIME(6), ts TIMESTAMP NULL,
  ts4 TIMESTAMP(4) NULL);
INSERT INTO times VALUES (1, '2023-02-28', '-838:59:59', '12:34:56.789', '-00:00:00.000001', '9999-12-31 23:59:59', '1000-01-01 00:00:00.9',
  '2023-01-02 03:04:05.678901', '2038-01-19 03:14:07', '1970-01-01 00:00:01.0001'), (2, '2023-05-00', '00:00:00', '838:59:59', '0:0:0.5',
  '2023-00-00 10:00:00', '2023-01-01', '2023-01-01', NULL, NULL), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SET SESSION sql_mode = 'ALLOW_INVALID_DATES';
INSERT INTO times VALUES (4, '0000-00-00', '00:00:00', 0, 0, 0, 0, 0, 0, 0);
SET SESSION sql_mode = DEFAULT;
SET GLOBAL mysql56_temporal_format = OFF;
CREATE TABLE old_times (id INT PRIMARY KEY, t TIME, dt DATETIME, ts TIMESTAMP NULL);
SET GLOBAL mysql56_temporal_format = ON;
INSERT INTO old_times VALUES (1, '-12:34:56', '2023-01-02 03:04:05', '2001-09-09 01:46:40'), (2, NULL, NULL, NULL);
CREATE TABLE texts (id INT PRIMARY KEY, c CHAR(5), cb BINARY(3), v VARCHAR(20), vl VARCHAR(300) CHARACTER SET latin1, vg VARCHAR(20) CHARACTER SET gbk,
  vj VARCHAR(20) CHARACTER SET sjis, ve VARCHAR(20) CHARACTER SET euckr, vu VARCHAR(20) CHARACTER SET ujis, vu2 VARCHAR(20) CHARACTER SET ucs2,
  vu16 VARCHAR(20) CHARACTER SET utf16, vu32 VARCHAR(20) CHARACTER SET utf32, vk VARCHAR(20) CHARACTER SET koi8r, vb VARBINARY(20), tt TINYTEXT,
  t TEXT, mt MEDIUMTEXT, lt LONGTEXT, tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB, e ENUM('a', 'é', 'c,d'), s SET('x', 'y', 'ü'), j JSON);
INSERT INTO texts VALUES (1, 'ab ', x'0100', 'größe 漢字 😀', 'é€', '你好', 'テスト', '한국', '日本', 'Ωmega', '😀', '😀', 'мир', x'00ff', 'tiny', 'text',
  'medium', 'long', x'01', x'0203', x'040506', x'', 'é', 'x,ü', '{"a": [1, 2.5, "x", null]}'), (2, '', '', '', '', '', '', '', '', '', '', '', '',
  '', '', '', '', '', '', '', '', '', 'c,d', '', '[]'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE others (id INT PRIMARY KEY, u UUID, i4 INET4, i6 INET6, vc VARCHAR(200) COMPRESSED, bc BLOB COMPRESSED, g GEOMETRY, p POINT);
INSERT INTO others VALUES (1, '123e4567-e89b-12d3-a456-426655440000', '10.0.0.1', 'fe80::1', REPEAT('abc', 50), REPEAT(x'00ff', 100),
  ST_GeomFromText('LINESTRING(0 0, 1 1, 2 0)'), POINT(1, -2)), (2, NULL, NULL, NULL, 'short', x'', NULL, NULL);
CREATE TABLE keyless (a INT, b VARCHAR(10));
INSERT INTO keyless VALUES (1, 'x'), (1, 'x');
SET SESSION binlog_row_image = MINIMAL;
CREATE TABLE images (id INT PRIMARY KEY, n INT, t TEXT, v VARCHAR(10));
INSERT INTO images (id, n) VALUES (1, 10);
UPDATE images SET n = 11 WHERE id = 1;
SET SESSION binlog_row_image = NOBLOB;
UPDATE images SET v = 'w' WHERE id = 1;
DELETE FROM images WHERE id = 1;
SET SESSION binlog_row_image = FULL;
BEGIN;
INSERT INTO images VALUES (2, 1, 'kept', 'a');
SAVEPOINT s;
INSERT INTO images VALUES (3, 1, 'taken back', 'b');
ROLLBACK TO SAVEPOINT s;
UPDATE images SET id = 20 WHERE id = 2;
INSERT INTO keyless VALUES (2, NULL);
COMMIT;
XA START 'branch', 'of', 3;
INSERT INTO images VALUES (4, 4, 'xa', 'x');
XA END 'branch', 'of', 3;
XA PREPARE 'branch', 'of', 3;
XA COMMIT 'branch', 'of', 3;
XA START 'gone';
INSERT INTO images VALUES (5, 5, 'xa', 'x');
XA END 'gone';
XA PREPARE 'gone';
XA ROLLBACK 'gone';
XA START 'single';
INSERT INTO images VALUES (6, 6, 'xa', 'x');
XA END 'single';
XA COMMIT 'single' ONE PHASE;
CREATE SEQUENCE steps;
SELECT NEXTVAL(steps);
CREATE TABLE plain (a INT) ENGINE = MyISAM;
INSERT INTO plain VALUES (1);
TRUNCATE TABLE images;
ALTER TABLE images ADD COLUMN more INT DEFAULT 5 FIRST, DROP COLUMN v;
INSERT INTO images VALUES (6, 7, 8, 'after');
SET STATEMENT binlog_annotate_row_events = OFF FOR INSERT INTO images VALUES (7, 9, 9, 'no annotation');
