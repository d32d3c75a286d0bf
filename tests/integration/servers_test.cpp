// The test servers themselves: they start, answer, survive restart and kill -9 with their data, and the comparison sees differences.
#include <signal.h>

#include <memory>
#include <thread>

#include "servers/compare.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/postgres_server.h"
#include "support/catch.h"

using namespace tidemark::test;

namespace {

void check_family(MysqlFamilyServer& server) {
  server.exec("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(20)); INSERT INTO d.t VALUES (1, 'ναι'), (2, NULL)");
  CHECK(server.query("SELECT v FROM d.t ORDER BY id") == TextRows{{"ναι"}, {std::nullopt}});
  CHECK(server.connect_as_cdc("d").value("SELECT COUNT(*) FROM t") == "2");
  CHECK(server.value("SELECT @@binlog_format") == "ROW");
  CHECK(server.value("SELECT @@binlog_row_metadata") == "FULL");
  server.restart();
  CHECK(server.value("SELECT COUNT(*) FROM d.t") == "2");
  server.exec("INSERT INTO d.t VALUES (3, 'c')");
  const uint16_t port = server.port();
  server.kill9();
  CHECK_THROWS(server.value("SELECT 1"));
  server.restart();
  CHECK(server.port() == port);
  CHECK(server.value("SELECT COUNT(*) FROM d.t") == "3");
}

}  // namespace

TEST_CASE("MariaDB server starts, restarts and survives kill -9", "[servers]") {
  MariadbServer server;
  check_family(server);
}

TEST_CASE("MySQL server with GTID starts, restarts and survives kill -9", "[servers]") {
  MysqlServer server;
  CHECK(server.value("SELECT @@gtid_mode") == "ON");
  check_family(server);
}

TEST_CASE("MySQL server without GTID, and its template does not share a server_uuid", "[servers]") {
  MysqlOptions options;
  options.gtid = false;
  options.row_image = "MINIMAL";
  MysqlServer one(options), two;
  CHECK(one.value("SELECT @@gtid_mode") == "OFF");
  CHECK(one.value("SELECT @@binlog_row_image") == "MINIMAL");
  CHECK(one.value("SELECT @@server_uuid") != two.value("SELECT @@server_uuid"));
}

TEST_CASE("PostgreSQL server starts, restarts and survives kill -9", "[servers]") {
  PostgresServer server;
  server.exec("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'ναι'), (2, NULL)");
  CHECK(server.query("SELECT v FROM t ORDER BY id") == TextRows{{"ναι"}, {std::nullopt}});
  PostgresAddress address;
  address.port = server.port();
  address.user = server.user();
  address.database = server.database();
  CHECK_THROWS(PostgresClient(address));  // without its password
  address.password = server.password();
  CHECK(PostgresClient(address).value("SELECT current_user") == "tidemark");
  server.restart();
  server.exec("CHECKPOINT");
  server.kill9();
  server.restart();
  CHECK(server.value("SELECT count(*) FROM t") == "2");
}

TEST_CASE("a child dies with the test's thread of control, not with the thread that started it", "[servers]") {
  std::unique_ptr<PostgresServer> server;
  std::thread([&] { server = std::make_unique<PostgresServer>(); }).join();
  CHECK(server->value("SELECT 1") == "1");
}

TEST_CASE("the comparison sees equal tables and every kind of difference", "[servers]") {
  MariadbServer source;
  PostgresServer sink;
  source.exec(
      "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, d DECIMAL(10,2), f FLOAT, x DOUBLE, s VARCHAR(30), b VARBINARY(9), "
      "dt DATETIME(3), ts TIMESTAMP(6) NULL, t TIME(2), bi BIT(10), j JSON);"
      "INSERT INTO d.t VALUES (1, -1.50, 0.1, 0.1, 'naïve', x'00ff', '2024-02-29 10:00:00.120', '2024-02-29 10:00:00.5', '-838:59:59', "
      "b'1000000001', '{\"b\":1,\"a\":[1.5,null]}'), (2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL)");
  sink.exec(
      "CREATE SCHEMA d; CREATE TABLE d.t (id int PRIMARY KEY, d numeric(10,2), f real, x double precision, s varchar(30), b bytea, "
      "dt timestamp(3), ts timestamptz(6), t interval, bi bit(10), j jsonb);"
      "INSERT INTO d.t VALUES (1, -1.50, 0.1, 0.1, 'naïve', '\\x00ff', '2024-02-29 10:00:00.12', '2024-02-29 10:00:00.5+00', "
      "'-838:59:59', '1000000001', '{\"a\":[1.5,null],\"b\":1}'), (2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL)");
  MysqlClient from = source.connect();
  PostgresClient to = sink.connect();
  const auto tables = tables_of(from, "d");
  REQUIRE(tables.size() == 1);
  CHECK(compare_tables(from, to, tables) == std::vector<std::string>{});
  for (const char* change :
       {"d = -1.51", "f = 0.10000001", "x = 0.10000000000000002", "s = 'naive'", "b = '\\x00'", "dt = '2024-02-29 10:00:00.121'",
        "ts = '2024-02-29 10:00:00.500001+00'", "t = '838:59:59'", "bi = '1000000000'", "j = '{}'", "s = NULL"}) {
    CAPTURE(change);
    sink.exec(std::string("BEGIN; UPDATE d.t SET ") + change + " WHERE id = 1");
    CHECK(compare_tables(from, to, tables).empty());  // not committed yet
    sink.exec("COMMIT");
    CHECK(compare_tables(from, to, tables).size() == 2);
    sink.exec(
        "UPDATE d.t SET d=-1.50, f=0.1, x=0.1, s='naïve', b='\\x00ff', dt='2024-02-29 10:00:00.12', ts='2024-02-29 10:00:00.5+00', "
        "t='-838:59:59', bi='1000000001', j='{\"a\":[1.5,null],\"b\":1}' WHERE id = 1");
  }
  sink.exec("DELETE FROM d.t WHERE id = 2");
  CHECK(compare_tables(from, to, tables).size() == 1);
  sink.exec("DROP TABLE d.t");
  CHECK(compare_tables(from, to, tables) == std::vector<std::string>{"d.t: no such table in the sink"});
}
