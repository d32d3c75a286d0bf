// TRUNCATE TABLE at the source: while tables are copied in small chunks, also between a read view and its rows, and while they are
// followed.
#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

#include "integration/shared_servers.h"
#include "servers/live_pipeline.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pipeline_view.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr int kRows = 600;

/// `t` can be cut by its key, `u` has a key whose order only the server knows, `v` has none; `kept` is never emptied.
void create_source(MysqlFamilyServer& server, const std::string& database) {
  server.exec(fmt::format("DROP DATABASE IF EXISTS {0}; CREATE DATABASE {0}", database));
  MysqlClient client = server.connect(database);
  client.exec(
      "CREATE TABLE t (id INT PRIMARY KEY, n INT); CREATE TABLE u (k VARCHAR(30) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT);"
      "CREATE TABLE v (k INT, n INT); CREATE TABLE kept (id INT PRIMARY KEY, n INT); BEGIN");
  for (int i = 0; i < kRows; ++i) client.exec(fmt::format("INSERT INTO t VALUES ({0}, {0})", i));
  client.exec(
      "INSERT INTO u SELECT CONCAT('Key ', id), n FROM t; INSERT INTO v SELECT id, n FROM t; INSERT INTO kept SELECT * FROM t; COMMIT");
}

/// Empties one table after the other, and fills it again, while other rows change.
class Emptier {
 public:
  Emptier(MysqlFamilyServer& server, const std::string& database) : thread_([this, &server, database] { run(server.connect(database)); }) {}
  ~Emptier() { stop(); }
  void stop() {
    go_on_ = false;
    if (thread_.joinable()) thread_.join();
  }
  int times() const { return times_; }
  bool failed() const { return failed_; }

 private:
  void run(MysqlClient client) try {
    for (int i = 0; go_on_; ++i) {
      client.exec(fmt::format("UPDATE kept SET n = {} WHERE id = {}", i, i % kRows));
      client.exec(fmt::format("UPDATE t SET n = {0} WHERE id >= {1}; UPDATE u SET n = {0} WHERE k = 'key {1}'", i, kRows / 2));
      client.exec(fmt::format("TRUNCATE TABLE {}", i % 3 == 0 ? "t" : i % 3 == 1 ? "u" : "v"));
      ++times_;
      client.exec("BEGIN; DELETE FROM t WHERE id % 7 = 0; INSERT IGNORE INTO t SELECT id, n FROM kept WHERE id % 3 = 0");
      client.exec("INSERT IGNORE INTO u SELECT CONCAT('Key ', id), n FROM t; INSERT INTO v SELECT id, n FROM t WHERE id < 60; COMMIT");
      std::this_thread::sleep_for(10ms);
    }
  } catch (const std::exception& e) {
    fmt::print("the emptier failed: {}\n", e.what());
    failed_ = true;
  }

  std::atomic<bool> go_on_{true}, failed_{false};
  std::atomic<int> times_{0};
  std::thread thread_;
};

void copy_and_follow(MysqlFamilyServer& server, const std::string& database, const std::string& mode) {
  create_source(server, database);
  PipelineFile file;
  file.pipeline_yaml = "snapshot: {workers: 2, chunk_rows: 30, adapt: false}" + mode;
  LivePipeline pipeline(server, nullptr, database, file);
  Emptier emptier(server, database);
  // time for a TRUNCATE between the view and its rows, and between the rows and the log's reading
  pipeline.start({{"TIDEMARK_FAILPOINTS", "chunk.view_open=sleep:15,chunk.after_read=sleep:5"}});
  const bool copied = pipeline.reaches("streaming", 90s);
  const int meanwhile = emptier.times();
  INFO(pipeline.daemon().log_tail());
  REQUIRE(copied);
  CHECK(meanwhile > 10);
  CHECK(pipeline.log_has("a chunk is read again"));
  pipeline.daemon().kill9();
  pipeline.start();
  REQUIRE(wait_until(30s, [&] { return emptier.times() > meanwhile + 10; }));
  emptier.stop();
  CHECK_FALSE(emptier.failed());
  CHECK(pipeline.becomes_equal(60s));
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "kept") == kRows);
  server.connect(database).exec("TRUNCATE t; TRUNCATE TABLE u; TRUNCATE v; INSERT INTO t VALUES (1, 1)");
  CHECK(pipeline.becomes_equal(30s));
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "t") == 1);
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "v") == 0);
  CHECK(pipeline.stop() == 0);
  fmt::print("{}: {} times emptied during the copy\n", server.engine(), meanwhile);
}

}  // namespace

TEST_CASE("MariaDB: tables are emptied while they are copied and followed", "[truncate]") { copy_and_follow(mariadb(), "emptied", ""); }

TEST_CASE("MySQL: tables are emptied while they are copied and followed", "[truncate]") { copy_and_follow(mysql(), "emptied", ""); }

TEST_CASE("plain mode: what the copy has read after a TRUNCATE is there in the end", "[truncate]") {
  copy_and_follow(mariadb(), "emptied_plain", "\nexactly_once: false");
}

TEST_CASE("a temporary table of the same name may be emptied", "[truncate]") {
  for (MysqlFamilyServer* server : {static_cast<MysqlFamilyServer*>(&mariadb()), static_cast<MysqlFamilyServer*>(&mysql())}) {
    CAPTURE(server->engine());
    create_source(*server, "hidden");
    LivePipeline pipeline(*server, nullptr, "hidden");
    pipeline.start();
    REQUIRE(pipeline.becomes_equal());
    server->connect("hidden").exec("CREATE TEMPORARY TABLE t (id INT); INSERT INTO t VALUES (1); TRUNCATE TABLE t; DROP TEMPORARY TABLE t");
    server->connect("hidden").exec("INSERT INTO t VALUES (-1, -1)");
    CHECK(pipeline.becomes_equal(30s));
    CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "t") == kRows + 1);
    CHECK(pipeline.stop() == 0);
  }
}
