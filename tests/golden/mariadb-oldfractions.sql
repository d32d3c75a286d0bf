-- Times with fractions in MariaDB's own form of before 10.1: the log says neither their digits nor their length, so that decoding ends here.
SET TIMESTAMP = 1700000000;
SET GLOBAL mysql56_temporal_format = OFF;
CREATE TABLE old_fractions (i INT PRIMARY KEY, t1 TIME(1), t3 TIME(3), t6 TIME(6), d2 DATETIME(2), d4 DATETIME(4), d6 DATETIME(6),
  s2 TIMESTAMP(2) NULL, s4 TIMESTAMP(4) NULL, s6 TIMESTAMP(6) NULL);
SET GLOBAL mysql56_temporal_format = ON;
INSERT INTO old_fractions VALUES (1, '12:34:56.7', '-838:59:59.999', '00:00:00.000001', '2023-01-02 03:04:05.67', '0000-00-00',
  '9999-12-31 23:59:59.999999', '2023-01-02 03:04:05.67', '2023-01-02 03:04:05.0001', '2023-01-02 03:04:05.678901');
