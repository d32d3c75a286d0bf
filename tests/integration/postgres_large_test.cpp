// Transactions of PostgreSQL that are larger than memory: the daemon's peak stays below the limit, whether the server sends them before
// they end or not, and the sink is equal. 500,000 rows here; five million behind a tag of their own (CONTRIBUTING.md).
#include <fmt/format.h>

#include <chrono>
#include <string>

#include "integration/peak_memory.h"
#include "servers/live_pipeline.h"
#include "servers/postgres_server.h"
#include "servers/wait.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

void one_transaction(const std::string& streaming, uint64_t rows, const std::string& limit, uint64_t peak_mib, DatabaseServer* sink,
                     std::chrono::seconds patience) {
  CAPTURE(streaming, rows, limit);
  PostgresOptions options;
  options.is_source = true;
  options.extra = {"max_wal_size=8GB", "logical_decoding_work_mem=8MB"};
  PostgresServer source(options);
  source.exec("CREATE SCHEMA d; CREATE TABLE d.big (id int PRIMARY KEY, phase int NOT NULL, t text NOT NULL)");
  PipelineFile file;
  file.daemon_yaml = "memory_limit: " + limit;
  file.source_yaml = "streaming: " + streaming;
  LivePipeline pipeline(source, sink, "d", file);
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  source.exec(fmt::format("INSERT INTO d.big SELECT g, 1, repeat(chr(65 + g % 26), 100) FROM generate_series(1, {}) g", rows));
  const std::string whole = fmt::format("SELECT count(*) FROM {{t}} WHERE phase = 1 HAVING count(*) = {}", rows);
  const bool there = wait_until(patience, [&] {
    std::this_thread::sleep_for(200ms);
    return pipeline.sink_number(whole, "big") == static_cast<long long>(rows);
  });
  INFO(pipeline.daemon().log_tail());
  REQUIRE(there);
  check_peak(pipeline.daemon(), peak_mib);
  // of every row one column, and a part of them taken back
  source.exec(
      fmt::format("BEGIN; UPDATE d.big SET phase = 2 WHERE id % 4 = 0; SAVEPOINT a; DELETE FROM d.big WHERE id % 4 = 1; ROLLBACK TO a;"
                  "DELETE FROM d.big WHERE id % 4 = 2; COMMIT"));
  const bool changed = wait_until(patience, [&] {
    std::this_thread::sleep_for(200ms);
    return pipeline.sink_number("SELECT count(*) FROM {t} WHERE phase = 2", "big") == static_cast<long long>(rows / 4);
  });
  INFO(pipeline.daemon().log_tail());
  REQUIRE(changed);
  check_peak(pipeline.daemon(), peak_mib);
  const std::string sums = "SELECT count(*) || ' ' || sum(id) || ' ' || sum(phase) || ' ' || sum(length(t)) FROM ";
  CHECK(pipeline.sink_value(sums + "{t}", "big") == source.value(sums + "d.big"));
  CHECK(pipeline.stop() == 0);
}

}  // namespace

TEST_CASE("half a million rows in one transaction, sent early", "[large]") { one_transaction("on", 500'000, "64MiB", 128, nullptr, 60s); }

TEST_CASE("half a million rows in one transaction, sent when it has ended", "[large]") {
  one_transaction("off", 500'000, "64MiB", 128, nullptr, 60s);
}

TEST_CASE("five million rows in one transaction", "[.][five-million]") {
  PostgresServer sink;
  one_transaction("on", 5'000'000, "256MiB", 320, &sink, 600s);
  PostgresServer another;
  one_transaction("off", 5'000'000, "256MiB", 320, &another, 600s);
}
