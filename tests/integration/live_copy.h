// A copy of tables of every key kind while writers change them as fast as the server takes it: equal when the writers stop, by the
// tests' own comparison and by `tidemark verify`. Small chunks, so that keys move between chunks in every state all the time. For a binary
// of tests; TIDEMARK_SEED draws another history than the usual one.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pipeline_view.h"
#include "workload/sink_target.h"
#include "workload/writers.h"

namespace tidemark::test {

using namespace std::chrono_literals;

inline constexpr const char* kSmallChunks = "snapshot: {workers: 2, chunk_rows: 50, adapt: false}";

inline uint64_t live_copy_seed() {
  const char* text = std::getenv("TIDEMARK_SEED");
  return text ? std::strtoull(text, nullptr, 10) : 20240229;
}

/// The server's own time zone has an hour twice in the night of k_timestamp; it must not matter.
struct LocalTime {
  LocalTime() { setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); }
};
inline const LocalTime kLocalTime;

/// The tables of a test, and one row that says how far the sink is.
inline void create_source(DatabaseServer& source, const std::vector<KeyTable>& tables) {
  create_tables(source, "d", tables);
  source.exec("CREATE TABLE d.mark (id INT PRIMARY KEY, n BIGINT); INSERT INTO d.mark VALUES (1, 0)");
}

inline bool reaches_the_end(DatabaseServer& source, const SinkTarget& sink, std::chrono::seconds limit, TidemarkProcess& daemon) {
  static int number = 0;
  const std::string n = std::to_string(++number);
  source.exec("UPDATE d.mark SET n = " + n);
  bool there = false;
  const bool ended = wait_until(limit, [&] { return (there = sink.value("n", "d", "mark") == n) || !daemon.running(); });
  return ended && there;
}

inline PipelineFile small_chunks(const DatabaseServer& source, const std::string& more = {}) {
  PipelineFile pipeline;
  pipeline.include = {"d.*"};
  if (source.dialect() == Dialect::mysql) pipeline.tables_yaml = logical_keys_yaml("d");
  pipeline.pipeline_yaml = kSmallChunks + (more.empty() ? "" : "\n" + more);
  return pipeline;
}

inline void check_equal(DatabaseServer& source, const SinkTarget& sink, const std::string& config) {
  const auto differences = sink.differences(source, "d");
  std::string text;
  for (const auto& line : differences) text += line + "\n";
  INFO(text);
  CHECK(differences.empty());
  const Finished verified = run_tidemark({"verify", "shop", "-c", config}, 120s);
  INFO(verified.out << verified.err);
  CHECK(verified.exit == 0);
}

inline void copy_while_writing(DatabaseServer& source, const std::vector<KeyTable>& tables, DatabaseServer* server,
                               const PipelineFile& pipeline, bool exactly_once = true) {
  CAPTURE(live_copy_seed());
  const TempDir directory;
  const SinkTarget sink(directory, server);
  const std::string config = sink.configure(source, pipeline);
  Writers writers(source, "d", tables, 3, live_copy_seed());
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
             server ? server->engine() : "sqlite", writers.transactions(), writers.key_changes(), view.chunks_done, view.changes_read,
             view.changes_applied, view.changes_dropped);
  if (exactly_once) CHECK(view.changes_dropped > 0);
  CHECK(view.changes_applied > 0);
  CHECK(view.changes_read == view.changes_applied + view.changes_dropped);
  CHECK(daemon.stop() == 0);
}

}  // namespace tidemark::test
