// Transactions of every shape, followed after the copy: XA, savepoints, statements that write several tables or either insert or update,
// row images that leave columns out, unique keys that change hands, tables without key, foreign keys at the target, huge rows, and what
// cannot be followed: statements instead of rows, and tables that come into being or are created again.
#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "integration/shared_servers.h"
#include "integration/stops_saying.h"
#include "servers/live_pipeline.h"
#include "servers/wait.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

std::vector<MysqlFamilyServer*> both() { return {&mariadb(), &mysql()}; }

/// A database of its own with these tables, copied and followed.
struct Followed {
  Followed(MysqlFamilyServer& server, std::string name, const std::string& tables, PostgresServer* sink = nullptr)
      : source(server), database(std::move(name)), pipeline(server, sink, database, settings()) {
    exec(fmt::format("DROP DATABASE IF EXISTS {0}; CREATE DATABASE {0}", database), "");
    exec(tables);
    pipeline.start();
    REQUIRE(pipeline.becomes_equal());
    REQUIRE(pipeline.reaches("streaming"));
  }
  static PipelineFile settings() {
    PipelineFile file;
    file.pipeline_yaml = "retry: {initial: 100ms, max: 1s, budget: 20s}";
    return file;
  }
  void exec(const std::string& sql) { exec(sql, database); }
  void exec(const std::string& sql, const std::string& in) { source.connect(in).exec(sql); }
  long long rows(const std::string& table) { return pipeline.sink_number("SELECT count(*) FROM {t}", table); }
  /// Everything that was committed so far has been applied.
  void equal() { CHECK(pipeline.becomes_equal(30s)); }
  void equal_and_stops() {
    equal();
    CHECK(pipeline.stop() == 0);
  }
  MysqlFamilyServer& source;
  std::string database;
  LivePipeline pipeline;
};

constexpr const char* kOneTable =
    "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100)); INSERT INTO t VALUES (1,'one'),(2,'two'),(3,'three')";

}  // namespace

TEST_CASE("XA transactions: prepared, and committed or rolled back later", "[transactions][xa]") {
  for (MysqlFamilyServer* server : both()) {
    CAPTURE(server->engine());
    Followed f(*server, "xa", kOneTable);
    f.exec("XA START 'a'; INSERT INTO t VALUES (10,'prepared'); UPDATE t SET v='also' WHERE id=1; XA END 'a'; XA PREPARE 'a'");
    f.exec("XA START 'b'; INSERT INTO t VALUES (11,'never'); XA END 'b'; XA PREPARE 'b'");
    f.exec("XA START 'c'; INSERT INTO t VALUES (12,'one phase'); XA END 'c'; XA COMMIT 'c' ONE PHASE");
    f.exec("INSERT INTO t VALUES (20,'in between')");
    f.equal();
    CHECK(f.rows("t") == 5);

    // twice more, since the second time the place that reading must begin at comes from the saved position alone
    for (int i = 0; i < 2; ++i) {
      if (i == 0) {
        CHECK(f.pipeline.stop() == 0);
      } else {
        f.pipeline.daemon().kill9();
      }
      f.exec(fmt::format("INSERT INTO t VALUES ({},'while away')", 30 + i));
      f.pipeline.start();
      f.equal();
    }
    f.exec("XA COMMIT 'a'");
    f.exec("INSERT INTO t VALUES (40,'later')");
    f.equal();
    CHECK(f.rows("t") == 9);
    f.pipeline.daemon().kill9();
    f.pipeline.start();
    f.equal();
    f.exec("XA ROLLBACK 'b'");
    f.exec("INSERT INTO t VALUES (41,'last')");
    f.equal_and_stops();
  }
}

TEST_CASE("an XA transaction that is prepared when the pipeline begins is waited for", "[transactions][xa]") {
  for (MysqlFamilyServer* server : both()) {
    CAPTURE(server->engine());
    if (server->engine() == "mysql") server->exec(fmt::format("GRANT XA_RECOVER_ADMIN ON *.* TO {}", server->user()));
    server->exec("DROP DATABASE IF EXISTS xw; CREATE DATABASE xw; CREATE TABLE xw.t (id INT PRIMARY KEY, v VARCHAR(100))");
    server->connect("xw").exec("XA START 'early'; INSERT INTO t VALUES (1,'early'); XA END 'early'; XA PREPARE 'early'");
    LivePipeline pipeline(*server, nullptr, "xw", Followed::settings());
    pipeline.start();
    CHECK(wait_until(30s, [&] { return pipeline.log_has("XA transactions are prepared"); }));
    CHECK(wait_until(10s, [&] { return pipeline.status("/last_error/hint").find("XA RECOVER") != std::string::npos; }));
    server->connect("xw").exec("XA COMMIT 'early'");
    server->connect("xw").exec("INSERT INTO t VALUES (2,'after')");
    CHECK(pipeline.becomes_equal());
    CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "t") == 2);
    CHECK(pipeline.stop() == 0);
    if (server->engine() == "mysql") server->exec(fmt::format("REVOKE XA_RECOVER_ADMIN ON *.* FROM {}", server->user()));
  }
}

TEST_CASE("an XA transaction from before the start, which the user was not allowed to see, cannot be followed", "[transactions][xa]") {
  MysqlFamilyServer& server = mysql();
  server.exec("DROP DATABASE IF EXISTS xb; CREATE DATABASE xb; CREATE TABLE xb.t (id INT PRIMARY KEY, v VARCHAR(100))");
  server.connect("xb").exec("XA START 'early'; INSERT INTO t VALUES (1,'early'); XA END 'early'; XA PREPARE 'early'");
  LivePipeline pipeline(server, nullptr, "xb");
  pipeline.start();
  CHECK(pipeline.reaches("streaming"));
  CHECK(pipeline.log_has("XA_RECOVER_ADMIN"));
  server.connect("xb").exec("XA COMMIT 'early'");
  stops_saying(pipeline, {"XA COMMIT", "XA RECOVER"});
}

TEST_CASE("savepoints", "[transactions]") {
  for (MysqlFamilyServer* server : both()) {
    CAPTURE(server->engine());
    Followed f(*server, "sp", kOneTable);
    f.exec(
        "BEGIN; INSERT INTO t VALUES (10,'kept'); SAVEPOINT a; INSERT INTO t VALUES (11,'gone'); SAVEPOINT b; UPDATE t SET v='gone'; "
        "ROLLBACK TO b; DELETE FROM t WHERE id=1; ROLLBACK TO a; INSERT INTO t VALUES (12,'kept'); RELEASE SAVEPOINT a; COMMIT");
    f.exec("BEGIN; SAVEPOINT a; INSERT INTO t VALUES (13,'gone'); ROLLBACK TO a; COMMIT");
    f.exec("BEGIN; DELETE FROM t; ROLLBACK");
    f.equal();
    CHECK(f.rows("t") == 5);
    CHECK(f.pipeline.stop() == 0);
  }
}

TEST_CASE("savepoints beside a table that cannot roll back", "[transactions]") {
  MysqlFamilyServer& server = mariadb();  // then the rolled back rows are in the log, with the ROLLBACK TO
  server.exec("DROP DATABASE IF EXISTS aria; CREATE DATABASE aria; CREATE TABLE aria.x (id INT) ENGINE=MyISAM");
  Followed f(server, "sm", kOneTable);
  f.exec(
      "BEGIN; INSERT INTO t VALUES (10,'kept'); SAVEPOINT a; INSERT INTO t VALUES (11,'gone'); INSERT INTO aria.x VALUES (1); ROLLBACK TO "
      "a; "
      "INSERT INTO t VALUES (12,'kept'); COMMIT");
  f.exec("BEGIN; INSERT INTO t VALUES (14,'gone'); INSERT INTO aria.x VALUES (2); ROLLBACK");
  f.exec("INSERT INTO t VALUES (15,'last')");
  f.equal();
  CHECK(f.rows("t") == 6);
  CHECK(f.pipeline.stop() == 0);
}

TEST_CASE("statements that write many rows, several tables, or one of two things", "[transactions]") {
  for (MysqlFamilyServer* server : both()) {
    CAPTURE(server->engine());
    Followed f(*server, "multi",
               "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100)); INSERT INTO t VALUES (1,'one'),(2,'two'),(3,'three');"
               "CREATE TABLE s (id INT PRIMARY KEY, t_id INT, n INT, code VARCHAR(10), UNIQUE (code));"
               "INSERT INTO s VALUES (1,1,10,'a'),(2,2,20,'b'),(3,3,30,'c')");
    f.exec("UPDATE t JOIN s ON s.t_id = t.id SET t.v = CONCAT(t.v, s.n), s.n = s.n + t.id");
    f.exec("REPLACE INTO s VALUES (9,9,90,'a'),(2,2,99,'x')");  // the first one by a unique key that is not the row's
    f.exec("INSERT INTO s VALUES (3,0,0,'c') ON DUPLICATE KEY UPDATE n = n + 1000, id = 33");
    f.exec("INSERT IGNORE INTO s VALUES (2,0,0,'zz'),(50,0,0,'zz')");
    f.exec("DELETE t, s FROM t JOIN s ON s.t_id = t.id WHERE t.id = 2");
    f.exec("BEGIN; UPDATE t SET id = id + 100; UPDATE t SET id = id - 99; INSERT INTO t SELECT id + 500, v FROM t; COMMIT");
    f.exec(
        "CREATE TEMPORARY TABLE tmp (id INT); INSERT INTO tmp VALUES (7); INSERT INTO t SELECT id, 'from tmp' FROM tmp; DROP TEMPORARY "
        "TABLE tmp");
    f.equal_and_stops();
  }
}

TEST_CASE("unique keys change hands inside a transaction and across transactions", "[transactions]") {
  for (PostgresServer* sink : {static_cast<PostgresServer*>(nullptr), &postgres()}) {
    CAPTURE(sink != nullptr);
    Followed f(mariadb(), "swap",
               "CREATE TABLE t (id INT PRIMARY KEY, code VARCHAR(20) COLLATE utf8mb4_bin, UNIQUE (code));"
               "INSERT INTO t VALUES (1,'a'),(2,'b'),(3,'c'),(4,'d')",
               sink);
    f.pipeline.sink_exec("CREATE UNIQUE INDEX one_code ON {t} (code)", "t");
    f.exec(
        "BEGIN; UPDATE t SET code='spare' WHERE id=1; UPDATE t SET code='a' WHERE id=2; UPDATE t SET code='b' WHERE id=1; COMMIT;"
        "UPDATE t SET code=NULL WHERE id=3; UPDATE t SET code='c' WHERE id=4; UPDATE t SET code='d' WHERE id=3;"
        "DELETE FROM t WHERE id=1; INSERT INTO t VALUES (5,'b'); UPDATE t SET id=6 WHERE id=2; INSERT INTO t VALUES (2,'e')");
    f.equal();
    // many at once, so that they share a sink transaction
    std::string swaps;
    for (int i = 0; i < 30; ++i) {
      swaps += fmt::format(
          "UPDATE t SET code='spare' WHERE id={0}; UPDATE t SET code='x{2}' WHERE id={1}; UPDATE t SET code='y{2}' WHERE id={0};",
          3 + i % 2, 4 - i % 2, i % 3);
    }
    f.exec(swaps);
    f.equal();
    CHECK(f.pipeline.stop() == 0);
  }
}

TEST_CASE("foreign keys at the target", "[transactions]") {
  Followed f(mariadb(), "fk",
             "CREATE TABLE parent (id INT PRIMARY KEY, v INT); CREATE TABLE child (id INT PRIMARY KEY, parent_id INT NOT NULL, "
             "FOREIGN KEY (parent_id) REFERENCES parent (id)); INSERT INTO parent VALUES (1,1),(2,2); INSERT INTO child VALUES (1,1),(2,2)",
             &postgres());
  postgres().exec("ALTER TABLE fk.child ADD FOREIGN KEY (parent_id) REFERENCES fk.parent (id)");
  f.exec(
      "BEGIN; INSERT INTO parent VALUES (3,3); INSERT INTO child VALUES (3,3); DELETE FROM child WHERE id=1; DELETE FROM parent WHERE "
      "id=1; COMMIT");
  f.exec("BEGIN; INSERT INTO parent VALUES (4,4); UPDATE child SET parent_id=4 WHERE id=2; DELETE FROM parent WHERE id=2; COMMIT");
  f.exec("DELETE FROM child; DELETE FROM parent; INSERT INTO parent VALUES (7,7); INSERT INTO child VALUES (7,7)");
  f.equal_and_stops();
}

TEST_CASE("tables without key keep their duplicates", "[transactions]") {
  for (MysqlFamilyServer* server : both()) {
    CAPTURE(server->engine());
    Followed f(*server, "nokey",
               "CREATE TABLE t (a INT, b VARCHAR(20), f DOUBLE); INSERT INTO t VALUES (1,'x',0.1),(1,'x',0.1),(1,'x',0.1),(NULL,NULL,NULL),"
               "(NULL,NULL,NULL),(2,'y',-0.0)");
    f.exec("DELETE FROM t WHERE a=1 LIMIT 1; DELETE FROM t WHERE a IS NULL LIMIT 1");
    f.exec("UPDATE t SET b='z' WHERE a=1 LIMIT 1; INSERT INTO t VALUES (1,'x',0.1),(3,'',1e300); UPDATE t SET a=NULL WHERE a=2");
    f.exec("BEGIN; INSERT INTO t VALUES (5,'five',5); UPDATE t SET a=6 WHERE a=5; DELETE FROM t WHERE a=6; COMMIT");
    f.equal_and_stops();
  }
}

TEST_CASE("rows of more than 16 MB", "[transactions]") {
  for (MysqlFamilyServer* server : both()) {
    CAPTURE(server->engine());
    Followed f(*server, "big", "CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB); INSERT INTO t VALUES (1, REPEAT('copied', 3000000))");
    f.exec("INSERT INTO t VALUES (2, REPEAT('streamed', 2500000)); UPDATE t SET b=CONCAT(b,'!') WHERE id=1");
    // packets whose length is a multiple of the largest piece, and one around it
    for (int around : {-200, -60, 0, 1}) f.exec(fmt::format("REPLACE INTO t VALUES (3, REPEAT('z', {}))", 0xFFFFFF + around));
    f.equal_and_stops();
  }
}

TEST_CASE("statements instead of rows stop the pipeline", "[transactions]") {
  for (MysqlFamilyServer* server : both()) {
    CAPTURE(server->engine());
    Followed f(*server, "stmt", kOneTable);
    f.exec("INSERT INTO t VALUES (10,'before')");
    f.exec("SET SESSION binlog_format='STATEMENT'; UPDATE t SET v='by statement'");
    f.exec("INSERT INTO t VALUES (11,'after')");
    stops_saying(f.pipeline, {"statement instead of row events", "binlog_format = 'ROW'", " at binlog."});
    CHECK(f.pipeline.sink_number("SELECT count(*) FROM {t} WHERE id = 10", "t") == 1);
    CHECK(f.pipeline.sink_number("SELECT count(*) FROM {t} WHERE id = 11", "t") == 0);
  }
}

TEST_CASE("DROP and CREATE of a table, and CREATE TABLE ... SELECT, stop the pipeline", "[transactions]") {
  for (MysqlFamilyServer* server : both()) {
    CAPTURE(server->engine());
    SECTION("DROP and CREATE on " + server->engine()) {
      Followed f(*server, "again", kOneTable);
      f.exec("DROP TABLE t; CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100)); INSERT INTO t VALUES (5,'after')");
      stops_saying(f.pipeline, {"captured table again.t was changed", "DROP TABLE", "hint:"});
      CHECK(f.rows("t") == 3);
    }
    SECTION("CREATE TABLE of a selected name on " + server->engine()) {
      Followed f(*server, "ctas", kOneTable);
      f.exec("CREATE TABLE u (id INT PRIMARY KEY) SELECT id FROM t");
      stops_saying(f.pipeline, {"a table that the pipeline selects came into being", "ctas.u", "hint:"});
    }
  }
}
