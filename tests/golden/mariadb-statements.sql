-- What the statement format writes beside row events, and an incident at the end.
-- flags: --max-binlog-stmt-cache-size=8192 --binlog-stmt-cache-size=8192 --max-allowed-packet=8192
SET TIMESTAMP = 1700000000;
SET SESSION binlog_format = STATEMENT;
CREATE TABLE made (id INT AUTO_INCREMENT PRIMARY KEY, r DOUBLE, v VARCHAR(20000)) CHARACTER SET latin1;
INSERT INTO made (r) VALUES (RAND());
SET @text = 'é', @number = -5, @real = 1.5, @exact = 1.10, @none = NULL;
INSERT INTO made (r, v) VALUES (@real + @exact, CONCAT(@text, @number, COALESCE(@none, '')));
INSERT INTO made (v) SELECT LAST_INSERT_ID();
CREATE TABLE loaded (id INT PRIMARY KEY, v VARCHAR(20000)) CHARACTER SET latin1;
LOAD DATA INFILE 'WORK/rows.txt' INTO TABLE loaded;
LOAD DATA INFILE 'WORK/long.txt' INTO TABLE made (v);
CREATE TABLE plain (id INT PRIMARY KEY, v VARCHAR(20)) ENGINE = MyISAM;
INSERT INTO plain VALUES (1, 'there');
-- fails
LOAD DATA INFILE 'WORK/twice.txt' INTO TABLE plain;
SET SESSION binlog_format = ROW;
CREATE TABLE wide (v TEXT) ENGINE = MyISAM;
-- fails
INSERT INTO wide VALUES (REPEAT('x', 7000)), (REPEAT('y', 7000)), (REPEAT('z', 7000));
