-- A log without checksums.
-- flags: --binlog-checksum=NONE
SET TIMESTAMP = 1700000000;
CREATE TABLE unchecked (id INT PRIMARY KEY, v VARCHAR(10));
INSERT INTO unchecked VALUES (1, 'a');
DELETE FROM unchecked;
