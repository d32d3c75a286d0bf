// The network between tidemark and PostgreSQL breaks at chosen bytes and statements, above all around COMMIT: whole and exactly once, a
// dead server is noticed in time, and the copy is equal in the end. What a reader of the sink may never see is watched all the time.
#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "servers/fault_proxy.h"
#include "servers/live_pipeline.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/ledger.h"
#include "workload/ledger_watcher.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr uint64_t kSeed = 20240229;
constexpr int kPauseMs = 25;
const std::vector<std::pair<std::string, std::string>> kSlowCopy = {{"TIDEMARK_FAILPOINTS", "chunk.after_read=sleep:60"}};
constexpr const char* kYaml = "snapshot: {chunk_rows: 50, adapt: false}\nretry: {initial: 20ms, max: 200ms}";

/// The ledger's writers at the source, its watcher at the sink, and a proxy before PostgreSQL.
struct Proxied {
  explicit Proxied(MysqlFamilyServer& server)
      : source(server),
        count(ledger_with_count(source)),
        proxy(sink.port(), Protocol::postgres),
        pipeline(source, &sink, "d", file(proxy)),
        watcher(ledger_in(sink), count, kLedgerTables),
        writers(source, kSeed, kPauseMs) {}

  static std::shared_ptr<LedgerCount> ledger_with_count(MysqlFamilyServer& source) {
    create_ledger(source, {1500, 800, 200, 40});
    return std::make_shared<LedgerCount>(source);
  }
  static PipelineFile file(const FaultProxy& proxy) {
    PipelineFile file;
    file.pipeline_yaml = kYaml;
    file.sink_port = proxy.port();
    return file;
  }
  int retries() const {
    const std::string text = pipeline.status("/totals/retries");
    return text.empty() ? 0 : std::stoi(text);
  }
  bool strikes() {
    if (proxy.strikes(20s)) return true;
    std::cerr << pipeline.daemon().log_tail(12);
    return false;
  }
  bool notices(int before, std::chrono::milliseconds limit = 20s) const {
    return wait_until(limit, [&] { return retries() > before; });
  }
  /// A fault that ends the connection: it is noticed and told as `kind`.
  void breaks(const Trigger& trigger, Fault::Kind fault, const std::string& kind) {
    INFO(trigger.text << " + " << trigger.offset);
    REQUIRE(pipeline.reaches("streaming"));  // the COMMIT of loading its state is over
    const int before = retries();
    proxy.arm(trigger, {fault});
    REQUIRE(strikes());
    REQUIRE(notices(before));
    CHECK(pipeline.status("/last_error/kind") == kind);
  }
  /// The writers have ended: equal by an independent comparison, and nothing that must not be was ever seen.
  void ends_equal() {
    writers.finish();
    CHECK(pipeline.becomes_equal());
    CHECK(pipeline.stop() == 0);
    watcher.stop();
    CHECK(watcher.copied());
    CHECK(watcher.whole_states_seen() > 0);
    CHECK(watcher.findings() == std::vector<std::string>{});
    std::cout << fmt::format("{}: {} transactions, {} whole states seen, {} connections\n", source.engine(), writers.transactions(),
                             watcher.whole_states_seen(), proxy.accepted());
  }

  MysqlFamilyServer& source;
  PostgresServer sink;
  const std::shared_ptr<LedgerCount> count;
  FaultProxy proxy;
  LivePipeline pipeline;
  LedgerWatcher watcher;
  LedgerWriters writers;
};

/// A transaction whose fate the daemon cannot know is looked up, and neither lost nor done twice.
void around_commit(MysqlFamilyServer& source) {
  Proxied p(source);
  p.pipeline.start();
  REQUIRE(p.pipeline.reaches("streaming"));
  const std::string unknown = "commit_unknown";
  for (int round = 0; round < 2; ++round) {
    for (const Fault::Kind fault : {Fault::Kind::reset, Fault::Kind::close}) {
      p.breaks(Trigger::statement("COMMIT"), fault, unknown);
      p.breaks(Trigger::statement("COMMIT", 2), fault, unknown);
      p.breaks(Trigger::answer("COMMIT"), fault, unknown);
      p.breaks(Trigger::answer("COMMIT", 5), fault, unknown);  // the letter and the length, but not the tag
      CHECK_FALSE(p.pipeline.status("/last_error/hint").empty());
    }
  }
  p.ends_equal();
}

void breaks_anywhere(MysqlFamilyServer& source) {
  Proxied p(source);
  p.proxy.arm(Trigger::byte_of_new(Direction::down, 0), {Fault::Kind::reset});
  p.pipeline.start(kSlowCopy);
  REQUIRE(p.strikes());
  for (const uint64_t byte : {1, 5, 40, 90, 150, 300, 500}) {
    for (const Direction direction : {Direction::down, Direction::up}) {
      for (const Fault::Kind kind : {Fault::Kind::reset, Fault::Kind::close}) {
        INFO("byte " << byte << " " << (direction == Direction::up ? "up" : "down"));
        p.proxy.arm(Trigger::byte_of_new(direction, byte), {kind});
        p.proxy.cut();  // new connections only
        p.proxy.resume();
        REQUIRE(p.strikes());
      }
    }
  }
  CHECK(p.pipeline.status("/last_error/kind") == "sink_unavailable");
  std::mt19937_64 dice(kSeed);
  const auto random_cuts = [&](int rounds) {
    for (int i = 0; i < rounds; ++i) {
      const Direction direction = dice() % 3 == 0 ? Direction::down : Direction::up;
      const uint64_t bytes = dice() % (direction == Direction::up ? 60000 : 6000);
      INFO("round " << i << ", after " << bytes << " bytes");
      p.proxy.arm(Trigger::byte(direction, bytes), {dice() % 2 == 0 ? Fault::Kind::reset : Fault::Kind::close, dice() % 3 == 0});
      REQUIRE(p.strikes());
      p.proxy.resume();
    }
  };
  random_cuts(12);
  REQUIRE(p.pipeline.reaches("streaming"));
  random_cuts(12);
  p.ends_equal();
}

/// What has just struck is noticed within ten seconds, and half a second for this test to see it.
void noticed_in_time(Proxied& p, int before, const std::string& kind) {
  REQUIRE(p.notices(before, 12s));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - *p.proxy.struck());
  std::cout << "a dead sink is noticed after " << took.count() << " ms\n";
  CHECK(took <= 10500ms);
  CHECK(p.pipeline.status("/last_error/kind") == kind);
}

}  // namespace

TEST_CASE("PostgreSQL is lost before a COMMIT gets to it, and after it has committed", "[network][commit]") {
  MariadbServer source;
  around_commit(source);
}

TEST_CASE("PostgreSQL is lost at any byte", "[network][cuts]") {
  MysqlServer source;
  breaks_anywhere(source);
}

TEST_CASE("PostgreSQL is dead: noticed within ten seconds, also when it has the COMMIT", "[network][dead]") {
  MariadbServer source;
  Proxied p(source);
  p.proxy.arm(Trigger::byte(Direction::up, 60000), {Fault::Kind::blackhole, true});  // while it copies
  p.pipeline.start(kSlowCopy);
  REQUIRE(p.strikes());
  noticed_in_time(p, 0, "sink_unavailable");
  CHECK(p.pipeline.reaches("reconnecting", 5s));  // for as long as nobody answers
  p.proxy.resume();
  REQUIRE(p.pipeline.reaches("streaming"));
  const int before = p.retries();
  p.proxy.arm(Trigger::answer("COMMIT"), {Fault::Kind::blackhole});  // this connection; new ones get through
  REQUIRE(p.strikes());
  noticed_in_time(p, before, "commit_unknown");
  REQUIRE(p.pipeline.reaches("streaming"));
  p.ends_equal();
}

TEST_CASE("PostgreSQL takes its time: one byte at a time, 40 kB a second, and answers that wait", "[network][slow]") {
  MariadbServer source;
  Proxied p(source);
  p.proxy.slow_down(1, 0);
  p.pipeline.start();
  REQUIRE(p.pipeline.reaches("streaming"));
  p.proxy.slow_down(0, 40000);
  std::this_thread::sleep_for(3s);
  CHECK(p.pipeline.state() == "streaming");
  // a server that lives and is slow to commit is not taken for a dead one
  p.proxy.arm(Trigger::answer("COMMIT"), {Fault::Kind::hold});
  REQUIRE(p.strikes());
  std::this_thread::sleep_for(11s);
  CHECK(p.pipeline.state() == "streaming");
  p.proxy.resume();
  CHECK(p.retries() == 0);
  p.ends_equal();
}

TEST_CASE("PostgreSQL dies while there is nothing to write: noticed within ten seconds", "[network][dead]") {
  MariadbServer source;
  PostgresServer sink;
  source.exec("CREATE DATABASE idle; CREATE TABLE idle.t (id INT PRIMARY KEY); INSERT INTO idle.t VALUES (1)");
  FaultProxy proxy(sink.port());
  LivePipeline pipeline(source, &sink, "idle", Proxied::file(proxy));
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  REQUIRE(pipeline.reaches("streaming"));
  proxy.stall();
  const auto start = std::chrono::steady_clock::now();
  CHECK(pipeline.reaches("reconnecting", 12s));
  CHECK(std::chrono::steady_clock::now() - start <= 10500ms);
  CHECK(pipeline.status("/last_error/kind") == "sink_unavailable");
  proxy.resume();
  REQUIRE(pipeline.reaches("streaming"));
  sink.stop();
  CHECK(pipeline.reaches("reconnecting", 5s));
  sink.restart();
  source.exec("INSERT INTO idle.t VALUES (2)");
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
}
