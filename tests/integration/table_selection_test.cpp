// Tables that leave a pipeline between two runs and come back, on both sinks: what was changed meanwhile is never silently missing.
#include <chrono>
#include <filesystem>
#include <string>

#include "integration/both_sinks.h"
#include "integration/shared_servers.h"
#include "integration/stops_saying.h"
#include "servers/live_pipeline.h"
#include "servers/wait.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

/// `leaves.t` and `leaves.goes`, two rows each.
void create_tables() {
  mariadb().exec(
      "DROP DATABASE IF EXISTS leaves; CREATE DATABASE leaves; USE leaves; CREATE TABLE t (id INT PRIMARY KEY, v INT);"
      "CREATE TABLE goes (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1,1),(2,2); INSERT INTO goes VALUES (1,1),(2,2)");
}

bool run_once(LivePipeline& pipeline) {
  pipeline.start();
  const bool equal = pipeline.reaches("streaming") && pipeline.becomes_equal();
  return pipeline.stop() == 0 && equal;
}

/// Copied, then out of the selection for a run in which it changes at the source.
void let_it_leave(LivePipeline& pipeline) {
  REQUIRE(run_once(pipeline));
  pipeline.settings().tables_yaml = "exclude: [leaves.goes]";
  mariadb().exec("USE leaves; DELETE FROM goes WHERE id = 1; INSERT INTO goes VALUES (3,3); INSERT INTO t VALUES (3,3)");
  pipeline.start();
  REQUIRE(wait_until(30s, [&] { return pipeline.sink_number("SELECT count(*) FROM {t}", "t") == 3; }));
  CHECK(pipeline.log_has("leaves.goes has left the pipeline (it is not selected any more)"));
  CHECK(pipeline.stop() == 0);
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t} WHERE id = 1", "goes") == 1);  // as of then
  pipeline.settings().tables_yaml.clear();
}

void is_refused(LivePipeline& pipeline, const std::string& hint) {
  pipeline.start();
  stops_saying(pipeline, {"copying leaves.goes: it had left this pipeline and is back", hint});
}

}  // namespace

TEST_CASE("a table that left the selection is copied anew when it comes back", "[tables]") {
  into_both([](PostgresServer* sink) {
    create_tables();
    LivePipeline pipeline(mariadb(), sink, "leaves");
    let_it_leave(pipeline);
    const std::string emptying = sink != nullptr ? "TRUNCATE \"leaves\".\"goes\"" : "DELETE FROM \"goes\"";
    is_refused(pipeline, emptying);
    // whoever lost the state file does not get past it either
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(state_path(pipeline.directory()) + suffix);
    is_refused(pipeline, emptying);
    pipeline.sink_exec(emptying, "goes");  // what the hint says
    CHECK(run_once(pipeline));
    CHECK(run_once(pipeline));  // its rows are ours again
  });
}

TEST_CASE("a table that was dropped while it was out of the selection, and made again, is copied over kept rows", "[tables]") {
  into_both([](PostgresServer* sink) {
    create_tables();
    LivePipeline pipeline(mariadb(), sink, "leaves");
    let_it_leave(pipeline);
    mariadb().exec("USE leaves; DROP TABLE goes; CREATE TABLE goes (id INT PRIMARY KEY, v INT); INSERT INTO goes VALUES (1,7),(2,7),(4,7)");
    mariadb().exec("INSERT INTO leaves.t VALUES (4,4)");
    pipeline.settings().tables_yaml = "exclude: [leaves.goes]";
    pipeline.start();  // past the DDL
    REQUIRE(wait_until(30s, [&] { return pipeline.sink_number("SELECT count(*) FROM {t}", "t") == 4; }));
    CHECK(pipeline.stop() == 0);
    pipeline.settings().tables_yaml.clear();
    pipeline.settings().pipeline_yaml = "existing_rows: keep";
    CHECK(run_once(pipeline));
    CHECK(pipeline.log_has("leaves.goes is back in the pipeline and is copied anew over its rows"));
  });
}

TEST_CASE("snapshot --table: table by table, while the others change", "[tables]") {
  into_both([](PostgresServer* sink) {
    create_tables();
    mariadb().exec("CREATE TABLE leaves.last (id INT PRIMARY KEY, v INT); INSERT INTO leaves.last VALUES (1,1)");
    LivePipeline pipeline(mariadb(), sink, "leaves");
    pipeline.write();
    for (const char* table : {"leaves.t", "leaves.goes"}) {
      const Finished copy = run_tidemark({"snapshot", "leaves", "--table", table, "-c", pipeline.config()});
      INFO(copy.err);
      CHECK(copy.exit == 0);
      mariadb().exec("USE leaves; UPDATE t SET v = v + 1; DELETE FROM goes WHERE id = 2; INSERT INTO last SELECT max(id) + 1, 0 FROM last");
    }
    CHECK(run_once(pipeline));
  });
}

TEST_CASE("a table that was dropped at the sink is copied anew", "[tables]") {
  into_both([](PostgresServer* sink) {
    create_tables();
    LivePipeline pipeline(mariadb(), sink, "leaves");
    REQUIRE(run_once(pipeline));
    pipeline.sink_exec("DROP TABLE {t}", "goes");
    CHECK(run_once(pipeline));
    CHECK(pipeline.log_has("where leaves.goes was; it is copied anew"));
    CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "goes") == 2);
  });
}

TEST_CASE("a table that is empty since the source deleted its rows is not copied anew", "[tables]") {
  into_both([](PostgresServer* sink) {
    create_tables();
    LivePipeline pipeline(mariadb(), sink, "leaves");
    REQUIRE(run_once(pipeline));
    mariadb().exec("DELETE FROM leaves.goes");
    CHECK(run_once(pipeline));
    CHECK(run_once(pipeline));
    CHECK_FALSE(pipeline.log_has("copied anew"));
    CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "goes") == 0);
  });
}
