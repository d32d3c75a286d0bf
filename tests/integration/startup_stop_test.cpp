// Where a pipeline begins and where it ends: every startup and stop mode, resuming instead of starting, tables that change, appear or
// are added to the selection, and two pipelines of one daemon that do not hold each other up.
#include <fmt/core.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "integration/stops_saying.h"
#include "servers/fault_proxy.h"
#include "servers/live_pipeline.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/sqlite_file.h"
#include "servers/wait.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

MysqlFamilyServer& server_of(const std::string& kind) {
  static std::unique_ptr<MysqlFamilyServer> mariadb, with_gtids, without;
  auto& server = kind == "mariadb" ? mariadb : kind == "mysql with GTID" ? with_gtids : without;
  if (server) return *server;
  MysqlOptions options;
  options.gtid = kind == "mysql with GTID";
  if (kind == "mariadb") {
    server = std::make_unique<MariadbServer>();
  } else {
    server = std::make_unique<MysqlServer>(options);
  }
  return *server;
}

std::string gtids_of(MysqlFamilyServer& source) {
  std::string set = source.value(source.engine() == "mariadb" ? "SELECT @@gtid_binlog_pos" : "SELECT @@gtid_executed");
  std::erase(set, '\n');
  return set;
}
std::string place_of(MysqlFamilyServer& source) {
  const TextRows rows = source.query(source.engine() == "mariadb" ? "SHOW MASTER STATUS" : "SHOW BINARY LOG STATUS");
  return *rows[0][0] + ":" + *rows[0][1];
}

/// `d.t` with the rows 1, 2 and 3, each of a transaction of its own, each place between them known.
struct History {
  History(MysqlFamilyServer& server, std::string name) : source(server), database(std::move(name)) {
    source.exec(
        fmt::format("DROP DATABASE IF EXISTS {0}; CREATE DATABASE {0}; CREATE TABLE {0}.t (id INT PRIMARY KEY, v VARCHAR(30))", database));
    source.exec("FLUSH LOGS");
    // files that a dump thread of an earlier pipeline still reads are kept, without a word
    REQUIRE(wait_until(20s, [&] {
      source.exec("PURGE BINARY LOGS TO '" + place_of(source).substr(0, place_of(source).find(':')) + "'");
      return source.query("SHOW BINARY LOGS").size() == 1;
    }));
    for (int id = 1; id <= 3; ++id) {
      places.push_back(place_of(source));
      gtids.push_back(gtids_of(source));
      insert(id);
    }
  }
  void insert(int id) { source.exec(fmt::format("INSERT INTO {}.t VALUES ({}, 'row')", database, id)); }

  MysqlFamilyServer& source;
  std::string database;
  std::vector<std::string> places, gtids;
};

PipelineFile with(const std::string& yaml) {
  PipelineFile file;
  file.pipeline_yaml = yaml;
  return file;
}

/// The ids that came to the sink, as one text.
std::string ids(LivePipeline& pipeline, const std::string& table = "t") {
  const long long rows = pipeline.sink_number("SELECT count(*) FROM {t}", table);
  std::string out;
  for (int id = 1; id < 100 && rows > 0; ++id) {
    if (pipeline.sink_number(fmt::format("SELECT count(*) FROM {{t}} WHERE id = {}", id), table) == 1) out += fmt::format("{} ", id);
  }
  return out;
}

bool shows(LivePipeline& pipeline, const std::string& wanted, const std::string& table = "t") {
  const bool so = wait_until(30s, [&] { return ids(pipeline, table) == wanted; });
  if (!so) WARN("has " << ids(pipeline, table) << "instead of " << wanted << "\n" << pipeline.daemon().log_tail());
  return so;
}

/// Starts with this mode, has these rows then, and those that are written afterwards.
void starts_with(History& history, const std::string& startup, const std::string& first) {
  CAPTURE(startup);
  LivePipeline pipeline(history.source, nullptr, history.database, with("startup: " + startup));
  pipeline.start();
  REQUIRE(pipeline.reaches("streaming"));
  history.insert(4);
  CHECK(shows(pipeline, first + "4 "));
  CHECK(pipeline.stop() == 0);
  history.source.exec(fmt::format("DELETE FROM {}.t WHERE id = 4", history.database));
  history.insert(5);
  // resuming wins over the mode, which would begin elsewhere now
  pipeline.settings().pipeline_yaml = "startup: latest";
  pipeline.start();
  CHECK(shows(pipeline, first + "5 "));
  CHECK(pipeline.stop() == 0);
  history.source.exec(fmt::format("DELETE FROM {}.t WHERE id = 5", history.database));
}

void startup_modes(const std::string& kind) {
  History history(server_of(kind), "startup");
  starts_with(history, "initial", "1 2 3 ");
  starts_with(history, "latest", "");
  starts_with(history, fmt::format("{{specific: \"{}\"}}", history.places[1]), "2 3 ");
  if (!history.gtids[2].empty()) starts_with(history, fmt::format("{{specific: \"{}\"}}", history.gtids[2]), "3 ");
  starts_with(history, "earliest", "1 2 3 ");
}

std::string utc(MysqlFamilyServer& source, int seconds_from_now = 0) {
  return source.value(fmt::format("SELECT DATE_FORMAT(UTC_TIMESTAMP() + INTERVAL {} SECOND, '%Y-%m-%dT%H:%i:%sZ')", seconds_from_now));
}

void times(const std::string& kind) {
  History history(server_of(kind), "times");
  std::this_thread::sleep_for(1100ms);
  const std::string middle = utc(history.source);
  history.insert(10);
  history.insert(11);
  std::this_thread::sleep_for(1100ms);
  const std::string late = utc(history.source);
  history.insert(20);
  LivePipeline from(history.source, nullptr, "times", with("startup: {timestamp: \"" + middle + "\"}"));
  from.start();
  CHECK(shows(from, "10 11 20 "));
  CHECK(from.stop() == 0);
  LivePipeline until(history.source, nullptr, "times", with("startup: earliest\nstop: {timestamp: \"" + late + "\"}"));
  until.start();
  CHECK(until.exit_code(30s) == 0);
  CHECK(ids(until) == "1 2 3 10 11 ");
  // nothing is committed any more that would show that the time is over
  const std::string soon = utc(history.source, 3);
  LivePipeline idle(history.source, nullptr, "times", with("stop: {timestamp: \"" + soon + "\"}"));
  idle.start();
  REQUIRE(shows(idle, "1 2 3 10 11 20 "));
  history.insert(21);
  CHECK(idle.exit_code(30s) == 0);
  CHECK(ids(idle) == "1 2 3 10 11 20 21 ");
  CHECK(utc(history.source) >= soon);
}

void stops_by_itself(History& history, const std::string& yaml, const std::string& wanted) {
  CAPTURE(yaml);
  LivePipeline pipeline(history.source, nullptr, history.database, with(yaml));
  pipeline.start();
  const int code = pipeline.exit_code(30s);
  INFO(pipeline.daemon().log_tail());
  CHECK(code == 0);
  CHECK(ids(pipeline) == wanted);
}

void stop_modes(const std::string& kind) {
  History history(server_of(kind), "stopping");
  stops_by_itself(history, "startup: snapshot-only", "1 2 3 ");
  stops_by_itself(history, "stop: latest", "1 2 3 ");
  stops_by_itself(history, "startup: earliest\nstop: latest", "1 2 3 ");
  stops_by_itself(history, fmt::format("startup: earliest\nstop: {{specific: \"{}\"}}", history.places[2]), "1 2 ");
  if (!history.gtids[1].empty())
    stops_by_itself(history, fmt::format("startup: earliest\nstop: {{specific: \"{}\"}}", history.gtids[1]), "1 ");
}

struct Ddl {
  std::string statement;
  bool stops;
};

void ddl_on(const std::string& kind, const std::vector<Ddl>& statements) {
  MysqlFamilyServer& source = server_of(kind);
  for (const Ddl& ddl : statements) {
    CAPTURE(ddl.statement);
    source.exec(
        "DROP DATABASE IF EXISTS ddl; DROP DATABASE IF EXISTS other; CREATE DATABASE ddl; CREATE DATABASE other; USE ddl;"
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(30), w INT, KEY (w)); CREATE TABLE s (id INT PRIMARY KEY); INSERT INTO t VALUES "
        "(1,'',0)");
    LivePipeline pipeline(source, nullptr, "ddl");
    pipeline.start();
    REQUIRE(pipeline.reaches("streaming"));
    source.exec("USE ddl; INSERT INTO t VALUES (2,'before',0); INSERT INTO s VALUES (2)");
    source.exec("USE ddl; " + ddl.statement);
    source.exec(ddl.stops ? "INSERT INTO ddl.s VALUES (3)" : "INSERT INTO ddl.t (id) VALUES (3)");
    if (!ddl.stops) {
      CHECK(shows(pipeline, "1 2 3 "));
      CHECK(pipeline.stop() == 0);
      continue;
    }
    for (int round = 0; round < 2; ++round) {  // and it does not get past it by being started again
      stops_saying(pipeline, {ddl.statement.substr(0, 10), " at binlog.", "hint: "});
      CHECK(ids(pipeline) == "1 2 ");
      CHECK(ids(pipeline, "s") == "2 ");
      if (round == 0) pipeline.start();
    }
  }
}

const std::vector<Ddl> kDdl = {{"ALTER TABLE t ADD COLUMN x INT DEFAULT 7", true},
                               {"ALTER TABLE ddl.t MODIFY v VARCHAR(60)", true},
                               {"DROP TABLE t", true},
                               {"RENAME TABLE t TO other.t", true},
                               {"CREATE TABLE appears (id INT PRIMARY KEY)", true},
                               {"CREATE INDEX more ON t (v)", false},
                               {"DROP INDEX w ON t", false},
                               {"CREATE TABLE other.x (id INT); ALTER TABLE other.x ADD y INT; DROP TABLE other.x", false},
                               {"CREATE VIEW look AS SELECT * FROM t; DROP VIEW look", false},
                               {"ANALYZE TABLE t; OPTIMIZE TABLE t; FLUSH TABLES; CREATE USER IF NOT EXISTS somebody", false}};

/// The ALTER lies between two runs: what came before it still has the old columns.
void alter_while_away(const std::string& kind) {
  MysqlFamilyServer& source = server_of(kind);
  source.exec("DROP DATABASE IF EXISTS away; CREATE DATABASE away; CREATE TABLE away.t (id INT PRIMARY KEY, v VARCHAR(30), w INT)");
  source.exec("INSERT INTO away.t VALUES (1,'one',1)");
  LivePipeline pipeline(source, nullptr, "away");
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
  source.exec(
      "INSERT INTO away.t VALUES (2,'two',2); ALTER TABLE away.t DROP COLUMN v, ADD COLUMN x BIGINT FIRST; INSERT INTO away.t VALUES "
      "(33,3,3)");
  pipeline.start();
  stops_saying(pipeline, {"ALTER TABLE away.t"});
  CHECK(ids(pipeline) == "1 2 ");
  CHECK(pipeline.sink_value("SELECT v FROM {t} WHERE id = 2", "t") == "two");
}

}  // namespace

TEST_CASE("MariaDB: startup modes", "[startup]") { startup_modes("mariadb"); }
TEST_CASE("MySQL with GTID: startup modes", "[startup]") { startup_modes("mysql with GTID"); }
TEST_CASE("MySQL without GTID: startup modes", "[startup]") { startup_modes("mysql"); }
TEST_CASE("MariaDB: from and until a time", "[startup]") { times("mariadb"); }
TEST_CASE("MySQL: from and until a time", "[startup]") { times("mysql with GTID"); }
TEST_CASE("MariaDB: stop modes", "[stop]") { stop_modes("mariadb"); }
TEST_CASE("MySQL with GTID: stop modes", "[stop]") { stop_modes("mysql with GTID"); }
TEST_CASE("MySQL without GTID: stop modes", "[stop]") { stop_modes("mysql"); }
TEST_CASE("MariaDB: DDL", "[ddl]") { ddl_on("mariadb", kDdl); }
TEST_CASE("MySQL: DDL", "[ddl]") { ddl_on("mysql with GTID", kDdl); }
TEST_CASE("MariaDB: a table is altered while we are away", "[ddl]") { alter_while_away("mariadb"); }
TEST_CASE("MySQL without GTID: a table is altered while we are away", "[ddl]") { alter_while_away("mysql"); }

TEST_CASE("a table added to the selection is copied while the others go on", "[startup]") {
  MysqlFamilyServer& source = server_of("mariadb");
  source.exec(
      "DROP DATABASE IF EXISTS adds; CREATE DATABASE adds; USE adds; CREATE TABLE t (id INT PRIMARY KEY, v INT);"
      "CREATE TABLE later (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1,1),(2,2); INSERT INTO later VALUES (1,1),(2,2),(3,3)");
  PipelineFile file = with("snapshot: {chunk_rows: 1, adapt: false}");
  file.include = {"adds.t"};
  LivePipeline pipeline(source, nullptr, "adds", file);
  pipeline.start();
  CHECK(shows(pipeline, "1 2 "));
  REQUIRE(pipeline.reaches("streaming"));
  CHECK(pipeline.stop() == 0);
  source.exec("USE adds; INSERT INTO t VALUES (3,3); UPDATE later SET v = v + 1; DELETE FROM later WHERE id = 2");
  pipeline.settings().include = {"adds.t", "adds.later"};
  pipeline.start({{"TIDEMARK_FAILPOINTS", "chunk.after_read=sleep:700"}});
  CHECK(pipeline.reaches("copying", 10s));
  source.exec("USE adds; INSERT INTO t VALUES (4,4); INSERT INTO later VALUES (9,9)");
  CHECK(shows(pipeline, "1 2 3 4 "));
  CHECK(pipeline.state() == "copying");  // it did not wait for the copy
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.reaches("streaming"));
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("a table added to the selection meets rows in the target", "[startup]") {
  MysqlFamilyServer& source = server_of("mariadb");
  source.exec(
      "DROP DATABASE IF EXISTS meets; CREATE DATABASE meets; USE meets; CREATE TABLE t (id INT PRIMARY KEY, v INT);"
      "CREATE TABLE later (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1,1); INSERT INTO later VALUES (1,1),(2,2)");
  PipelineFile file;
  file.include = {"meets.t"};
  LivePipeline pipeline(source, nullptr, "meets", file);
  pipeline.start();
  CHECK(shows(pipeline, "1 "));
  CHECK(pipeline.stop() == 0);
  pipeline.sink_exec("CREATE TABLE {t} (id INTEGER PRIMARY KEY, v INTEGER) STRICT; INSERT INTO {t} VALUES (1, 77)", "later");
  pipeline.settings().include = {"meets.*"};
  for (int round = 0; round < 2; ++round) {  // and it does not get past it by being started again
    pipeline.start();
    stops_saying(pipeline, {"copying meets.later: the sink's table later already has rows"});
    CHECK(pipeline.sink_number("SELECT v FROM {t} WHERE id = 1", "later") == 77);
  }
  pipeline.settings().pipeline_yaml = "existing_rows: keep";
  pipeline.start();
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
  pipeline.settings().pipeline_yaml.clear();  // from now on the rows are ours
  pipeline.start();
  CHECK(pipeline.reaches("streaming"));
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("SIGTERM while prepared XA transactions hold the start up", "[startup]") {
  MysqlFamilyServer& source = server_of("mariadb");
  source.exec("DROP DATABASE IF EXISTS xa; CREATE DATABASE xa; CREATE TABLE xa.t (id INT PRIMARY KEY, v INT)");
  MysqlClient holder = source.connect();
  holder.exec("XA START 'held'; INSERT INTO xa.t VALUES (1,1); XA END 'held'; XA PREPARE 'held'");
  LivePipeline pipeline(source, nullptr, "xa");
  pipeline.start();
  CHECK(pipeline.reaches("starting"));
  std::this_thread::sleep_for(500ms);  // of the five seconds that it waits for it to end
  CHECK(pipeline.state() == "starting");
  pipeline.daemon().signal(SIGTERM);
  CHECK(pipeline.exit_code(3s) == 0);
  holder.exec("XA ROLLBACK 'held'");
}

TEST_CASE("two pipelines of one daemon: a stuck sink does not hold the other one", "[startup]") {
  MysqlFamilyServer& source = server_of("mariadb");
  PostgresServer sink;
  FaultProxy proxy(sink.port());
  source.exec(
      "DROP DATABASE IF EXISTS two; CREATE DATABASE two; CREATE TABLE two.t (id INT PRIMARY KEY, v INT); INSERT INTO two.t VALUES (1,1)");
  PipelineFile file;
  file.sink_port = proxy.port();
  LivePipeline pipeline(source, &sink, "two", file);
  pipeline.settings().more_sinks_yaml = "  edge:\n    engine: sqlite\n    path: " + sqlite_path(pipeline.directory()) + "\n";
  pipeline.settings().more_pipelines_yaml = "  - name: edge\n    source: origin\n    sink: edge\n    tables:\n      include: [\"two.*\"]\n";
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  proxy.stall();
  source.exec("INSERT INTO two.t VALUES (2,2),(3,3)");
  CHECK(wait_until(5s, [&] {
    try {
      return SqliteFile(sqlite_path(pipeline.directory())).value("SELECT count(*) FROM t") == "3";
    } catch (const std::exception&) {
      return false;
    }
  }));
  CHECK(sink.value("SELECT count(*) FROM two.t") == "1");
  proxy.resume();
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
}
