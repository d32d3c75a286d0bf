// A copy of tables of every key kind while writers change them as fast as the server takes it: equal when the writers stop, by the
// tests' own comparison and by `tidemark verify`. Small chunks, so that keys move between chunks in every state all the time.
// TIDEMARK_SEED draws another history than the usual one.
#include <fmt/core.h>

#include <chrono>
#include <cstdlib>

#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pipeline_view.h"
#include "workload/sink_target.h"
#include "workload/writers.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSmallChunks = "snapshot: {workers: 2, chunk_rows: 50, adapt: false}";

uint64_t seed() {
  const char* text = std::getenv("TIDEMARK_SEED");
  return text ? std::strtoull(text, nullptr, 10) : 20240229;
}

/// The server's own time zone has an hour twice in the night of k_timestamp; it must not matter.
struct LocalTime {
  LocalTime() { setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); }
};
const LocalTime kLocalTime;

/// The tables of a test, and one row that says how far the sink is.
void create_source(MysqlFamilyServer& source, const std::vector<KeyTable>& tables) {
  create_tables(source, "d", tables);
  source.exec("USE d; CREATE TABLE mark (id INT PRIMARY KEY, n BIGINT); INSERT INTO mark VALUES (1, 0)");
}

bool reaches_the_end(MysqlFamilyServer& source, const SinkTarget& sink, std::chrono::seconds limit, TidemarkProcess& daemon) {
  static int number = 0;
  const std::string n = std::to_string(++number);
  source.exec("UPDATE d.mark SET n = " + n);
  bool there = false;
  const bool ended = wait_until(limit, [&] { return (there = sink.value("n", "d", "mark") == n) || !daemon.running(); });
  return ended && there;
}

PipelineFile small_chunks(const std::string& more = {}) {
  PipelineFile pipeline;
  pipeline.include = {"d.*"};
  pipeline.tables_yaml = logical_keys_yaml("d");
  pipeline.pipeline_yaml = kSmallChunks + (more.empty() ? "" : "\n" + more);
  return pipeline;
}

void check_equal(MysqlFamilyServer& source, const SinkTarget& sink, const std::string& config) {
  const auto differences = sink.differences(source, "d");
  std::string text;
  for (const auto& line : differences) text += line + "\n";
  INFO(text);
  CHECK(differences.empty());
  const Finished verified = run_tidemark({"verify", "shop", "-c", config}, 120s);
  INFO(verified.out << verified.err);
  CHECK(verified.exit == 0);
}

void copy_while_writing(MysqlFamilyServer& source, const std::vector<KeyTable>& tables, PostgresServer* server,
                        const PipelineFile& pipeline, bool exactly_once = true) {
  CAPTURE(seed());
  const TempDir directory;
  const SinkTarget sink(directory, server);
  const std::string config = sink.configure(source, pipeline);
  Writers writers(source, "d", tables, 3, seed());
  TidemarkProcess daemon(directory, config);
  PipelineView view;
  const bool copied = wait_until(150s, [&] {
    std::this_thread::sleep_for(150ms);
    view = view_pipeline(config);
    return view.copied() || !daemon.running() || view.state == "failed";
  });
  INFO(daemon.log_tail());
  REQUIRE(copied);
  INFO(view.error);
  REQUIRE(view.copied());
  std::this_thread::sleep_for(2s);
  REQUIRE_NOTHROW(writers.stop());
  const bool reached = reaches_the_end(source, sink, 90s, daemon);
  INFO(daemon.log_tail());
  REQUIRE(reached);
  check_equal(source, sink, config);

  // it was really done under fire, and nothing that came in is unaccounted for
  CHECK(writers.transactions() > 500);
  CHECK(writers.key_changes() > 500);
  CHECK(view.chunks_done > tables.size());
  view = view_pipeline(config);
  fmt::print("{} into {}: {} transactions, {} keys changed, {} chunks, changes: {} in, {} applied, {} in a chunk\n", source.engine(),
             server ? "postgres" : "sqlite", writers.transactions(), writers.key_changes(), view.chunks_done, view.changes_read,
             view.changes_applied, view.changes_dropped);
  if (exactly_once) CHECK(view.changes_dropped > 0);
  CHECK(view.changes_applied > 0);
  CHECK(view.changes_read == view.changes_applied + view.changes_dropped);
  CHECK(daemon.stop() == 0);
}

/// Those tables that suffer most from incomplete row images, of each way to route a change.
std::vector<KeyTable> some_tables(bool mariadb) {
  std::vector<KeyTable> out;
  for (auto& table : key_tables(mariadb)) {
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
  const auto tables = key_tables(true);
  create_source(source, tables);
  SECTION("into PostgreSQL") {
    PostgresServer sink;
    copy_while_writing(source, tables, &sink, small_chunks());
  }
  SECTION("into SQLite") { copy_while_writing(source, tables, nullptr, small_chunks()); }
}

TEST_CASE("MySQL with GTID: every key kind, copied while written", "[live]") {
  MysqlServer source;
  const auto tables = key_tables(false);
  create_source(source, tables);
  SECTION("into PostgreSQL") {
    PostgresServer sink;
    copy_while_writing(source, tables, &sink, small_chunks());
  }
  SECTION("into SQLite") { copy_while_writing(source, tables, nullptr, small_chunks()); }
}

TEST_CASE("MySQL without GTID: every key kind, copied while written", "[live]") {
  MysqlOptions options;
  options.gtid = false;
  MysqlServer source(options);
  const auto tables = key_tables(false);
  create_source(source, tables);
  PostgresServer sink;
  copy_while_writing(source, tables, &sink, small_chunks());
}

TEST_CASE("plain mode: the log settles what the copy saw in between", "[live]") {
  MariadbServer source;
  const auto tables = key_tables(true);
  create_source(source, tables);
  PostgresServer sink_server;
  SECTION("the log is read after the copy") {
    std::vector<KeyTable> keyed;
    for (const auto& table : tables) {
      if (table.unique) keyed.push_back(table);
    }
    source.exec("DROP TABLE d.no_key, d.nullable_unique");  // these two need the log beside the copy
    copy_while_writing(source, keyed, &sink_server, small_chunks("exactly_once: false"), false);
  }
  SECTION("the log is read beside the copy") {
    copy_while_writing(source, tables, &sink_server, small_chunks("exactly_once: false"), false);
  }
  SECTION("copy only, of tables that rest") {
    const TempDir directory;
    const SinkTarget sink(directory, &sink_server);
    const std::string config = sink.configure(source, small_chunks("exactly_once: false\nstartup: snapshot-only"));
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
    const auto tables = some_tables(true);
    create_source(source, tables);
    PostgresServer sink;
    copy_while_writing(source, tables, &sink, small_chunks());
  }
  SECTION("MySQL, NOBLOB") {
    options.row_image = "NOBLOB";
    MysqlServer source(options);
    const auto tables = some_tables(false);
    create_source(source, tables);
    copy_while_writing(source, tables, nullptr, small_chunks());
  }
}
