-- Statements and rows that the server compresses in the log.
-- flags: --log-bin-compress=ON --log-bin-compress-min-len=10
SET TIMESTAMP = 1700000000;
CREATE TABLE squeezed (id INT PRIMARY KEY, v VARCHAR(2000));
INSERT INTO squeezed VALUES (1, REPEAT('abc', 300)), (2, REPEAT('é', 500)), (3, NULL);
UPDATE squeezed SET v = REPEAT('def', 300) WHERE id < 3;
DELETE FROM squeezed WHERE id > 1;
ALTER TABLE squeezed COMMENT = 'a statement that is long enough to be worth compressing, worth compressing, worth compressing';
