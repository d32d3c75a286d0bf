-- A log that the server encrypts: nothing of it can be decoded, and the decoder says so.
-- flags: --plugin-load-add=file_key_management --file-key-management-filename=WORK/key --encrypt-binlog=ON
SET TIMESTAMP = 1700000000;
CREATE TABLE secret (id INT PRIMARY KEY);
INSERT INTO secret VALUES (1);
