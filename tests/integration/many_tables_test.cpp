// Two thousand tables in one pipeline: copied in reasonable time, streamed into, soon back after a restart; status and metrics stay small.
#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <string>

#include "integration/peak_memory.h"
#include "servers/control_curl.h"
#include "servers/mariadb_server.h"
#include "servers/postgres_server.h"
#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pipeline_view.h"
#include "workload/sink_target.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr int kTables = 2000;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void create_tables(MysqlFamilyServer& source) {
  source.exec("CREATE DATABASE d; USE d");
  for (int first = 0; first < kTables; first += 100) {
    std::string sql, rows = "BEGIN;";
    for (int i = first; i < first + 100; ++i) {
      sql += fmt::format("CREATE TABLE t{} (id INT PRIMARY KEY, v VARCHAR(20), at DATETIME, n DECIMAL(9,2));", i);
      rows += fmt::format("INSERT INTO t{} VALUES (1, 'one', NOW(), 1), (2, NULL, NULL, 2.5), (3, 'three', NULL, {});", i, i);
    }
    source.exec(sql + rows + "COMMIT");
  }
}

void check_status_and_metrics(const TempDir& directory) {
  const auto start = Clock::now();
  const std::string status = curl_control(directory, "/v1/status").body, metrics = curl_control(directory, "/metrics").body;
  CHECK(since(start) < 2);
  CHECK(status.find("\"d.t1999\"") != std::string::npos);
  CHECK(status.size() < kTables * 400);
  CHECK(metrics.find("tidemark_tables{") != std::string::npos);
  CHECK(metrics.size() < 64 * 1024);  // does not grow with the number of tables
}

bool arrives(const SinkTarget& sink, const std::string& table, const std::string& value) {
  return wait_until(60s, [&] { return sink.value("count(*)", "d", table, "v = '" + value + "'") == "1"; });
}

void copy_and_stream(PostgresServer* server) {
  MariadbServer source;
  create_tables(source);
  const TempDir directory;
  const SinkTarget sink(directory, server);
  PipelineFile file;
  file.include = {"d.*"};
  const std::string config = sink.configure(source, file);
  auto start = Clock::now();
  auto daemon = std::make_unique<TidemarkProcess>(directory, config);
  const bool copied = wait_until(240s, [&] { return !daemon->running() || view_pipeline(config).copied(); });
  const double copy_seconds = since(start);
  INFO(daemon->log_tail());
  REQUIRE(copied);
  INFO("copied in " << copy_seconds << " s");
  CHECK(copy_seconds < 120);  // 60 on a quiet machine
  for (int i : {0, 7, 1000, 1999}) {
    source.exec(fmt::format("UPDATE d.t{} SET v = 'streamed' WHERE id = 2", i));
    CHECK(arrives(sink, fmt::format("t{}", i), "streamed"));
  }
  check_status_and_metrics(directory);
  CHECK(daemon->stop() == 0);

  source.exec("UPDATE d.t1234 SET v = 'after the restart' WHERE id = 1");
  start = Clock::now();
  daemon = std::make_unique<TidemarkProcess>(directory, config);
  CHECK(arrives(sink, "t1234", "after the restart"));
  const double restart_seconds = since(start);
  INFO("first change " << restart_seconds << " s after the restart");
  CHECK(restart_seconds < 8);  // 2 on a quiet machine
  CHECK(sink.differences(source, "d") == std::vector<std::string>{});
  check_peak(*daemon, 128);
  CHECK(daemon->stop() == 0);
}

}  // namespace

TEST_CASE("two thousand tables into PostgreSQL", "[many]") {
  PostgresServer server;
  copy_and_stream(&server);
}

TEST_CASE("two thousand tables into SQLite", "[many]") { copy_and_stream(nullptr); }
