// What happens to captured tables of PostgreSQL without a word in the log: other names, DROP, partitions that come, go or are emptied. The
// reader stops behind what came before, and after a restart as well; what takes no rows away goes on.
#include "integration/postgres_stream_fixture.h"
#include "integration/stops_saying.h"
#include "servers/live_pipeline.h"
#include "servers/wait.h"

using namespace tidemark;
using namespace tidemark::test;
using postgres::Delivery;
using Lines = std::vector<std::string>;

namespace {

struct Stop {
  std::string what, hint;
  Lines lines;
};

/// Reads for `time` at most; `what` is empty when nothing stopped it.
Stop read_for(const StreamedSchema& s, LogReader& reader, std::chrono::milliseconds time) {
  Delivery out;
  Stop stop;
  const auto until = std::chrono::steady_clock::now() + time;
  try {
    while (std::chrono::steady_clock::now() < until) {
      LogBatch batch;
      reader.read(batch, 1 << 20, 100ms);
      out.add(batch, s.tables);
    }
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::schema_changed);
    stop.what = error.what();
    stop.hint = error.hint();
  }
  stop.lines = out.lines();
  return stop;
}

PostgresServer& pipelines_server() {
  PostgresOptions options;
  options.is_source = true;
#ifdef TIDEMARK_OTHER_POSTGRES
  options.other_version = true;
#endif
  static PostgresServer server(options);
  return server;
}

constexpr const char* kPartitioned =
    "CREATE TABLE {s}.t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); ALTER TABLE {s}.t ALTER v SET NOT NULL;"
    "CREATE TABLE {s}.t1 PARTITION OF {s}.t FOR VALUES FROM (1) TO (100); CREATE TABLE {s}.t2 PARTITION OF {s}.t FOR VALUES FROM (100) TO "
    "(200);"
    "CREATE TABLE {s}.t3 PARTITION OF {s}.t FOR VALUES FROM (200) TO (300) PARTITION BY LIST (id);"
    "CREATE TABLE {s}.t31 PARTITION OF {s}.t3 DEFAULT";

}  // namespace

TEST_CASE("another name of a table stops the reader behind what came before") {
  StreamedSchema s("named", "CREATE TABLE {s}.t (id int PRIMARY KEY)");
  s.add("t", {0});
  const auto reader = s.open();
  struct Case {
    const char *statement, *what;
  };
  const Case c = GENERATE(
      Case{"ALTER TABLE {s}.t RENAME TO t2; INSERT INTO {s}.t2 VALUES (2)", "table named.t: it is called named.t2 now"},
      Case{"BEGIN; CREATE SCHEMA other; ALTER TABLE {s}.t SET SCHEMA other; INSERT INTO other.t VALUES (2); COMMIT",
           "table named.t: it is called other.t now"},
      Case{"BEGIN; ALTER SCHEMA {s} RENAME TO other; INSERT INTO other.t VALUES (2); COMMIT", "table named.t: it is called other.t now"},
      Case{"INSERT INTO {s}.t VALUES (2); DROP TABLE {s}.t", "table named.t: it was dropped"},
      Case{"INSERT INTO {s}.t VALUES (2); DROP TABLE {s}.t; CREATE TABLE {s}.t (id int PRIMARY KEY)",
           "table named.t: it was dropped, and another table has taken its name"});
  s.sql("INSERT INTO {s}.t VALUES (1)");
  s.sql(c.statement);
  const Stop stop = read_for(s, *reader, 20s);
  s.sql("DROP SCHEMA IF EXISTS other CASCADE");
  CAPTURE(c.statement, stop.hint);
  CHECK(stop.what == c.what);
  CHECK(stop.lines == Lines{"t insert 1", "--", "t insert 2", "--"});
  CHECK_FALSE(stop.hint.empty());
}

TEST_CASE("what becomes of partitions stops the reader where rows come or go unsaid") {
  StreamedSchema s("parts", kPartitioned);
  s.add("t", {0});
  s.sql("INSERT INTO {s}.t VALUES (1, 'a'), (101, 'b'), (201, 'c')");
  s.sql("CREATE TABLE {s}.t4 (id int PRIMARY KEY, v text NOT NULL); INSERT INTO {s}.t4 VALUES (301, 'd')");
  const auto reader = s.open();
  struct Case {
    const char *statement, *what;
  };
  const Case c =
      GENERATE(Case{"TRUNCATE {s}.t1", "TRUNCATE emptied parts.t1, and not the whole table"},
               Case{"TRUNCATE {s}.t3", "TRUNCATE emptied parts.t31, and not"},
               Case{"DROP TABLE {s}.t2", "its partition parts.t2 was detached or dropped"},
               Case{"ALTER TABLE {s}.t DETACH PARTITION {s}.t1", "its partition parts.t1 was detached or dropped"},
               Case{"ALTER TABLE {s}.t DETACH PARTITION {s}.t1; ALTER TABLE {s}.t ATTACH PARTITION {s}.t1 FOR VALUES FROM (1) TO (100)",
                    "its partition parts.t1 was detached and attached again"},
               Case{"ALTER TABLE {s}.t ATTACH PARTITION {s}.t4 FOR VALUES FROM (300) TO (400)", "parts.t4 was attached to it"},
               Case{"BEGIN; CREATE TABLE {s}.t5 (id int PRIMARY KEY, v text NOT NULL); INSERT INTO {s}.t5 VALUES (401, 'e');"
                    "ALTER TABLE {s}.t ATTACH PARTITION {s}.t5 FOR VALUES FROM (400) TO (500); COMMIT",
                    "parts.t5 was attached to it"});
  s.sql(c.statement);
  s.sql("INSERT INTO {s}.t VALUES (250, 'last')");
  const Stop stop = read_for(s, *reader, 20s);
  CAPTURE(c.statement, stop.what, stop.hint);
  CHECK(stop.what.find(std::string("table parts.t: ")) == 0);
  CHECK(stop.what.find(c.what) != std::string::npos);
  CHECK(stop.hint.find("copied anew") != std::string::npos);
  CHECK(stop.lines == Lines{"t insert 1 | a", "t insert 101 | b", "t insert 201 | c", "--", "t insert 250 | last", "--"});
}

TEST_CASE("partitions that are made, rewritten, or emptied with the whole table are nothing to stop at") {
  StreamedSchema s("kept", kPartitioned);
  s.add("t", {0});
  s.sql("INSERT INTO {s}.t VALUES (1, 'a'), (201, 'c')");
  const auto reader = s.open();
  s.sql("CREATE TABLE {s}.t4 PARTITION OF {s}.t FOR VALUES FROM (300) TO (400)");
  s.sql(
      "BEGIN; CREATE TABLE {s}.t5 PARTITION OF {s}.t FOR VALUES FROM (400) TO (500); INSERT INTO {s}.t VALUES (301, 'd'), (401, 'e'); "
      "COMMIT");
  CHECK(read_for(s, *reader, 2500ms).what.empty());
  s.sql("VACUUM FULL {s}.t4");
  CHECK(read_for(s, *reader, 2500ms).what.empty());
  s.sql("TRUNCATE {s}.t");
  s.sql("INSERT INTO {s}.t VALUES (2, 'z')");
  const Stop stop = read_for(s, *reader, 4500ms);
  CHECK(stop.what.empty());
  CHECK(stop.lines == Lines{"t truncate", "--", "t insert 2 | z", "--"});
}

TEST_CASE("a schema that is renamed within a transaction stops the pipeline, which goes on when it has its name back") {
  PostgresServer& server = pipelines_server();
  server.exec("CREATE SCHEMA renamed; CREATE TABLE renamed.t (id int PRIMARY KEY, v text); INSERT INTO renamed.t VALUES (1, 'one')");
  LivePipeline pipeline(server, nullptr, "renamed");
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  server.exec(
      "BEGIN; INSERT INTO renamed.t VALUES (3, 'old name'); ALTER SCHEMA renamed RENAME TO renamed2;"
      "INSERT INTO renamed2.t VALUES (4, 'new name'); COMMIT");
  stops_saying(pipeline, {"renamed.t", "it is called renamed2.t now", "rename it back"});
  CHECK(pipeline.sink_number("SELECT max(id) FROM {t}", "t") == 4);
  server.exec("ALTER SCHEMA renamed2 RENAME TO renamed; INSERT INTO renamed.t VALUES (5, 'back')");
  pipeline.start();
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("after a restart a captured table is known by more than its name") {
  PostgresServer& server = pipelines_server();
  server.exec(
      "CREATE SCHEMA known; CREATE TABLE known.a (id int PRIMARY KEY, v text); CREATE TABLE known.b (LIKE known.a INCLUDING ALL);"
      "CREATE TABLE known.p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
      "CREATE TABLE known.p1 PARTITION OF known.p FOR VALUES FROM (1) TO (100);"
      "CREATE TABLE known.p2 PARTITION OF known.p FOR VALUES FROM (100) TO (200);"
      "INSERT INTO known.a VALUES (1, 'a'); INSERT INTO known.b VALUES (1, 'b'); INSERT INTO known.p VALUES (1, 'p'), (101, 'p')");
  server.superuser()->exec("CREATE PUBLICATION every_table FOR ALL TABLES WITH (publish_via_partition_root = true)");
  PipelineFile file;
  file.name = "known";
  file.source_yaml = "publication: every_table";
  LivePipeline pipeline(server, nullptr, "known", file);
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);

  const std::string swap =
      "BEGIN; ALTER TABLE known.a RENAME TO c; ALTER TABLE known.b RENAME TO a; ALTER TABLE known.c RENAME TO b; COMMIT";
  server.exec(swap);
  pipeline.start();
  stops_saying(pipeline, {"table known.a"});
  server.exec(swap);
  server.exec("INSERT INTO known.a VALUES (2, 'again a')");
  pipeline.start();
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);

  server.exec("CREATE TABLE known.p3 PARTITION OF known.p FOR VALUES FROM (200) TO (300); INSERT INTO known.p VALUES (201, 'new')");
  server.exec("TRUNCATE known.p; INSERT INTO known.p VALUES (2, 'after')");
  pipeline.start();
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
  server.exec("TRUNCATE known.p1");
  pipeline.start();
  stops_saying(pipeline, {"table known.p: TRUNCATE emptied known.p1"});
  pipeline.start();  // nothing of it is forgotten
  stops_saying(pipeline, {"TRUNCATE emptied known.p1"});

  server.exec("DROP TABLE known.a; CREATE TABLE known.a (id int PRIMARY KEY, v text); INSERT INTO known.a VALUES (7, 'another')");
  pipeline.settings().tables_yaml = "exclude: [\"known.p*\"]";
  pipeline.start();
  stops_saying(pipeline, {"table known.a", "another table has taken its name", "exclude it"});
  pipeline.settings().tables_yaml = "exclude: [\"known.p*\", known.a]";
  pipeline.start();
  REQUIRE(pipeline.reaches("streaming"));
  CHECK(pipeline.stop() == 0);
  pipeline.sink_exec("DELETE FROM {t}", "a");
  pipeline.sink_exec("DELETE FROM {t}", "p");
  pipeline.settings().tables_yaml = "";
  pipeline.start();
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
}
