// A standby as the source: copied and followed while its primary is written to.
#include <signal.h>

#include <chrono>
#include <string>

#include "engine/postgres/connection.h"
#include "engine/postgres/slot.h"
#include "integration/postgres_cluster.h"
#include "integration/stops_saying.h"
#include "servers/steady_writer.h"
#include "servers/wait.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

/// An idle primary says nothing: the wait ends, and says what to do.
void waits_for_primary(const PostgresServer& standby) {
  tidemark::ServerAddress address;
  address.host = standby.host();
  address.port = standby.port();
  address.user = standby.source_login().user;
  address.password = tidemark::Secret(standby.source_login().password);
  address.database = standby.database();
  tidemark::postgres::Connection connection(address, tidemark::postgres::Role::source);
  connection.open();
  try {
    tidemark::postgres::create_slot(connection, "tidemark_waits", false, 300ms);
    FAIL("a slot was made");
  } catch (const tidemark::Error& error) {
    CHECK(error.kind() == tidemark::ErrorKind::source_unavailable);
    CHECK(error.hint().find("on the primary") != std::string::npos);
    CHECK(error.hint().find("SELECT pg_log_standby_snapshot();") != std::string::npos);
  }
}

/// The statement that the last hint in the log holds.
std::string hinted_statement(const std::string& log) {
  const size_t begin = log.rfind("CREATE PUBLICATION"), end = log.find(';', begin);
  return begin == std::string::npos || end == std::string::npos ? std::string() : log.substr(begin, end - begin);
}

}  // namespace

TEST_CASE("a standby is copied and followed while its primary is written to", "[standby]") {
  Cluster cluster;
  create_steady_table(cluster.primary, "shop", 3000);
  cluster.standby_catches_up();
  PipelineFile file;
  file.pipeline_yaml = "snapshot: {chunk_rows: 200, adapt: false}";
  LivePipeline pipeline(cluster.standby, nullptr, "shop", file);
  pipeline.start();
  stops_saying(pipeline, {"on the primary: CREATE PUBLICATION"}, 78);
  const std::string statement = hinted_statement(pipeline.daemon().log());
  REQUIRE_FALSE(statement.empty());
  cluster.primary.superuser()->exec(statement);
  cluster.standby_catches_up();
  waits_for_primary(cluster.standby);

  pipeline.start();
  CHECK(wait_until(30s, [&] { return pipeline.log_has("pg_log_standby_snapshot()"); }));
  CHECK(cluster.standby.value("SELECT count(*) FROM pg_replication_slots WHERE confirmed_flush_lsn IS NOT NULL") == "0");
  cluster.say_what_runs();
  {
    SteadyWriter writer(cluster.primary, "shop", 3000, 11, 1);
    CHECK(wait_until(60s, [&] { return pipeline.sink_number("SELECT count(*) FROM {t}", "t") > 0; }));
    for (int kills = 0; kills < 2; ++kills) {
      pipeline.daemon().kill9();
      pipeline.start({{"TIDEMARK_FAILPOINTS", "reader.event_taken=kill@" + std::to_string(100 + 300 * kills)}});
      CHECK(pipeline.exit_code(30s) == 128 + SIGKILL);
      pipeline.start();
    }
    CHECK(pipeline.reaches("streaming"));
  }
  CHECK(pipeline.becomes_equal(25s));
  CHECK(cluster.primary.value("SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'logical'") == "0");
  const Finished verify = run_tidemark({"verify", "shop", "-c", pipeline.config()});
  INFO(verify.out << verify.err);
  CHECK(verify.exit == 0);
  CHECK(pipeline.stop() == 0);

  cluster.primary.exec("CREATE SCHEMA bare; CREATE TABLE bare.t (v int); ALTER TABLE bare.t REPLICA IDENTITY FULL");
  cluster.publish("bare", "bare.t");
  LivePipeline keyless(cluster.standby, nullptr, "bare");
  keyless.start();
  wait_until(30s, [&] {
    cluster.say_what_runs();
    return keyless.daemon().wait(10ms).has_value();
  });
  stops_saying(keyless, {"the table has no key", "read from the primary, or give the table a primary key"}, 78);
}
