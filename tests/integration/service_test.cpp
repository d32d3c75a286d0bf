// What a running daemon tells: the control socket by curl, `tidemark status` with and without a daemon, `tidemark snapshot`; and what it
// tells and does while its sink is away.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "integration/both_sinks.h"
#include "servers/control_curl.h"
#include "servers/sqlite_file.h"
#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/ledger_place.h"
#include "workload/pipeline_view.h"

using namespace tidemark::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr int kUnreachable = 3, kCheckSaysNo = 4, kInterrupted = 130;

CurlAnswer curl(const LedgerPlace& place, const std::string& path) { return curl_control(place.directory, path); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Finished status(const LedgerPlace& place, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"status", "-c", place.config};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_tidemark(arguments);
}

/// The value of a metric line, summed over its labels; -1 when there is none.
double metric(const std::string& text, const std::string& name) {
  double sum = -1;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(name, 0) != 0 || (line[name.size()] != '{' && line[name.size()] != ' ')) continue;
    sum = std::max(sum, 0.0) + std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return sum;
}

void check_socket(const LedgerPlace& place, const std::string& state) {
  CHECK(curl(place, "/healthz").status == "200");
  CHECK(json::parse(curl(place, "/healthz").body)["alive"] == true);
  CHECK(curl(place, "/readyz").status == "200");
  const CurlAnswer whole = curl(place, "/v1/status");
  CHECK(whole.status == "200");
  const json pipeline = json::parse(whole.body)["pipelines"][0];
  CHECK(pipeline["name"] == "shop");
  CHECK(pipeline["state"] == state);
  CHECK(pipeline["source"]["connected"] == true);
  CHECK(pipeline["sink"]["connected"] == true);
  CHECK(pipeline["table_progress"].size() == kLedgerTables);
  const CurlAnswer metrics = curl(place, "/metrics");
  CHECK(metrics.status == "200");
  CHECK(contains(metrics.body, "# TYPE tidemark_"));
  CHECK(curl(place, "/nothing").status == "404");
}

}  // namespace

TEST_CASE("the control socket answers curl while copying and streaming", "[service]") {
  LedgerPlace place(nullptr);
  LedgerWriters writers(place.source, 11, 5);
  TidemarkProcess daemon = place.start("chunk.after_read=sleep:100");
  REQUIRE(wait_until(60s, [&] { return view_pipeline(place.config).chunks_done > 2; }));
  struct stat info {};
  REQUIRE(::stat(socket_path(place.directory).c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  check_socket(place, "copying");
  const Finished copying = status(place);
  CHECK(copying.exit == 0);
  CHECK(contains(copying.out, "COPYING"));
  CHECK(contains(copying.out, "d.archive"));
  daemon.kill9();
  TidemarkProcess again = place.start();
  REQUIRE(place.wait_for_copy());
  check_socket(place, "streaming");
  writers.finish();
  REQUIRE(place.sink.differences_after(30s, place.source) == kNoDifference);
  place.source.exec("USE d; BEGIN; INSERT INTO ledger VALUES (9,1,1),(9,2,2),(9,3,3); UPDATE ledger SET amount=7 WHERE writer=9; COMMIT");
  REQUIRE(place.sink.differences_after(30s, place.source) == kNoDifference);
  REQUIRE(wait_until(10s, [&] {
    const PipelineView view = view_pipeline(place.config);
    return view.changes_read == view.changes_applied + view.changes_dropped;
  }));
  const json pipeline = json::parse(curl(place, "/v1/pipelines/shop").body);
  CHECK(pipeline["totals"]["changes_read"].get<uint64_t>() >= 6);
  CHECK(pipeline["lag"]["seconds"].get<double>() < 10);
  CHECK(pipeline["positions"]["applied"] == pipeline["positions"]["read"]);
  CHECK(again.stop() == 0);
  CHECK(curl(place, "/healthz").status == "000");
}

TEST_CASE("status asks the daemon, and without one reads the state file and says so", "[service]") {
  LedgerPlace place(nullptr);
  {
    TidemarkProcess daemon = place.start();
    REQUIRE(place.wait_for_copy());
    const Finished text = status(place);
    CHECK(text.exit == 0);
    CHECK(contains(text.out, "STREAMING"));
    CHECK(contains(text.out, "8 streaming"));
    const Finished as_json = status(place, {"--json"});
    CHECK(as_json.exit == 0);
    CHECK(json::parse(as_json.out)["pid"] == daemon.pid());
    const Finished healthy = status(place, {"--check", "--max-lag", "60s"});
    INFO(healthy.out << healthy.err);
    CHECK(healthy.exit == 0);
    CHECK(status(place, {"nobody"}).exit == 2);
    CHECK(daemon.stop() == 0);
  }
  const Finished stored = status(place);
  CHECK(stored.exit == kUnreachable);
  CHECK(contains(stored.err, "the daemon does not answer"));
  CHECK(contains(stored.err, "from the state file " + state_path(place.directory)));
  CHECK(contains(stored.out, place.sink.position()));
  INFO(stored.out);
  CHECK(contains(stored.out, "d.archive  streaming  1 500 rows copied"));
  const Finished stored_json = status(place, {"--json"});
  CHECK(stored_json.exit == kUnreachable);
  const json answer = json::parse(stored_json.out);
  CHECK(answer["daemon_reachable"] == false);
  CHECK(answer["pipelines"][0]["position"] == place.sink.position());
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(state_path(place.directory) + suffix);
  const Finished nothing = status(place);
  CHECK(nothing.exit == kUnreachable);
  CHECK(contains(nothing.err, "hint: "));
}

TEST_CASE("snapshot copies under load, shows its table and ends; interrupted, it goes on", "[service]") {
  into_both([](PostgresServer* server) {
    LedgerPlace place(server);
    const auto watcher = place.watch();
    LedgerWriters writers(place.source, 12, 5);
    {
      TidemarkProcess snapshot = place.start("chunk.after_read=sleep:60", {"snapshot", "shop", "-c", place.config});
      REQUIRE(wait_until(30s, [&] { return watcher->chunks_done() >= 6; }));
      snapshot.signal(SIGINT);
      CHECK(snapshot.wait(20s) == kInterrupted);
      CHECK(contains(snapshot.log(), "run the same command again"));
      CHECK_FALSE(watcher->copied());
    }
    const size_t records = place.sink.finish_records();
    CHECK(records >= 6);
    const Finished ended = run_tidemark({"snapshot", "shop", "-c", place.config});
    INFO(ended.err);
    CHECK(ended.exit == 0);
    for (const char* part : {"d.archive", "d.note", "Total", "rows/s", "consistent at mariadb server=1"}) CHECK(contains(ended.out, part));
    CHECK(place.sink.ledger_rows() == place.transactions_saved());
    writers.finish();
    const Finished again = run_tidemark({"snapshot", "shop", "--json", "-c", place.config});  // all is copied: nothing is copied again
    CHECK(again.exit == 0);
    const json summary = json::parse(again.out);
    CHECK(summary["pipeline"] == "shop");
    CHECK(summary["tables"].size() == kLedgerTables);
    CHECK(summary["rows"] == 0);
    CHECK(place.go_on() == kNoDifference);
    watcher->stop();
    CHECK(watcher->findings() == kNoDifference);
  });
}

TEST_CASE("snapshot --json tells what it copied", "[service]") {
  LedgerPlace place(nullptr);
  const Finished ended = run_tidemark({"snapshot", "shop", "--json", "-c", place.config});
  INFO(ended.err);
  REQUIRE(ended.exit == 0);
  const json summary = json::parse(ended.out);
  CHECK(summary["tables"][1]["source"] == "d.archive");
  CHECK(summary["tables"][1]["rows"] == 1500);
  CHECK(summary["rows"] == 1500 + 800 + 200 + 40 + kAccounts + 2 * kLedgerWriters);
  CHECK(place.count->at(summary["consistent_at"]) == 0);
  CHECK(place.sink.differences(place.source, "d") == kNoDifference);
}

TEST_CASE("a sink that goes away and comes back: it says so, waits, and goes on", "[service]") {
  PostgresServer server;
  LedgerPlace place(&server, "retry: {initial: 100ms, max: 1s}");
  LedgerWriters writers(place.source, 13, 5);
  TidemarkProcess daemon = place.start();
  REQUIRE(place.wait_for_copy());
  server.stop();
  const bool noticed = wait_until(30s, [&] { return view_pipeline(place.config).state == "reconnecting"; });
  INFO(daemon.log_tail());
  REQUIRE(noticed);
  CHECK(wait_until(10s, [&] { return contains(view_pipeline(place.config).reason, "trying again in"); }));
  CHECK(curl(place, "/readyz").status == "503");
  CHECK(curl(place, "/healthz").status == "200");
  const Finished checked = status(place, {"--check"});
  CHECK(checked.exit == kCheckSaysNo);
  CHECK(contains(checked.out, "reconnecting"));
  CHECK(contains(daemon.log(), "trying again in"));
  server.restart();
  const uint64_t before = writers.transactions();
  CHECK(wait_until(30s, [&] { return view_pipeline(place.config).state == "streaming"; }));
  CHECK(wait_until(30s, [&] { return writers.transactions() > before + 50; }));
  writers.finish();
  CHECK(place.sink.differences_after(60s, place.source) == kNoDifference);
  CHECK(metric(curl(place, "/metrics").body, "tidemark_retries_total") >= 1);
  CHECK(daemon.stop() == 0);
  CHECK(place.sink.ledger_rows() == place.transactions_saved());
}

TEST_CASE("a sink that stays away longer than the retry budget stops the pipeline", "[service]") {
  PostgresServer server;
  LedgerPlace place(&server, "retry: {initial: 50ms, max: 200ms, budget: 2s}");
  TidemarkProcess daemon = place.start();
  REQUIRE(place.wait_for_copy());
  server.stop();
  place.source.exec("INSERT INTO d.ledger VALUES (1, 1, 5)");
  const auto ended = daemon.wait(40s);
  INFO(daemon.log_tail());
  CHECK(ended == 69);
  server.restart();
  CHECK(place.go_on() == kNoDifference);
}

TEST_CASE("an SQLite file that someone else holds for long: it waits, says so, and goes on", "[service]") {
  LedgerPlace place(nullptr, "retry: {initial: 100ms, max: 500ms}");
  TidemarkProcess daemon = place.start();
  REQUIRE(place.wait_for_copy());
  {
    SqliteFile other(sqlite_path(place.directory));
    other.exec("BEGIN IMMEDIATE");
    place.source.exec("INSERT INTO d.ledger VALUES (1, 1, 5)");
    const bool noticed = wait_until(30s, [&] { return view_pipeline(place.config).state == "reconnecting"; });
    INFO(daemon.log_tail());
    REQUIRE(noticed);
    CHECK(contains(daemon.log(), "locked"));
    other.exec("ROLLBACK");
  }
  CHECK(place.sink.differences_after(40s, place.source) == kNoDifference);
  CHECK(daemon.stop() == 0);
}
