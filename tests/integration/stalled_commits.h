// A commit that is in the log, and streamed, while no SELECT sees it: the chunks read meanwhile do not have it, and "the log position
// before and after the read" says that they have. Equal afterwards, whichever way the server tells what a read saw. For a binary of tests.
#pragma once

#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/commit_stall.h"
#include "workload/pipeline_view.h"
#include "workload/sink_target.h"
#include "workload/writers.h"

namespace tidemark::test {

using namespace std::chrono_literals;

inline constexpr const char* kStallChunks = "snapshot: {workers: 2, chunk_rows: 50, adapt: false}";
inline constexpr int kRows = 1000;  // ids 10, 20, ... 10000

/// `t` can be cut by its key; `u` has a key whose order only the server knows; `v` has none.
inline void create_stalled_source(DatabaseServer& source) {
  const bool postgres = source.dialect() == Dialect::postgres;
  source.exec(postgres ? "CREATE SCHEMA d; CREATE COLLATION d.loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
                       : "CREATE DATABASE d CHARACTER SET utf8mb4");
  const auto client = source.client("d");
  client->exec(fmt::format(
      "CREATE TABLE t (id BIGINT PRIMARY KEY, v VARCHAR(30)); CREATE TABLE u (k VARCHAR(30) COLLATE {} PRIMARY KEY, v VARCHAR(30));"
      "CREATE TABLE v (k INT, v VARCHAR(30)); CREATE TABLE z (id INT PRIMARY KEY, n BIGINT); INSERT INTO z VALUES (1, 0)",
      postgres ? "loose" : "utf8mb4_general_ci"));
  if (postgres) client->exec("ALTER TABLE v REPLICA IDENTITY FULL");
  client->exec("BEGIN");
  for (int i = 1; i <= kRows; ++i) client->exec(fmt::format("INSERT INTO t VALUES ({0}0, 'row {0}')", i));
  client->exec("INSERT INTO u SELECT CONCAT('Key ', id), v FROM t; INSERT INTO v SELECT id % 700, 'same' FROM t WHERE id <= 3000; COMMIT");
}

/// Rows at both ends and in the middle: inserted, updated, deleted, moved near and far, both ways.
inline std::string stalled_changes(Dialect dialect) {
  std::string out =
      "INSERT INTO t VALUES (15, 'held'), (5005, 'held'), (9995, 'held');"
      "UPDATE t SET v = 'held' WHERE id IN (10, 5000, 9990); DELETE FROM t WHERE id IN (20, 5010, 9980);"
      "UPDATE t SET id = id + 5 WHERE id IN (30, 5020, 9970); UPDATE t SET id = 9906 WHERE id = 40; UPDATE t SET id = 46 WHERE id = 9900;"
      "INSERT INTO v VALUES (1, 'held'), (1, 'held'), (NULL, NULL); UPDATE v SET k = 7 WHERE k = 20;";
  out += dialect == Dialect::postgres ? "DELETE FROM v WHERE ctid IN (SELECT ctid FROM v WHERE k = 10 LIMIT 2);"
                                      : "DELETE FROM v WHERE k = 10 LIMIT 2;";
  for (const char* id : {"50", "5100", "9800"}) {
    out += fmt::format(
        "INSERT INTO u VALUES ('new {0}', 'held'); UPDATE u SET v = 'held' WHERE k = 'key {0}'; DELETE FROM u WHERE k = 'Key 1{0}';"
        "UPDATE u SET k = 'KEY 2{0}' WHERE k = 'Key 2{0}'; UPDATE u SET k = 'zz {0}' WHERE k = 'Key 3{0}';",
        id);
  }
  return out;
}

/// The held transaction is in the log; does a SELECT see it?
inline bool visible(DatabaseServer& source) { return source.value("SELECT COUNT(*) FROM d.t WHERE v = 'held'") != "0"; }

struct StallSetup {
  explicit StallSetup(DatabaseServer& server) : source(server), sink(directory, nullptr) {
    PipelineFile pipeline;
    pipeline.include = {"d.*"};
    pipeline.pipeline_yaml = kStallChunks;
    config = sink.configure(source, pipeline);
  }

  bool wait_for_copy(TidemarkProcess& daemon) {
    PipelineView view;
    return wait_until(120s,
                      [&] {
                        view = view_pipeline(config);
                        return view.copied() || !daemon.running();
                      }) &&
           view.copied();
  }

  void check_equal(TidemarkProcess& daemon) {
    source.exec("UPDATE d.z SET n = n + 1");
    const std::string n = source.value("SELECT n FROM d.z");
    const bool reached = wait_until(60s, [&] { return sink.value("n", "d", "z") == n || !daemon.running(); });
    INFO(daemon.log_tail());
    REQUIRE(reached);
    std::string text;
    for (const auto& line : sink.differences(source, "d")) text += line + "\n";
    CHECK(text.empty());
    const Finished verified = run_tidemark({"verify", "shop", "-c", config}, 120s);
    INFO(text << verified.out << verified.err);
    CHECK(verified.exit == 0);
    CHECK(daemon.stop() == 0);
  }

  DatabaseServer& source;
  const TempDir directory;
  const SinkTarget sink;
  std::string config;
};

/// The commit is held when tidemark starts: its log begins behind that transaction, so only the reads can bring it.
inline void held_before_the_start(DatabaseServer& source) {
  create_stalled_source(source);
  StallSetup setup(source);
  CommitStall stall(source);
  REQUIRE(stall.hold("d", stalled_changes(source.dialect())));  // the log has moved
  REQUIRE_FALSE(visible(source));
  TidemarkProcess daemon(setup.directory, setup.config);
  REQUIRE(wait_until(20s, [&] { return view_pipeline(setup.config).answers; }));
  std::this_thread::sleep_for(2s);
  CHECK_FALSE(visible(source));  // it was held all the time
  CHECK_FALSE(view_pipeline(setup.config).copied());
  stall.release();
  REQUIRE(visible(source));
  const bool copied = setup.wait_for_copy(daemon);
  INFO(daemon.log_tail());
  REQUIRE(copied);
  setup.check_equal(daemon);
}

/// The stream brings the transaction, and drops it for chunks that are not read yet, while reads do not see it.
inline void held_during_the_copy(DatabaseServer& source) {
  create_stalled_source(source);
  StallSetup setup(source);
  CommitStall stall(source);
  TidemarkProcess daemon(setup.directory, setup.config, {},
                         {{"TIDEMARK_FAILPOINTS", "chunk.before_open=sleep:60,chunk.view_open=sleep:40"}});
  REQUIRE(wait_until(30s, [&] { return view_pipeline(setup.config).chunks_done >= 3; }));
  REQUIRE(stall.hold("d", stalled_changes(source.dialect())));
  REQUIRE_FALSE(visible(source));
  const PipelineView held = view_pipeline(setup.config);
  REQUIRE_FALSE(held.copied());
  std::this_thread::sleep_for(2s);
  CHECK_FALSE(visible(source));
  const PipelineView later = view_pipeline(setup.config);
  CHECK_FALSE(later.copied());  // there was something left to read, and tidemark was at it
  CAPTURE(held.chunks_done, later.chunks_done);
  stall.release();
  REQUIRE(visible(source));
  source.client("d")->exec(
      "UPDATE t SET v = 'after' WHERE id IN (46, 5005); UPDATE u SET v = 'after' WHERE k IN ('new 50', 'new 5100', 'new 9800');"
      "DELETE FROM v WHERE k = 7");
  const bool copied = setup.wait_for_copy(daemon);
  INFO(daemon.log_tail());
  REQUIRE(copied);
  setup.check_equal(daemon);
}

/// The sink has the transaction, and the source, asked where it stands, does not know of it yet: that is not another history.
inline void held_during_a_restart(DatabaseServer& source) {
  create_stalled_source(source);
  StallSetup setup(source);
  CommitStall stall(source);
  {
    TidemarkProcess daemon(setup.directory, setup.config);
    REQUIRE(setup.wait_for_copy(daemon));
    REQUIRE(stall.hold("d", "UPDATE z SET n = 77"));
    const bool reached = wait_until(30s, [&] { return setup.sink.value("n", "d", "z") == "77"; });
    INFO(daemon.log_tail());
    REQUIRE(reached);
    CHECK(daemon.stop() == 0);
  }
  REQUIRE(source.value("SELECT n FROM d.z") != "77");
  TidemarkProcess daemon(setup.directory, setup.config);
  const bool answers = wait_until(30s, [&] { return view_pipeline(setup.config).answers || !daemon.running(); });
  std::this_thread::sleep_for(2s);
  INFO(daemon.log_tail());
  REQUIRE(answers);
  REQUIRE(daemon.running());
  stall.release();
  setup.check_equal(daemon);
}

/// Commits of busy writers are held for a moment, again and again.
inline void held_again_and_again(DatabaseServer& source) {
  std::vector<KeyTable> tables;
  for (auto& table : key_tables(source.engine())) {
    for (const char* name : {"k_bigint", "k_padded", "k_collated", "k_composite", "no_key"}) {
      if (table.name == name) tables.push_back(table);
    }
  }
  create_tables(source, "d", tables);
  source.exec("CREATE TABLE d.z (id INT PRIMARY KEY, n BIGINT); INSERT INTO d.z VALUES (1, 0)");
  StallSetup setup(source);
  CommitStall stall(source);
  Writers writers(source, "d", tables, 3, 7);
  std::atomic<bool> go_on{true};
  std::atomic<int> stalls{0};
  std::thread staller([&] {
    while (go_on) {
      stall.hold_for(200ms);
      ++stalls;
    }
  });
  TidemarkProcess daemon(setup.directory, setup.config, {}, {{"TIDEMARK_FAILPOINTS", "chunk.view_open=sleep:20"}});
  const bool copied = setup.wait_for_copy(daemon);
  go_on = false;
  staller.join();
  stall.release();
  REQUIRE_NOTHROW(writers.stop());
  INFO(daemon.log_tail());
  REQUIRE(copied);
  CHECK(stalls > 2);
  CHECK(writers.transactions() > 50);
  setup.check_equal(daemon);
}

inline void every_stall(const std::function<std::unique_ptr<DatabaseServer>()>& start) {
  const auto source = start();
  SECTION("before the start") { held_before_the_start(*source); }
  SECTION("during the copy") { held_during_the_copy(*source); }
  SECTION("again and again") { held_again_and_again(*source); }
  SECTION("during a restart") { held_during_a_restart(*source); }
}

}  // namespace tidemark::test
