// The network between tidemark and a PostgreSQL source breaks at messages of the stream, around its standby status, within the COPY of a
// chunk and while logging in; or it is dead, or slow. What is told, how soon, and that the copy is equal in the end. Into SQLite.
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "servers/fault_proxy.h"
#include "servers/live_pipeline.h"
#include "servers/steady_writer.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pair.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr uint64_t kSeed = 20240229;
// slow enough that a copy is still going on when it is to be broken again
const std::vector<std::pair<std::string, std::string>> kSlowCopy = {{"TIDEMARK_FAILPOINTS", "chunk.after_read=sleep:60"}};
constexpr const char* kYaml = "snapshot: {chunk_rows: 50, adapt: false}\nretry: {initial: 20ms, max: 200ms}";
constexpr const char* kStatus = "standby status";

DatabaseServer& origin() {
  static const std::unique_ptr<DatabaseServer> server = make_source("postgres");
  return *server;
}

/// A table of `rows` rows, a proxy before the source, and a daemon that is not yet started.
struct Proxied {
  Proxied(const std::string& name, int table_rows)
      : database(name), rows(table_rows), proxy(origin().port(), Protocol::postgres), pipeline(origin(), nullptr, name, file(proxy)) {
    create_steady_table(origin(), name, table_rows);
  }
  static PipelineFile file(const FaultProxy& proxy) {
    PipelineFile file;
    file.pipeline_yaml = kYaml;
    file.source_port = proxy.port();
    return file;
  }
  int retries() const {
    const std::string text = pipeline.status("/totals/retries");
    return text.empty() ? 0 : std::stoi(text);
  }
  bool notices(int before, std::chrono::milliseconds limit = 20s) const {
    return wait_until(limit, [&] { return retries() > before; });
  }
  bool strikes() {
    if (proxy.strikes(20s)) return true;
    std::cerr << pipeline.daemon().log_tail(12);
    return false;
  }
  /// A fault that ends the connection: it is noticed and told as a network's.
  void breaks(const Trigger& trigger, Fault::Kind fault) {
    INFO(trigger.text << " " << int(trigger.type.value_or(0)) << ", the " << trigger.nth << "th, + " << trigger.offset);
    const int before = retries();
    proxy.arm(trigger, {fault});
    REQUIRE(strikes());
    REQUIRE(notices(before));
    CHECK(pipeline.status("/last_error/kind") == "source_unavailable");
  }
  /// As it logs in.
  void breaks_new(const Trigger& trigger, Fault::Kind fault) {
    INFO(trigger.text << ", the " << trigger.nth << "th");
    proxy.arm(trigger, {fault});
    proxy.cut();
    proxy.resume();
    REQUIRE(strikes());
  }
  void ends_equal() {
    CHECK(pipeline.becomes_equal());
    CHECK(pipeline.stop() == 0);
  }

  const std::string database;
  const int rows;
  FaultProxy proxy;
  LivePipeline pipeline;
};

/// What has just struck is noticed within ten seconds, and half a second for this test to see it.
void noticed_in_time(Proxied& p, int before) {
  REQUIRE(p.notices(before, 12s));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - *p.proxy.struck());
  std::cout << p.database << ": a dead peer is noticed after " << took.count() << " ms\n";
  CHECK(took <= 10500ms);
  CHECK(p.pipeline.status("/last_error/kind") == "source_unavailable");
}

}  // namespace

TEST_CASE("a PostgreSQL source is lost while logging in, in a COPY, in the stream and around a status", "[network][cuts]") {
  Proxied p("cuts", 6000);
  SteadyWriter writer(origin(), p.database, p.rows, kSeed, 10);
  p.pipeline.start(kSlowCopy);
  REQUIRE(p.pipeline.reaches("copying"));
  for (const Fault::Kind fault : {Fault::Kind::reset, Fault::Kind::close}) {
    for (const uint64_t nth : {1, 2, 5}) p.breaks_new(Trigger::statement("password", nth), fault);
    REQUIRE(p.pipeline.reaches("copying"));
    p.breaks(Trigger::statement("BEGIN ISOLATION LEVEL REPEATABLE READ"), fault);
    p.breaks(Trigger::answer("a row of COPY"), fault);
    p.breaks(Trigger::answer("a row of COPY", 9), fault);
    p.breaks(Trigger::answer("COPY"), fault);
  }
  CHECK(p.pipeline.state() != "streaming");  // all this was while it copied
  REQUIRE(p.pipeline.reaches("streaming"));
  for (const Fault::Kind fault : {Fault::Kind::reset, Fault::Kind::close}) {
    for (const char type : {'B', 'U', 'D', 'I', 'C'}) {
      for (const int64_t offset : {int64_t{0}, int64_t{3}, int64_t{-2}}) {
        p.breaks(Trigger::event(static_cast<uint8_t>(type), 2, offset), fault);
      }
    }
    for (const uint64_t nth : {1, 2}) p.breaks(Trigger::statement(kStatus, nth), fault);
  }
  writer.stop();
  std::cout << p.database << ": " << p.retries() << " retries, " << p.proxy.accepted() << " connections\n";
  p.ends_equal();
}

TEST_CASE("a PostgreSQL source is dead: noticed within ten seconds, in a message and in a COPY", "[network][dead]") {
  Proxied p("dead", 3000);
  SteadyWriter writer(origin(), p.database, p.rows, kSeed, 10);
  p.proxy.arm(Trigger::answer("a row of COPY", 5), {Fault::Kind::blackhole});  // the stream and the watermarks live on
  p.pipeline.start(kSlowCopy);
  REQUIRE(p.strikes());
  noticed_in_time(p, 0);
  REQUIRE(p.pipeline.reaches("streaming"));
  const int before = p.retries();
  p.proxy.arm(Trigger::event(std::nullopt, 20, 12), {Fault::Kind::blackhole, true});
  REQUIRE(p.strikes());
  noticed_in_time(p, before);
  CHECK(p.pipeline.reaches("reconnecting", 5s));  // for as long as nobody answers
  p.proxy.resume();
  CHECK(p.pipeline.reaches("streaming"));
  writer.stop();
  p.ends_equal();
}

TEST_CASE("a PostgreSQL source: one byte at a time, and a large message on a slow line", "[network][slow]") {
  Proxied p("slow", 300);
  origin().exec("CREATE TABLE slow.big (id INT PRIMARY KEY, b TEXT)");
  p.proxy.slow_down(1, 0);
  p.pipeline.start();
  REQUIRE(p.pipeline.reaches("streaming"));
  SteadyWriter writer(origin(), p.database, p.rows, kSeed, 20);
  REQUIRE(wait_until(60s, [&] { return writer.transactions() > 40; }));
  CHECK(p.pipeline.state() == "streaming");
  writer.stop();
  CHECK(p.pipeline.becomes_equal());
  p.proxy.slow_down(0, 400000);
  origin().exec("INSERT INTO slow.big VALUES (1, REPEAT('x', 1100000))");
  CHECK(p.pipeline.becomes_equal());
  CHECK(p.retries() == 0);
  CHECK(p.pipeline.stop() == 0);
}
