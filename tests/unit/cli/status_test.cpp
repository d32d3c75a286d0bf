// `tidemark status` against a real control socket, a state file, and neither.
#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/status_text.h"
#include "control/server.h"
#include "support/catch.h"
#include "support/temporary_directory.h"
#include "tidemark/state.h"
#include "unit/cli/run_binary.h"

using namespace tidemark;
using namespace tidemark::test;
using nlohmann::json;

namespace {

PipelineStatus streaming() {
  PipelineStatus p;
  p.name = "shop";
  p.source = "shop-db1";
  p.sink = "dw";
  p.source_engine = "mariadb 10.11.19";
  p.sink_engine = "PostgreSQL 15.20";
  p.state = PipelineState::streaming;
  p.position_applied = "mariadb server=1 file=binlog.000812:4711 gtids=0-1-9921";
  p.position_saved = p.position_applied;
  p.lag_seconds = 0.4;
  p.lag_bytes = 12'288;
  p.rows_per_second = 1904;
  p.queue_bytes = 1;
  p.queue_limit_bytes = 100;
  p.source_connected = p.sink_connected = true;
  TableStatus t;
  t.source = "shop.orders";
  t.state = "streaming";
  p.tables = {t};
  return p;
}

PipelineStatus failed() {
  PipelineStatus p = streaming();
  p.name = "crm";
  p.state = PipelineState::failed;
  p.last_error.present = true;
  p.last_error.kind = "schema_changed";
  p.last_error.message = "shop.orders was altered\x1b[2J";
  p.last_error.hint = "look at it;\nthen restart";
  p.last_error.position = "binlog.000812:4711";
  p.last_error.unix_micros = 1'767'225'600'000'000;
  return p;
}

DaemonStatus daemon_with(const std::vector<PipelineStatus>& pipelines) {
  DaemonStatus d;
  d.version = "0.1.0";
  d.state_path = "/var/lib/tidemark/state.db";
  d.started_unix = 1'000'000;
  d.memory_resident_bytes = 148'000'000;
  d.memory_limit_bytes = 512u << 20;
  for (const PipelineStatus& p : pipelines) d.pipelines.push_back(std::make_shared<const PipelineStatus>(p));
  return d;
}

std::string text_of(const DaemonStatus& status, const std::string& only = "") {
  return status_text(status, only, 1'000'000 + 3 * 86400 + 4 * 3600, Painter(Arguments()));
}

/// A configuration whose state file and socket are in `dir`.
std::string config_in(const TemporaryDirectory& dir) {
  return dir.write(
      "tidemark.yaml",
      "version: 1\ndaemon: {state: state.db, socket: control.sock}\nsources:\n  a: {engine: mysql, host: h, user: u, password: "
      "{credential: none}}\n"
      "sinks:\n  b: {engine: sqlite, path: b.db}\npipelines:\n  - {name: shop, source: a, sink: b, tables: {include: [\"x.*\"]}}\n");
}

}  // namespace

TEST_CASE("the status for people") {
  CHECK(text_of(daemon_with({streaming()})) ==
        "tidemark 0.1.0  up 3d 4h   state /var/lib/tidemark/state.db   memory 148 MB of 512MiB\n"
        "shop  mariadb 10.11.19 shop-db1 -> PostgreSQL 15.20 dw   STREAMING   lag 0.4 s / 12.3 kB   1.9 k rows/s   queue 1 %\n"
        "  1 table: 1 streaming\n"
        "  applied: mariadb server=1 file=binlog.000812:4711 gtids=0-1-9921\n");
  std::string text = text_of(daemon_with({streaming(), failed()}), "crm");
  CHECK(text.find("shop  mariadb") == std::string::npos);
  CHECK(text.find("  x 2026-01-01T00:00:00Z  schema_changed: shop.orders was altered\\x1b[2J\n    at: binlog.000812:4711\n"
                  "    hint: look at it;\n          then restart\n") != std::string::npos);
}

TEST_CASE("tables that are not streaming yet are listed") {
  PipelineStatus p = streaming();
  p.state = PipelineState::copying;
  TableStatus t;
  t.source = "shop.customers";
  t.state = "copying";
  t.rows_copied = 250;
  t.rows_estimated = 1000;
  p.tables.push_back(t);
  CHECK(text_of(daemon_with({p}))
            .find("  2 tables: 1 streaming, 1 copying\n    shop.customers  copying  250 of about 1.0 k rows  25.0 %\n") !=
        std::string::npos);
}

TEST_CASE("a pipeline that waits says for what, and until when") {
  PipelineStatus p = streaming();
  p.state = PipelineState::reconnecting;
  p.reason = "reading the log: connection lost; trying again in 4.0 s";
  p.next_attempt_unix_micros = 1'767'225'604'500'000;
  CHECK(
      text_of(daemon_with({p})).find("  reading the log: connection lost; trying again in 4.0 s\n  next attempt: 2026-01-01T00:00:04Z\n") !=
      std::string::npos);
}

TEST_CASE("what --check calls unhealthy") {
  using std::chrono::milliseconds;
  CHECK(unhealthy_reasons(daemon_with({streaming()}), "", std::nullopt).empty());
  CHECK(unhealthy_reasons(daemon_with({streaming()}), "", milliseconds(500)).empty());
  CHECK(unhealthy_reasons(daemon_with({streaming()}), "", milliseconds(300)) ==
        std::vector<std::string>{"shop: lag is 0.4 s, more than 300ms"});
  CHECK(unhealthy_reasons(daemon_with({streaming(), failed()}), "shop", std::nullopt).empty());
  CHECK(unhealthy_reasons(daemon_with({streaming(), failed()}), "", std::nullopt) ==
        std::vector<std::string>{"crm: failed: shop.orders was altered\\x1b[2J"});
  PipelineStatus p = streaming();
  p.state = PipelineState::reconnecting;
  p.reason = "waiting";
  CHECK(unhealthy_reasons(daemon_with({p}), "", std::nullopt) == std::vector<std::string>{"shop: reconnecting: waiting"});
  p.state = PipelineState::stopped;
  CHECK(unhealthy_reasons(daemon_with({p}), "", milliseconds(1)).empty());
  p.state = PipelineState::copying;
  p.lag_seconds = -1;
  CHECK(unhealthy_reasons(daemon_with({p}), "", milliseconds(1)) == std::vector<std::string>{"shop: lag is not known (copying)"});
  DaemonStatus stuck = daemon_with({streaming()});
  stuck.supervisor_tick_age_seconds = 11;
  CHECK(unhealthy_reasons(stuck, "", std::nullopt).size() == 1);
}

TEST_CASE("status asks the daemon") {
  const TemporaryDirectory dir;
  std::string config = config_in(dir);
  ControlServer server(dir.file("control.sock"), [] { return daemon_with({streaming(), failed()}); });
  Output o = run_binary({"status", "-c", config});
  CHECK(o.exit == 0);
  CHECK(o.err == "");
  CHECK(o.out.find("shop  mariadb 10.11.19 shop-db1 -> PostgreSQL 15.20 dw   STREAMING") != std::string::npos);
  CHECK(o.out.find('\x1b') == std::string::npos);
  o = run_binary({"status", "--socket", dir.file("control.sock"), "--json"});
  CHECK(o.exit == 0);
  CHECK(json::parse(o.out).at("pipelines").size() == 2);
  o = run_binary({"status", "shop", "--json"}, {{"TIDEMARK_CONFIG", config}});
  CHECK(json::parse(o.out).at("name") == "shop");
  o = run_binary({"status", "shpo", "-c", config});
  CHECK(o.exit == 2);
  CHECK(o.err.find("there is no pipeline 'shpo' (did you mean 'shop'?)") != std::string::npos);
  o = run_binary({"status", "shop", "--check", "--max-lag", "1s", "-c", config});
  CHECK(o.exit == 0);
  CHECK(o.out == "healthy\n");
  o = run_binary({"status", "--check", "-c", config});
  CHECK(o.exit == 4);
  CHECK(o.out.find("not healthy: crm: failed") == 0);
  o = run_binary({"status", "--check", "--json", "-c", config});
  CHECK(o.exit == 4);
  CHECK(json::parse(o.out).at("healthy") == false);
}

TEST_CASE("without a daemon, status reads the state file and says so") {
  const TemporaryDirectory dir;
  std::string config = config_in(dir);
  Output o = run_binary({"status", "-c", config});
  CHECK(o.exit == 3);
  CHECK(o.out == "");
  CHECK(o.err.find("tidemark: the daemon does not answer: ") == 0);
  CHECK(o.err.find("hint: ") != std::string::npos);
  {
    auto state = open_state(dir.file("state.db"));
    Position position = Position::parse("mariadb server=1 file=binlog.000812:4711 gtids=0-1-9921");
    ChunkRecord first, last;  // of two sessions
    first.table = last.table = {"x", "orders"};
    first.range.upto = last.range.after = "key";
    first.rows = 1000;
    last.rows = 234;
    state->save_commit("shop", position, {first, last});
    state->save_progress("shop", {{{"x", "orders"}, "streaming", 234}});
  }
  o = run_binary({"status", "-c", config});
  CHECK(o.exit == 3);
  CHECK(o.err.find("this is from the state file " + dir.file("state.db")) != std::string::npos);
  CHECK(o.out == "shop\n  saved:   mariadb server=1 file=binlog.000812:4711 gtids=0-1-9921\n  x.orders  streaming  1 234 rows copied\n");
  o = run_binary({"status", "-c", config, "--json"});
  CHECK(o.exit == 3);
  json answer = json::parse(o.out);
  CHECK(answer.at("daemon_reachable") == false);
  CHECK(answer.at("pipelines").at(0).at("tables").at(0).at("rows_copied") == 1234);
}
