// The source goes away and comes back while tables are copied and while the log is followed: tidemark says so, connects again by itself,
// and ends equal. An idle source does not hold a copy up. (The network: source_network_test.cpp.)
#include <chrono>
#include <memory>
#include <string>

#include "servers/fault_proxy.h"
#include "servers/live_pipeline.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/steady_writer.h"
#include "servers/wait.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr int kRows = 4000;
constexpr uint64_t kSeed = 20240229;
// slow enough that a copy of 4000 rows is still going on when the test breaks something
const std::vector<std::pair<std::string, std::string>> kSlowCopy = {{"TIDEMARK_FAILPOINTS", "chunk.after_read=sleep:60"}};
constexpr const char* kSmallChunks = "snapshot: {chunk_rows: 50, adapt: false}\nretry: {initial: 100ms, max: 1s}";

std::unique_ptr<MysqlFamilyServer> server_of(const std::string& kind) {
  if (kind == "mariadb") return std::make_unique<MariadbServer>();
  MysqlOptions options;
  options.gtid = kind == "mysql with GTID";
  return std::make_unique<MysqlServer>(options);
}

PipelineFile small_chunks() {
  PipelineFile file;
  file.pipeline_yaml = kSmallChunks;
  return file;
}

/// Some chunks are in the sink, others are not.
bool copies(LivePipeline& pipeline, long long above) {
  const bool so = wait_until(60s, [&] { return pipeline.sink_number("SELECT count(*) FROM {t}", "t") > above; });
  return so && pipeline.state() == "copying";
}

void restart_all_the_time(const std::string& kind) {
  auto source = server_of(kind);
  create_steady_table(*source, "d", kRows);
  LivePipeline pipeline(*source, nullptr, "d", small_chunks());
  SteadyWriter writer(*source, "d", kRows, kSeed);
  pipeline.start(kSlowCopy);

  REQUIRE(copies(pipeline, 100));
  source->stop();
  CHECK(pipeline.reaches("reconnecting", 20s));
  CHECK(pipeline.status("/source/connected") == "false");
  CHECK(pipeline.status("/last_error/kind") == "source_unavailable");
  source->restart();
  REQUIRE(copies(pipeline, 600));
  source->kill9();
  source->restart();
  REQUIRE(pipeline.reaches("streaming"));
  CHECK(pipeline.log_has("trying again in"));

  source->restart();
  const uint64_t written = writer.transactions();
  CHECK(wait_until(30s, [&] { return writer.transactions() > written + 20; }));
  source->kill9();
  CHECK(pipeline.reaches("reconnecting", 20s));
  source->restart();
  CHECK(wait_until(30s, [&] { return writer.transactions() > written + 60; }));
  writer.stop();
  CHECK(pipeline.becomes_equal());
  CHECK(std::stoi(pipeline.status("/totals/retries")) >= 4);
  CHECK(pipeline.stop() == 0);
}

}  // namespace

TEST_CASE("MariaDB is restarted and killed during the copy and the stream", "[faults]") { restart_all_the_time("mariadb"); }
TEST_CASE("MySQL with GTID is restarted and killed during the copy and the stream", "[faults]") { restart_all_the_time("mysql with GTID"); }
TEST_CASE("MySQL without GTID is restarted and killed during the copy and the stream", "[faults]") { restart_all_the_time("mysql"); }

TEST_CASE("a source that is away at the start is waited for", "[faults]") {
  MariadbServer source;
  create_steady_table(source, "d", 100);
  FaultProxy proxy(source.port());
  proxy.cut();
  PipelineFile file = small_chunks();
  file.source_port = proxy.port();
  LivePipeline pipeline(source, nullptr, "d", file);
  pipeline.start();
  CHECK(pipeline.reaches("reconnecting", 20s));
  proxy.resume();
  CHECK(pipeline.becomes_equal(30s));
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("the retry budget ends in exit code 69", "[faults]") {
  MariadbServer source;
  create_steady_table(source, "d", 100);
  FaultProxy proxy(source.port());
  PipelineFile file;
  file.source_port = proxy.port();
  file.pipeline_yaml = "retry: {initial: 50ms, max: 200ms, budget: 1s}";
  LivePipeline pipeline(source, nullptr, "d", file);
  pipeline.start();
  REQUIRE(pipeline.becomes_equal(30s));
  proxy.cut();
  CHECK(pipeline.exit_code(30s) == 69);
}

// With nothing in the log after the copy's start there is no event that passes its watermark.
void idle_copy(const std::string& kind) {
  auto source = server_of(kind);
  create_steady_table(*source, "d", 1000);
  SECTION("nothing happens") {}
  SECTION("the log has just been rotated") { source->exec("FLUSH LOGS"); }
  SECTION("the last log file is empty after a restart") { source->restart(); }
  SECTION("the log has just been reset") { source->exec(kind == "mariadb" ? "RESET MASTER" : "RESET BINARY LOGS AND GTIDS"); }
  LivePipeline pipeline(*source, nullptr, "d", small_chunks());
  pipeline.start();
  CHECK(pipeline.reaches("streaming", 10s));
  CHECK(pipeline.differences().empty());
  CHECK(pipeline.stop() == 0);
  pipeline.start();
  CHECK(pipeline.reaches("streaming", 10s));
  source->exec("INSERT INTO d.t VALUES (100000,'after',0)");
  CHECK(pipeline.becomes_equal(10s));
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("MariaDB: a copy of an idle source ends", "[faults][idle]") { idle_copy("mariadb"); }
TEST_CASE("MySQL with GTID: a copy of an idle source ends", "[faults][idle]") { idle_copy("mysql with GTID"); }
TEST_CASE("MySQL without GTID: a copy of an idle source ends", "[faults][idle]") { idle_copy("mysql"); }
