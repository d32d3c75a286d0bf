// Two-phase transactions at a PostgreSQL source (PREPARE TRANSACTION): prepared before, while and after the tables are copied, ended by
// COMMIT PREPARED or ROLLBACK PREPARED much later, also beyond kill -9 of the daemon and of the server. They belong where they end.
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "servers/live_pipeline.h"
#include "servers/postgres_server.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pipeline_view.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr int kRows = 2000, kWriters = 4;

/// `t` can be cut by its key, `u` has a key whose order only the server knows, `v` has none.
void create_source(PostgresServer& server) {
  server.exec("CREATE SCHEMA d");
  server.client("d")->exec(fmt::format(
      "CREATE TABLE t (id int PRIMARY KEY, n int, v text); CREATE TABLE u (k text PRIMARY KEY, n int); CREATE TABLE v (k int, n int);"
      "ALTER TABLE v REPLICA IDENTITY FULL; INSERT INTO t SELECT g, 0, 'row ' || g FROM generate_series(0, {0} - 1) g;"
      "INSERT INTO u SELECT 'key ' || id, n FROM t; INSERT INTO v SELECT id, n FROM t WHERE id < 200",
      kRows));
}

/// Each writer has rows of its own, all over the tables, so that none waits for what another one has prepared.
class PreparingWriters {
 public:
  explicit PreparingWriters(const PostgresServer& server) : server_(server) {
    for (int i = 0; i < kWriters; ++i) threads_.emplace_back([this, i] { run(i); });
  }
  ~PreparingWriters() { stop(); }
  void stop() {
    go_on_ = false;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  int transactions() const { return transactions_; }
  int failures() const { return failures_; }

 private:
  void run(int writer) try {
    const auto client = server_.client("d");
    std::mt19937 dice(static_cast<unsigned>(writer));
    for (int i = 0; go_on_; ++i) {
      const int id = static_cast<int>(dice() % (kRows / kWriters)) * kWriters + writer;
      std::string work = fmt::format("UPDATE t SET n = n + 1 WHERE id = {0}; UPDATE u SET n = n + 1 WHERE k = 'key {0}';", id);
      if (i % 3 == 0) work += fmt::format("DELETE FROM t WHERE id = {0}; INSERT INTO t VALUES ({0}, {1}, 'again');", id, i);
      if (i % 8 == 0) work += fmt::format("INSERT INTO v VALUES ({0}, {1}); DELETE FROM v WHERE k = {2};", kRows + writer, i, id % 200);
      client->exec(fmt::format("BEGIN; {} PREPARE TRANSACTION 'w{}_{}'", work, writer, i));
      if (i % 4 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(dice() % 30));
      client->exec(fmt::format("{} PREPARED 'w{}_{}'", i % 5 == 0 ? "ROLLBACK" : "COMMIT", writer, i));
      ++transactions_;
    }
  } catch (const std::exception& e) {
    std::cerr << "a writer failed: " << e.what() << "\n";
    ++failures_;
  }

  const PostgresServer& server_;
  std::atomic<bool> go_on_{true};
  std::atomic<int> transactions_{0}, failures_{0};
  std::vector<std::thread> threads_;
};

PostgresOptions source_options() {
  PostgresOptions options;
  options.is_source = true;
  options.durable = true;  // the server is killed
  options.extra = {"max_prepared_transactions=40", "fsync=off"};
  return options;
}

void prepare(PostgresServer& server, const std::string& name, const std::string& work) {
  server.client("d")->exec("BEGIN; " + work + "; PREPARE TRANSACTION '" + name + "'");
}

}  // namespace

TEST_CASE("transactions that are prepared before, while and after the tables are copied", "[prepared]") {
  PostgresServer server(source_options());
  create_source(server);
  prepare(server, "first", "INSERT INTO t VALUES (-1, 0, 'prepared before the slot')");
  PipelineFile file;
  file.pipeline_yaml = "snapshot: {workers: 2, chunk_rows: 50, adapt: false}";
  LivePipeline pipeline(server, nullptr, "d", file);
  pipeline.start();
  // the slot waits for it, and says so
  CHECK(wait_until(30s, [&] { return pipeline.log_has("1 of them prepared"); }));
  server.exec("COMMIT PREPARED 'first'");

  PreparingWriters writers(server);
  for (int kills = 0; kills < 3; ++kills) {
    REQUIRE(wait_until(30s, [&] { return pipeline.sink_number("SELECT count(*) FROM {t}", "t") > 100 * kills; }));
    prepare(server, "copied" + std::to_string(kills), fmt::format("INSERT INTO t VALUES ({}, 0, 'prepared')", -10 - kills));
    pipeline.daemon().kill9();
    pipeline.start({{"TIDEMARK_FAILPOINTS", "chunk.after_read=sleep:5"}});
    if (kills < 2) server.exec((kills == 0 ? "COMMIT PREPARED 'copied" : "ROLLBACK PREPARED 'copied") + std::to_string(kills) + "'");
  }
  CHECK(pipeline.reaches("streaming"));
  const int meanwhile = writers.transactions();
  prepare(server, "kept", "INSERT INTO t VALUES (-2, 0, 'kept'); INSERT INTO v VALUES (-2, 1)");
  prepare(server, "not kept", "INSERT INTO t VALUES (-3, 0, 'not kept'); INSERT INTO v VALUES (-3, 1)");
  pipeline.daemon().kill9();
  pipeline.start();
  CHECK(pipeline.reaches("streaming"));
  writers.stop();
  CHECK(writers.failures() == 0);
  CHECK(meanwhile > 50);
  CHECK(pipeline.becomes_equal(30s));
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t} WHERE id < -1", "t") == 1);  // of the first kill

  server.kill9();
  server.restart();
  pipeline.daemon().kill9();
  server.exec("COMMIT PREPARED 'kept'");
  pipeline.start();
  server.exec("ROLLBACK PREPARED 'not kept'");
  server.exec("COMMIT PREPARED 'copied2'");
  server.exec("UPDATE d.t SET n = n + 1 WHERE id < 100");
  CHECK(pipeline.becomes_equal(30s));
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t} WHERE id IN (-1, -2, -10, -12)", "t") == 4);
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t} WHERE k < 0", "v") == 1);
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("a slot of the user's that sends transactions when they are prepared", "[prepared]") {
  PostgresServer server(source_options());
  server.exec("CREATE SCHEMA d; CREATE TABLE d.t (id int PRIMARY KEY, v text); CREATE PUBLICATION mine FOR TABLE d.t");
  server.superuser()->exec("SELECT pg_create_logical_replication_slot('mine', 'pgoutput', false, true)");
  prepare(server, "early", "INSERT INTO t SELECT g, 'early' FROM generate_series(1, 500) g");
  PipelineFile file;
  file.source_yaml = "slot: mine\npublication: mine";
  file.pipeline_yaml = "startup: earliest";
  LivePipeline pipeline(server, nullptr, "d", file);
  for (int round = 0; round < 3; ++round) {
    const std::string n = std::to_string(round);
    pipeline.start();
    REQUIRE(pipeline.reaches("streaming"));
    prepare(server, "yes" + n, "INSERT INTO t VALUES (1000 + " + n + ", 'prepared')");
    prepare(server, "no" + n, "INSERT INTO t VALUES (2000 + " + n + ", 'never')");
    server.exec("INSERT INTO d.t VALUES (3000 + " + n + ", 'in between')");
    REQUIRE(pipeline.becomes_equal(30s));
    pipeline.daemon().kill9();
    server.exec("COMMIT PREPARED '" + (round == 0 ? std::string("early") : "yes" + std::to_string(round - 1)) + "'");
    server.exec("ROLLBACK PREPARED 'no" + n + "'");
  }
  pipeline.start();
  server.exec("COMMIT PREPARED 'yes2'");
  CHECK(pipeline.becomes_equal(30s));
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "t") == 506);
  CHECK(pipeline.stop() == 0);
}
