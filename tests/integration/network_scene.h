// A pipeline with a fault proxy before one of its servers. What is armed strikes with what goes on anyway; the daemon has to notice it, to
// say what it was, and to go on. For a binary of tests; used by the one thread that runs the cases.
#pragma once

#include <chrono>
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "servers/fault_proxy.h"
#include "servers/live_pipeline.h"
#include "servers/wait.h"
#include "support/catch.h"

namespace tidemark::test {

using namespace std::chrono_literals;

inline constexpr uint64_t kNetworkSeed = 20240229;
// slow enough that a copy is still going on when it is to be broken again
inline const std::vector<std::pair<std::string, std::string>> kSlowCopy = {{"TIDEMARK_FAILPOINTS", "chunk.after_read=sleep:60"}};

enum class Broken : uint8_t { source, sink };

inline Protocol protocol_of(const DatabaseServer& server) {
  return server.dialect() == Dialect::postgres ? Protocol::postgres : Protocol::mysql;
}

struct NetworkScene {
  /// Captures all of `name`; the daemon is not yet started. Into SQLite without a sink.
  NetworkScene(DatabaseServer& from, DatabaseServer* to, Broken side, const std::string& name)
      : database(name),
        proxy((side == Broken::source ? from : *to).port(), protocol_of(side == Broken::source ? from : *to)),
        pipeline(from, to, name, file(side)),
        unavailable(side == Broken::source ? "source_unavailable" : "sink_unavailable") {}

  int retries() const {
    const std::string text = pipeline.status("/totals/retries");
    return text.empty() ? 0 : std::stoi(text);
  }
  bool strikes() {
    if (proxy.strikes(20s)) return true;
    std::cerr << pipeline.daemon().log_tail(12);
    return false;
  }
  /// The daemon has noticed what struck after `before` retries, and has said so.
  bool notices(int before, std::chrono::milliseconds limit = 20s) const {
    return wait_until(limit, [&] { return retries() > before; });
  }
  /// A fault that ends the connection: it is noticed and told as `kind`, or as that of a lost server.
  void breaks(const Trigger& trigger, Fault::Kind fault, const std::string& kind = {}) {
    INFO(trigger.text << " " << int(trigger.type.value_or(0)) << ", the " << trigger.nth << "th, + " << trigger.offset);
    const int before = retries();
    proxy.arm(trigger, {fault});
    REQUIRE(strikes());
    REQUIRE(notices(before));
    CHECK(pipeline.status("/last_error/kind") == (kind.empty() ? unavailable : kind));
  }
  /// A new connection.
  void breaks_new(const Trigger& trigger, Fault::Kind fault) {
    INFO(trigger.text << ", the " << trigger.nth << "th, byte " << (trigger.direction == Direction::up ? "up" : "down"));
    proxy.arm(trigger, {fault});
    proxy.cut();  // new connections only
    proxy.resume();
    REQUIRE(strikes());
  }
  /// Connections that end after the first bytes of either direction.
  void breaks_new_at(const std::vector<uint64_t>& bytes) {
    for (const uint64_t byte : bytes) {
      for (const Direction direction : {Direction::down, Direction::up}) {
        for (const Fault::Kind kind : {Fault::Kind::reset, Fault::Kind::close}) breaks_new(Trigger::byte_of_new(direction, byte), kind);
      }
    }
    CHECK(pipeline.status("/last_error/kind") == unavailable);
  }
  /// Ends connections, some of them all at once, after any byte up to these of a direction; 0: never in that direction.
  void breaks_at_random(int rounds, uint64_t up_max, uint64_t down_max) {
    for (int i = 0; i < rounds; ++i) {
      // two of three go where more is said
      const bool up = down_max == 0 || (up_max > 0 && (dice() % 3 == 0) == (up_max < down_max));
      const uint64_t bytes = dice() % (up ? up_max : down_max);
      INFO("round " << i << ", after " << bytes << " bytes");
      proxy.arm(Trigger::byte(up ? Direction::up : Direction::down, bytes),
                {dice() % 2 == 0 ? Fault::Kind::reset : Fault::Kind::close, dice() % 3 == 0});
      REQUIRE(strikes());
      proxy.resume();
    }
  }
  /// What has just struck is noticed within ten seconds, and half a second for this test to see it.
  void noticed_in_time(int before, const std::string& kind = {}) {
    REQUIRE(notices(before, 12s));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - *proxy.struck());
    std::cout << database << ": a dead peer is noticed after " << took.count() << " ms\n";
    CHECK(took <= 10500ms);
    CHECK(pipeline.status("/last_error/kind") == (kind.empty() ? unavailable : kind));
  }
  void ends_equal() {
    CHECK(pipeline.becomes_equal());
    CHECK(pipeline.stop() == 0);
    std::cout << database << ": " << proxy.accepted() << " connections\n";
  }

  const std::string database;
  FaultProxy proxy;
  LivePipeline pipeline;
  const std::string unavailable;
  std::mt19937_64 dice{kNetworkSeed};

 private:
  PipelineFile file(Broken side) const {
    PipelineFile file;
    file.pipeline_yaml = "snapshot: {chunk_rows: 50, adapt: false}\nretry: {initial: 20ms, max: 200ms}";
    (side == Broken::source ? file.source_port : file.sink_port) = proxy.port();
    return file;
  }
};

}  // namespace tidemark::test
