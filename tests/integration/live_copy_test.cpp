// Copies under fire (live_copy.h) out of MariaDB and MySQL, as their logs may come: with and without GTID, with row images that lack
// columns, and in the plain mode.
#include "integration/live_copy.h"

#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/postgres_server.h"

using namespace tidemark::test;

namespace {

/// Those tables that suffer most from incomplete row images, of each way to route a change.
std::vector<KeyTable> some_tables(const std::string& engine) {
  std::vector<KeyTable> out;
  for (auto& table : key_tables(engine)) {
    for (const char* name :
         {"k_bigint", "k_uneven", "k_collated", "k_composite", "k_varbinary", "k_padded", "no_key", "logical", "nullable_unique"}) {
      if (table.name == name) out.push_back(table);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("MariaDB: every key kind, copied while written", "[live]") {
  MariadbServer source;
  const auto tables = key_tables("mariadb");
  create_source(source, tables);
  SECTION("into PostgreSQL") {
    PostgresServer sink;
    copy_while_writing(source, tables, &sink, small_chunks(source));
  }
  SECTION("into SQLite") { copy_while_writing(source, tables, nullptr, small_chunks(source)); }
}

TEST_CASE("MySQL with GTID: every key kind, copied while written", "[live]") {
  MysqlServer source;
  const auto tables = key_tables("mysql");
  create_source(source, tables);
  SECTION("into PostgreSQL") {
    PostgresServer sink;
    copy_while_writing(source, tables, &sink, small_chunks(source));
  }
  SECTION("into SQLite") { copy_while_writing(source, tables, nullptr, small_chunks(source)); }
}

TEST_CASE("MySQL without GTID: every key kind, copied while written", "[live]") {
  MysqlOptions options;
  options.gtid = false;
  MysqlServer source(options);
  const auto tables = key_tables("mysql");
  create_source(source, tables);
  PostgresServer sink;
  copy_while_writing(source, tables, &sink, small_chunks(source));
}

TEST_CASE("plain mode: the log settles what the copy saw in between", "[live]") {
  MariadbServer source;
  const auto tables = key_tables("mariadb");
  create_source(source, tables);
  PostgresServer sink_server;
  SECTION("the log is read after the copy") {
    std::vector<KeyTable> keyed;
    for (const auto& table : tables) {
      if (table.unique) keyed.push_back(table);
    }
    source.exec("DROP TABLE d.no_key, d.nullable_unique");  // these two need the log beside the copy
    copy_while_writing(source, keyed, &sink_server, small_chunks(source, "exactly_once: false"), false);
  }
  SECTION("the log is read beside the copy") {
    copy_while_writing(source, tables, &sink_server, small_chunks(source, "exactly_once: false"), false);
  }
  SECTION("copy only, of tables that rest") {
    const TempDir directory;
    const SinkTarget sink(directory, &sink_server);
    const std::string config = sink.configure(source, small_chunks(source, "exactly_once: false\nstartup: snapshot-only"));
    const Finished copied = run_tidemark({"snapshot", "shop", "-c", config}, 120s);
    INFO(copied.out << copied.err);
    CHECK(copied.exit == 0);
    check_equal(source, sink, config);
  }
}

TEST_CASE("plain mode: a key that moves without its row cannot be settled, and stops it", "[live]") {
  MysqlOptions options;
  options.row_image = "MINIMAL";
  MariadbServer source(options);
  source.exec("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(20)); INSERT INTO d.t VALUES (1, 'one'), (2, 'two')");
  const TempDir directory;
  const SinkTarget sink(directory, nullptr);
  PipelineFile pipeline;
  pipeline.include = {"d.*"};
  pipeline.pipeline_yaml = "exactly_once: false";
  const std::string config = sink.configure(source, pipeline);
  TidemarkProcess daemon(directory, config, {}, {{"TIDEMARK_FAILPOINTS", "chunk.before_open=sleep:3000"}});
  REQUIRE(wait_until(30s, [&] { return daemon.log().find(" tables, from ") != std::string::npos; }));
  source.exec("UPDATE d.t SET id = 7 WHERE id = 1");
  const auto stopped = daemon.wait(30s);
  INFO(daemon.log_tail());
  REQUIRE(stopped);
  CHECK(*stopped != 0);
  CHECK(daemon.log().find("exactly_once: true") != std::string::npos);
}

TEST_CASE("row images without all columns: keys change while the tables are copied", "[live]") {
  MysqlOptions options;
  SECTION("MariaDB, MINIMAL") {
    options.row_image = "MINIMAL";
    MariadbServer source(options);
    const auto tables = some_tables("mariadb");
    create_source(source, tables);
    PostgresServer sink;
    copy_while_writing(source, tables, &sink, small_chunks(source));
  }
  SECTION("MySQL, NOBLOB") {
    options.row_image = "NOBLOB";
    MysqlServer source(options);
    const auto tables = some_tables("mysql");
    create_source(source, tables);
    copy_while_writing(source, tables, nullptr, small_chunks(source));
  }
}
