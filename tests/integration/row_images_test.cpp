// Row images that leave columns out, followed after the copy: MINIMAL and NOBLOB, INSERTs that take defaults, partial JSON; and the stop
// where an image does not say enough.
#include <fmt/core.h>

#include <chrono>
#include <string>
#include <vector>

#include "integration/shared_servers.h"
#include "integration/stops_saying.h"
#include "servers/live_pipeline.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

void create(MysqlFamilyServer& server, const std::string& database, const std::string& tables) {
  server.exec(fmt::format("DROP DATABASE IF EXISTS {0}; CREATE DATABASE {0}", database));
  server.connect(database).exec(tables);
}

constexpr const char* kTables =
    "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a INT DEFAULT 5, b VARCHAR(20) NOT NULL DEFAULT 'it''s \\\\ ναι', "
    "c DATETIME(2) DEFAULT CURRENT_TIMESTAMP(2), d INT DEFAULT (1+a), e DECIMAL(8,2) NOT NULL DEFAULT -1.5, f INT, g BIT(9) DEFAULT "
    "b'100000101', "
    "h TIME(3) NOT NULL DEFAULT '-101:02:03.5', i ENUM('x','y') NOT NULL DEFAULT 'y', j BINARY(4) DEFAULT 'ab', k BLOB, l TEXT, "
    "m BIGINT UNSIGNED NOT NULL DEFAULT 18446744073709551615, n DATETIME(3) NOT NULL DEFAULT '2020-02-29 23:59:59.123', "
    "o DATE NOT NULL DEFAULT '1999-12-31', p CHAR(5) NOT NULL DEFAULT 'c', q SET('u','v','w') NOT NULL DEFAULT 'u,w', r YEAR DEFAULT 2024, "
    "s VARCHAR(9) CHARACTER SET latin1 NOT NULL DEFAULT 'é', u INT GENERATED ALWAYS AS (a+1) STORED);"
    "INSERT INTO t (k, l) VALUES ('blob','text'),('blob2','text2'),(REPEAT('x',60000),NULL);"
    "CREATE TABLE two (x INT, y VARCHAR(9), v INT, w TEXT, PRIMARY KEY (y, x)); INSERT INTO two VALUES (1,'a',1,'t'),(2,'b',2,NULL)";

constexpr const char* kChanges =
    "INSERT INTO t (f) VALUES (1); INSERT INTO t (id, a, k) VALUES (100, NULL, 'own'), (101, DEFAULT, NULL); INSERT INTO t () VALUES ();"
    "INSERT INTO t (id, f) SELECT id + 200, 7 FROM t WHERE id < 3;"
    "UPDATE t SET f = 9 WHERE id = 1; UPDATE t SET k = NULL, l = 'new' WHERE id = 2; UPDATE t SET id = id + 1000, a = 0 WHERE id IN (2, 3);"
    "BEGIN; INSERT INTO t (id, b) VALUES (500, 'x'); UPDATE t SET e = 2.25 WHERE id = 500; UPDATE t SET id = 501 WHERE id = 500; COMMIT;"
    "BEGIN; UPDATE t SET f = 1 WHERE id = 1; UPDATE t SET g = NULL WHERE id = 1; DELETE FROM t WHERE id = 100; INSERT INTO t (id) VALUES "
    "(100); COMMIT;"
    "INSERT INTO t (id, f) VALUES (1, 0) ON DUPLICATE KEY UPDATE f = 77;"
    "INSERT INTO two (x, y) VALUES (3,'c'); UPDATE two SET v = 5 WHERE y = 'a'; UPDATE two SET x = 9 WHERE y = 'b'; UPDATE two SET y = "
    "'z', x = 1 "
    "WHERE y = 'a'; DELETE FROM two WHERE y = 'c'";

void images(MysqlFamilyServer& server, PostgresServer* sink) {
  for (const std::string image : {"MINIMAL", "NOBLOB", "FULL"}) {
    CAPTURE(server.engine(), image);
    const std::string database = server.engine() + "_" + image;  // both servers share a sink
    create(server, database, kTables);
    LivePipeline pipeline(server, sink, database);
    pipeline.start();
    REQUIRE(pipeline.becomes_equal());
    server.connect(database).exec("SET SESSION binlog_row_image=" + image + "; " + kChanges);
    CHECK(pipeline.becomes_equal());
    // the schemas come from the state file now
    CHECK(pipeline.stop() == 0);
    server.connect(database).exec("SET SESSION binlog_row_image=" + image + "; INSERT INTO t (f) VALUES (55)");
    pipeline.start();
    CHECK(pipeline.becomes_equal());
    CHECK(pipeline.stop() == 0);
  }
}

}  // namespace

TEST_CASE("MariaDB into SQLite: images without all columns", "[images]") { images(mariadb(), nullptr); }
TEST_CASE("MariaDB into PostgreSQL: images without all columns", "[images]") { images(mariadb(), &postgres()); }
TEST_CASE("MySQL into SQLite: images without all columns", "[images]") { images(mysql(), nullptr); }
TEST_CASE("MySQL into PostgreSQL: images without all columns", "[images]") { images(mysql(), &postgres()); }

TEST_CASE("an INSERT without a column whose default is not known stops the pipeline", "[images]") {
  for (MysqlFamilyServer* server : {&mariadb(), &mysql()}) {
    CAPTURE(server->engine());
    create(*server, "lacks", "CREATE TABLE t (id INT PRIMARY KEY, f FLOAT NOT NULL DEFAULT 0.3); INSERT INTO t VALUES (1,1)");
    LivePipeline pipeline(*server, nullptr, "lacks");
    pipeline.start();
    REQUIRE(pipeline.becomes_equal());
    server->connect("lacks").exec(
        "SET SESSION binlog_row_image=MINIMAL; INSERT INTO t (id, f) VALUES (2, 2); INSERT INTO t (id) VALUES (3)");
    stops_saying(pipeline, {"lacks column f", "binlog_row_image = 'FULL'"});
  }
}

TEST_CASE("MINIMAL images of a table without key stop the pipeline only where they do not say which row", "[images]") {
  for (MysqlFamilyServer* server : {&mariadb(), &mysql()}) {
    CAPTURE(server->engine());
    create(*server, "keyless", "CREATE TABLE t (a INT, b VARCHAR(9)); INSERT INTO t VALUES (1,'x'),(2,'y')");
    LivePipeline pipeline(*server, nullptr, "keyless");
    pipeline.start();
    REQUIRE(pipeline.becomes_equal());
    // without a key the servers log every column before the change, whatever the setting
    server->connect("keyless").exec(
        "SET SESSION binlog_row_image=MINIMAL; INSERT INTO t (a) VALUES (3); UPDATE t SET b='z' WHERE a=1; DELETE FROM t WHERE a=2");
    CHECK(pipeline.becomes_equal());
    CHECK(pipeline.stop() == 0);
  }
}

TEST_CASE("partial JSON is applied where the log has the value before it, else it stops the pipeline", "[images]") {
  create(mysql(), "partial",
         "CREATE TABLE t (id INT PRIMARY KEY, j JSON, v INT); INSERT INTO t VALUES (1, "
         "'{\"a\": [1, 2, {\"b\": \"text\"}], \"c\": \"some long text that makes a diff worth it ..............................\"}', 1)");
  LivePipeline pipeline(mysql(), nullptr, "partial");
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  mysql().connect("partial").exec(
      "SET SESSION binlog_row_value_options='PARTIAL_JSON'; UPDATE t SET j = JSON_SET(j, '$.a[2].b', 'changed', '$.d', 5); "
      "UPDATE t SET j = JSON_REMOVE(j, '$.a[0]'), v = 2; UPDATE t SET j = JSON_REPLACE(j, '$.a[0]', CAST('[true, null]' AS JSON))");
  CHECK(pipeline.becomes_equal());
  const std::string minimal = "SET SESSION binlog_row_value_options='PARTIAL_JSON', binlog_row_image=MINIMAL; ";
  // the same value again is no difference, which needs no value before it
  mysql().connect("partial").exec(minimal +
                                  "UPDATE t SET j = CAST(CAST(j AS CHAR) AS JSON), v = 3; UPDATE t SET j = JSON_SET(j, '$.d', 5)");
  mysql().connect("partial").exec("UPDATE t SET v = v + 1");
  CHECK(pipeline.becomes_equal());
  mysql().connect("partial").exec(minimal + "UPDATE t SET j = JSON_SET(j, '$.d', 6)");
  stops_saying(pipeline, {"partial.t", "hint:"});
}
