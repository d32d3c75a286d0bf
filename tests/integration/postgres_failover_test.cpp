// A standby is promoted, while a pipeline follows it or instead of a dead primary. What the pipeline has read must be in the history of the
// server that it goes on with; else it stops and says what to do.
#include <chrono>
#include <string>

#include "integration/postgres_cluster.h"
#include "integration/stops_saying.h"
#include "servers/steady_writer.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

TEST_CASE("a standby that is promoted is followed on its new timeline, its old primary is not", "[standby]") {
  Cluster cluster;
  create_steady_table(cluster.primary, "shop", 200);
  cluster.publish("shop", "shop.t");
  PipelineFile file;
  file.pipeline_yaml = "retry: {initial: 100ms, max: 500ms}";
  LivePipeline pipeline(cluster.standby, nullptr, "shop", file);
  pipeline.start();
  REQUIRE(cluster.follows(pipeline));
  for (int i = 0; i < 50; ++i) cluster.primary.exec("UPDATE shop.t SET n = n + 1 WHERE id = " + std::to_string(i));
  cluster.standby_catches_up();
  cluster.standby.promote();
  // these come before anybody has noticed
  for (int i = 0; i < 50; ++i) cluster.standby.exec("UPDATE shop.t SET v = 'promoted' WHERE id = " + std::to_string(i));
  CHECK(pipeline.becomes_equal(25s));
  CHECK(pipeline.log_has("timeline 2"));
  CHECK(pipeline.reaches("streaming"));
  pipeline.daemon().kill9();
  cluster.standby.exec("UPDATE shop.t SET n = 7");
  pipeline.start();
  CHECK(pipeline.becomes_equal(25s));
  CHECK(pipeline.stop() == 0);

  cluster.primary.exec("UPDATE shop.t SET v = 'alone'");
  pipeline.settings().source_port = cluster.primary.port();
  pipeline.start();
  stops_saying(pipeline, {"is on timeline 2, the server is on timeline 1", "connect to the server that it belongs to"});
}

TEST_CASE("failover to a standby that has the slot goes on without loss", "[standby]") {
  Cluster cluster({"synchronized_standby_slots=standby"}, {"sync_replication_slots=on"});
  create_steady_table(cluster.primary, "kept", 300);
  create_steady_table(cluster.primary, "lost", 10);
  PipelineFile at_primary;
  at_primary.source_port = cluster.primary.port();
  at_primary.pipeline_yaml = "retry: {initial: 100ms, max: 500ms}";
  LivePipeline lost(cluster.standby, nullptr, "lost", at_primary);
  at_primary.source_yaml = "failover_slot: true";
  LivePipeline kept(cluster.standby, nullptr, "kept", at_primary);
  kept.start();
  lost.start();
  REQUIRE(kept.reaches("streaming"));
  REQUIRE(lost.becomes_equal(25s));
  CHECK(lost.stop() == 0);
  {
    SteadyWriter writer(cluster.primary, "kept", 300, 5, 2);
    CHECK(wait_until(60s, [&] {
      return cluster.standby.value(
                 "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'tidemark_kept' AND synced AND NOT temporary "
                 "AND invalidation_reason IS NULL") == "1";
    }));
    cluster.primary.kill9();
  }
  // the address is that of the standby before it is promoted
  CHECK(kept.stop() == 0);
  kept.settings().source_port = cluster.standby.port();
  kept.start();
  CHECK(wait_until(30s, [&] { return kept.log_has("is a standby"); }));
  CHECK(kept.stop() == 0);
  kept.settings().source_yaml = "";
  kept.start();
  CHECK(wait_until(30s, [&] { return kept.log_has("only keeps it for the time after a failover"); }));
  cluster.standby.promote();
  SteadyWriter writer(cluster.standby, "kept", 300, 6, 2);
  CHECK(wait_until(60s, [&] { return kept.state() == "streaming" && writer.transactions() > 100; }));
  writer.stop();
  CHECK(kept.becomes_equal(25s));
  CHECK(kept.stop() == 0);

  lost.settings().source_port = cluster.standby.port();
  lost.start();
  stops_saying(lost, {"no replication slot tidemark_lost", "failover_slot: true", "tidemark drop"});

  cluster.primary.restart();
  cluster.primary.exec("UPDATE kept.t SET v = 'alone'");
  kept.settings().source_port = cluster.primary.port();
  kept.start();
  stops_saying(kept, {"is on timeline 2, the server is on timeline 1"});
}
