// For one pair of engines: the copy under fire, kill -9 at random and at named places with a reader of the sink that looks for torn
// transactions, and `tidemark verify` that sees what was spoiled.
#include "integration/kill_scene.h"
#include "integration/live_copy.h"
#include "integration/pairs/pair.h"

using namespace tidemark::test;

namespace {

/// A PostgreSQL that loses what it committed when it is killed would prove nothing.
std::unique_ptr<DatabaseServer> new_source() {
  PostgresOptions postgres;
  postgres.extra = {"synchronous_commit=on"};
  return make_source(kSource, {}, postgres);
}

}  // namespace

TEST_CASE("every key kind, copied while written", "[live]") {
  const auto source = new_source(), sink = make_sink(kSink);
  const auto tables = key_tables(kSource);
  create_source(*source, tables);
  copy_while_writing(*source, tables, sink.get(), small_chunks(*source));
}

TEST_CASE("20 kills at random moments", "[kill]") {
  const auto source = new_source(), sink = make_sink(kSink);
  LedgerSize size;
  size.archive_rows = 2500;
  KillScene scene(*source, sink.get(), seed_of_this_run(), size, 4);
  kill_at_random(scene, 10, 10);
  scene.finish();
}

TEST_CASE("kills at named points", "[kill]") {
  const auto source = new_source(), sink = make_sink(kSink);
  KillScene scene(*source, sink.get(), seed_of_this_run(), {}, 4);
  kill_at_points(scene);
}

TEST_CASE("verify sees a spoiled row, a missing one and one too many", "[verify]") {
  const auto source = new_source(), sink = make_sink(kSink);
  source->exec("CREATE SCHEMA d");
  source->client("d")->exec("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(30)); INSERT INTO t VALUES (1,'one'), (2,'two'), (3,'three')");
  const TempDir directory;
  SinkSide side(directory, sink.get());
  PipelineFile pipeline;
  pipeline.include = {"d.*"};
  const std::string config = side.configure(*source, pipeline);
  TidemarkProcess daemon(directory, config);
  const bool copied = wait_until(60s, [&] { return view_pipeline(config).copied() || !daemon.running(); });
  INFO(daemon.log_tail());
  REQUIRE(copied);
  CHECK(run_tidemark({"verify", "shop", "-c", config}).exit == 0);
  side.exec("UPDATE {0}t SET v = 'other' WHERE id = 1");
  side.exec("DELETE FROM {0}t WHERE id = 2");
  side.exec("INSERT INTO {0}t VALUES (9, 'nine')");
  const Finished verified = run_tidemark({"verify", "shop", "--json", "-c", config});
  INFO(verified.out << verified.err);
  CHECK(verified.exit == 4);
  CHECK(side.differences(*source, "d").size() == 4);
  CHECK(daemon.stop() == 0);
}
