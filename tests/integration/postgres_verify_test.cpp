// `tidemark verify` beside a daemon that reads from PostgreSQL, while some rows never rest: the log is read once more through temporary
// copies of the daemon's slot, which the daemon moves on meanwhile. A verdict for every row, and nothing is left at the server.
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "servers/live_pipeline.h"
#include "servers/postgres_server.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pair.h"

using namespace tidemark::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr const char* kTables =
    "CREATE TABLE hot (id int PRIMARY KEY, n bigint NOT NULL, fixed text NOT NULL);"
    "INSERT INTO hot VALUES (1, 0, 'one'), (2, 0, 'two'), (3, 0, 'three'), (200, 0, 'moves'), (999, 0, 'rests');"
    "CREATE TABLE nokey (a int, n bigint); ALTER TABLE nokey REPLICA IDENTITY FULL;"
    "INSERT INTO nokey VALUES (1, 0), (2, 0), (2, 0), (3, 0)";

/// Clients that write without a rest, until it is destroyed.
class HotWriters {
 public:
  explicit HotWriters(PostgresServer& server) {
    write(server, {"UPDATE hot SET n = n + 1 WHERE id = 1"});
    write(server,
          {"UPDATE hot SET n = n + 1 WHERE id = 2", "INSERT INTO hot VALUES (100, 1, 'comes and goes')",
           "UPDATE hot SET id = 201 WHERE id = 200", "UPDATE nokey SET n = n + 1 WHERE a < 3", "DELETE FROM hot WHERE id = 100",
           "UPDATE hot SET n = n + 1, id = 200 WHERE id = 201", "INSERT INTO nokey VALUES (4, 4)", "DELETE FROM nokey WHERE a = 4"});
  }
  ~HotWriters() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  uint64_t statements() const { return statements_; }

 private:
  void write(PostgresServer& server, std::vector<std::string> statements) {
    threads_.emplace_back([this, client = server.client("d"), statements = std::move(statements)] {
      for (size_t i = 0; !stop_ || i != 0; i = (i + 1) % statements.size(), ++statements_) {
        client->exec(statements[i]);
        std::this_thread::sleep_for(1ms);
      }
    });
  }
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> statements_{0};
  std::vector<std::thread> threads_;
};

/// The differences that it found, after its exit code: "4: different 1 fixed, missing 2".
std::string verify(LivePipeline& pipeline) {
  const Finished finished = run_tidemark({"verify", "d", "--json", "-c", pipeline.config()}, 120s);
  INFO(finished.out << finished.err);
  std::string found = std::to_string(finished.exit) + ":";
  REQUIRE((finished.exit == 0 || finished.exit == 4));
  const json report = json::parse(finished.out);
  CHECK(report["seconds"] < 60);
  for (const json& table : report["tables"]) {
    for (const json& key : table["keys"]) {
      found += " " + key["kind"].get<std::string>() + " " + key["key"].get<std::string>();
      for (const json& column : key["columns"]) found += " " + column.get<std::string>();
    }
    if (table["source"] == "d.nokey" && table["missing"] != 0) found += " nokey misses " + table["missing"].dump();
  }
  return found;
}

std::unique_ptr<PostgresServer> new_source(std::vector<std::string> settings = {}) {
  PostgresOptions options;
  options.is_source = true;
  options.extra = std::move(settings);
  auto source = std::make_unique<PostgresServer>(options);
  source->exec("CREATE SCHEMA d");
  source->client("d")->exec(kTables);
  return source;
}

constexpr const char* kSlots = "SELECT string_agg(slot_name, ' ') FROM pg_replication_slots";

void settles(const std::string& engine) {
  const auto source = new_source();
  const auto sink = make_sink(engine);
  LivePipeline pipeline(*source, sink.get(), "d");
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  {
    HotWriters writers(*source);
    for (int round = 0; round < 4; ++round) CHECK(verify(pipeline) == "0:");
    pipeline.sink_exec("UPDATE {t} SET fixed = 'planted' WHERE id = 1", "hot");
    pipeline.sink_exec("DELETE FROM {t} WHERE id = 999", "hot");
    pipeline.sink_exec("DELETE FROM {t} WHERE a = 3", "nokey");
    for (int round = 0; round < 2; ++round) CHECK(verify(pipeline).find("missing 999") != std::string::npos);
    CHECK(verify(pipeline).find("nokey misses 1") != std::string::npos);
    CHECK(writers.statements() > 300);
  }
  CHECK(pipeline.state() == "streaming");  // the daemon's own stream was not disturbed
  CHECK_FALSE(pipeline.log_has("reconnect"));
  const bool alone = wait_until(10s, [&] { return source->value(kSlots) == "tidemark_d"; });
  CHECK(alone);
  CHECK(pipeline.stop() == 0);
}

}  // namespace

TEST_CASE("verify comes to a verdict for rows that never rest: PostgreSQL into SQLite", "[verify]") { settles("sqlite"); }
TEST_CASE("verify comes to a verdict for rows that never rest: PostgreSQL into PostgreSQL", "[verify]") { settles("postgres"); }

TEST_CASE("verify without a free slot says so, with the cure", "[verify]") {
  const auto source = new_source({"max_replication_slots=1"});
  LivePipeline pipeline(*source, nullptr, "d");
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  pipeline.sink_exec("DELETE FROM {t} WHERE id = 3", "hot");
  HotWriters writers(*source);
  const Finished finished = run_tidemark({"verify", "d", "-c", pipeline.config()}, 120s);
  INFO(finished.out << finished.err);
  CHECK(finished.exit != 0);
  CHECK(finished.err.find("max_replication_slots") != std::string::npos);
  CHECK(pipeline.state() == "streaming");
  CHECK(pipeline.stop() == 0);
}
