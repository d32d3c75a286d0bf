-- Transactions that the server compresses in the log, with rows, partial JSON and XA inside.
-- flags: --binlog-transaction-compression=ON --binlog-row-value-options=PARTIAL_JSON --binlog-rows-query-log-events=ON
SET TIMESTAMP = 1700000000;
CREATE TABLE squeezed (id INT PRIMARY KEY, v VARCHAR(2000), j JSON);
INSERT INTO squeezed VALUES (1, REPEAT('abc', 300), JSON_OBJECT('a', 1, 'pad', REPEAT('q', 200))), (2, REPEAT('é', 500), '[1, 2]'), (3, NULL, NULL);
BEGIN;
UPDATE squeezed SET v = REPEAT('def', 300) WHERE id < 3;
UPDATE squeezed SET j = JSON_SET(j, '$.a', 2) WHERE id = 1;
DELETE FROM squeezed WHERE id > 1;
COMMIT;
XA START 'squeezed';
INSERT INTO squeezed VALUES (4, REPEAT('xa', 300), NULL);
XA END 'squeezed';
XA PREPARE 'squeezed';
XA COMMIT 'squeezed';
