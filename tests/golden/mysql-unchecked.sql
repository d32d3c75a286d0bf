-- A log without checksums, with the least metadata: columns without names.
-- flags: --binlog-checksum=NONE --binlog-row-metadata=MINIMAL
SET TIMESTAMP = 1700000000;
CREATE TABLE unchecked (id INT UNSIGNED PRIMARY KEY, v VARCHAR(10), e ENUM('a', 'b'));
INSERT INTO unchecked VALUES (1, 'a', 'b');
DELETE FROM unchecked;
