// A copy in small chunks while XA transactions change the tables at full speed. MariaDB writes XA COMMIT to its log before the engine
// commits, so the log's place of a read view does not tell whether the view has it; likewise for transactions that also use an Aria table.
#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "servers/live_pipeline.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pipeline_view.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr int kRows = 3000;

/// `t` can be cut by its key, `u` has a key whose order only the server knows, `v` has none.
void create_source(MysqlFamilyServer& server) {
  MysqlClient client = server.connect();
  client.exec(
      "CREATE DATABASE d; CREATE DATABASE other; USE d; CREATE TABLE t (id INT PRIMARY KEY, n INT, v VARCHAR(30));"
      "CREATE TABLE u (k VARCHAR(30) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT); CREATE TABLE v (k INT, n INT); BEGIN");
  for (int i = 0; i < kRows; ++i) client.exec(fmt::format("INSERT INTO t VALUES ({0}, 0, 'row {0}')", i));
  client.exec("INSERT INTO u SELECT CONCAT('Key ', id), n FROM t; INSERT INTO v SELECT id, n FROM t WHERE id < 300; COMMIT");
  if (server.engine() == "mariadb") client.exec("CREATE TABLE other.notes (id INT) ENGINE=Aria; INSERT INTO other.notes VALUES (1)");
}

/// Each writer has rows of its own, all over the tables, so that none waits for another one.
class XaWriters {
 public:
  XaWriters(MysqlFamilyServer& server, int count, bool uses_aria) : server_(server), count_(count) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this, i, uses_aria] { run(i, uses_aria && i == 0); });
  }
  ~XaWriters() { stop(); }
  void stop() {
    go_on_ = false;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  int transactions() const { return transactions_; }
  int failures() const { return failures_; }

 private:
  void run(int writer, bool uses_aria) try {
    MysqlClient client = server_.connect("d");
    std::mt19937 rng(static_cast<unsigned>(writer));
    for (int i = 0; go_on_; ++i) {
      const int id = static_cast<int>(rng() % (kRows / count_)) * count_ + writer;
      std::string work = fmt::format("UPDATE t SET n = n + 1 WHERE id = {0}; UPDATE u SET n = n + 1 WHERE k = 'key {0}';", id);
      if (i % 3 == 0) work += fmt::format("DELETE FROM t WHERE id = {0}; INSERT INTO t VALUES ({0}, {1}, 'again');", id, i);
      if (i % 8 == 0) work += fmt::format("INSERT INTO v VALUES ({}, {});", kRows + writer, i);
      if (uses_aria) {
        client.exec("BEGIN; " + work + "SELECT COUNT(*) FROM other.notes; COMMIT");
      } else {
        client.exec(
            fmt::format("XA START 'w{0}_{1}'; {2} XA END 'w{0}_{1}'; XA PREPARE 'w{0}_{1}'; XA COMMIT 'w{0}_{1}'", writer, i, work));
      }
      ++transactions_;
    }
  } catch (const std::exception& e) {
    fmt::print("a writer failed: {}\n", e.what());
    ++failures_;
  }

  MysqlFamilyServer& server_;
  const int count_;
  std::atomic<bool> go_on_{true};
  std::atomic<int> transactions_{0}, failures_{0};
  std::vector<std::thread> threads_;
};

void copy_under_xa(MysqlFamilyServer& server, bool uses_aria) {
  create_source(server);
  PipelineFile file;
  file.pipeline_yaml = "snapshot: {workers: 2, chunk_rows: 50, adapt: false}";
  LivePipeline pipeline(server, nullptr, "d", file);
  XaWriters writers(server, 5, uses_aria);
  pipeline.start();
  const bool copied = pipeline.reaches("streaming", 60s);
  const int meanwhile = writers.transactions();
  writers.stop();
  CHECK(writers.failures() == 0);
  INFO(pipeline.daemon().log_tail());
  REQUIRE(copied);
  CHECK(meanwhile > 100);
  CHECK(view_pipeline(pipeline.config()).chunks_done >= 2 * kRows / 50);
  CHECK(pipeline.becomes_equal(30s));
  CHECK(pipeline.stop() == 0);
  fmt::print("{}: {} transactions during the copy\n", server.engine(), meanwhile);
}

}  // namespace

TEST_CASE("MariaDB: a copy under XA transactions and such that use Aria tables", "[xa]") {
  MariadbServer server;
  SECTION("XA") { copy_under_xa(server, false); }
  SECTION("and Aria") { copy_under_xa(server, true); }
}

TEST_CASE("MySQL: a copy under XA transactions", "[xa]") {
  MysqlServer server;
  copy_under_xa(server, false);
}

TEST_CASE("MariaDB: an XA transaction that stays prepared holds up no copy", "[xa]") {
  MariadbServer server;
  create_source(server);
  PipelineFile file;
  file.pipeline_yaml = "snapshot: {workers: 2, chunk_rows: 50, adapt: false}";
  SECTION("exactly once") {}
  SECTION("plain mode, where the log is read after the copy") {
    server.exec("DROP TABLE d.v");  // without key it needs the log beside the copy
    file.pipeline_yaml += "\nexactly_once: false";
  }
  LivePipeline pipeline(server, nullptr, "d", file);
  pipeline.start({{"TIDEMARK_FAILPOINTS", "chunk.before_open=sleep:30"}});
  REQUIRE(wait_until(30s, [&] { return view_pipeline(pipeline.config()).chunks_done >= 3; }));
  server.connect("d").exec("XA START 'stays'; UPDATE t SET n = -1 WHERE id IN (5, 2995); XA END 'stays'; XA PREPARE 'stays'");
  std::this_thread::sleep_for(500ms);
  REQUIRE_FALSE(view_pipeline(pipeline.config()).copied());
  pipeline.daemon().kill9();
  pipeline.start();
  const bool copied = pipeline.reaches("streaming", 60s);
  INFO(pipeline.daemon().log_tail());
  REQUIRE(copied);
  server.exec("XA COMMIT 'stays'");
  CHECK(pipeline.becomes_equal(30s));
  CHECK(pipeline.stop() == 0);
}
