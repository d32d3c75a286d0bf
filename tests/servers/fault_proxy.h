// A TCP proxy on loopback between tidemark and a server, which breaks the network on command, or at a byte, a binlog event or a statement.
// Has a thread of its own; all functions may be called from any thread. Owned by one test. Throws std::runtime_error when it cannot listen.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "servers/proxied_link.h"
#include "servers/wire.h"

namespace tidemark::test {

/// Where a fault strikes. Counting begins when it is armed.
struct Trigger {
  enum class At : uint8_t { byte, byte_of_new, statement, answer, event };
  At at = At::byte;
  Direction direction = Direction::down;
  std::string text;             // the statement's or answer's text begins so
  std::optional<uint8_t> type;  // of the event; none: any
  uint64_t nth = 1;             // of those that match; of bytes: how many come through before
  int64_t offset = 0;           // from where the statement, answer or event begins, in bytes; negative: from its end
  bool from_end = false;        // count the offset from the end in any case

  /// After n bytes of a direction, on all connections together.
  static Trigger byte(Direction direction, uint64_t n) { return {At::byte, direction, {}, {}, n, 0}; }
  /// After the first n bytes of a direction of a connection that is made from now on.
  static Trigger byte_of_new(Direction direction, uint64_t n) { return {At::byte_of_new, direction, {}, {}, n, 0}; }
  /// Before the server gets such a statement.
  static Trigger statement(std::string text, uint64_t nth = 1) { return {At::statement, Direction::up, std::move(text), {}, nth, 0}; }
  /// Within such a statement.
  static Trigger within(std::string text, int64_t offset) { return {At::statement, Direction::up, std::move(text), {}, 1, offset}; }
  /// When such a statement is on its way to the server, whole.
  static Trigger sent(std::string text, uint64_t nth = 1) { return {At::statement, Direction::up, std::move(text), {}, nth, 0, true}; }
  /// When the server has answered, and before tidemark gets it. MySQL: the statement's text; PostgreSQL: the command tag.
  static Trigger answer(std::string text, int64_t offset = 0) { return {At::answer, Direction::down, std::move(text), {}, 1, offset}; }
  static Trigger event(std::optional<uint8_t> type, uint64_t nth = 1, int64_t offset = 0) {
    return {At::event, Direction::down, {}, type, nth, offset};
  }
};

struct Fault {
  enum class Kind : uint8_t {
    close,      // both sides are told that the connection has ended
    reset,      // both sides get a RST
    hold,       // the peer lives and takes bytes, but those of this direction wait
    blackhole,  // packets of both sides vanish without an answer
    flip,       // one bit of the byte at the trigger
  };
  Kind kind = Kind::close;
  bool everywhere = false;  // reset and blackhole: every connection and every new one, as by cut() and stall()
  unsigned bit = 0;
};

class FaultProxy {
 public:
  /// Listens on a port of 127.0.0.1 of its own and forwards to `target_port`. The protocol is needed for statements and events.
  explicit FaultProxy(uint16_t target_port, Protocol protocol = Protocol::none);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  uint16_t port() const { return port_; }
  /// Every connection is reset, and so is every new one until resume().
  void cut();
  /// The peer is dead: packets of both sides vanish without any answer, as when a cable is pulled, until resume().
  void stall();
  /// Forwards again, at full speed. Connections that outlived a stall or a hold go on.
  void resume();
  /// Pieces of at most so many bytes, and so many bytes a second on each connection (0: as fast as it goes), in both directions.
  void slow_down(size_t piece_bytes, uint64_t bytes_per_second);

  /// The fault strikes once, where the trigger first matches. Replaces one that has not struck yet.
  void arm(Trigger trigger, Fault fault);
  void disarm();
  /// When it struck; nothing before.
  std::optional<std::chrono::steady_clock::time_point> struck() const;
  /// Waits for it.
  bool strikes(std::chrono::milliseconds limit = std::chrono::seconds(60)) const;
  /// What it struck at; empty for a trigger at a byte.
  Mark struck_at() const;
  /// Connections that were accepted while forwarding.
  unsigned accepted() const { return accepted_; }
  /// Bytes that came through in a direction, so far, on all connections.
  uint64_t bytes(Direction direction) const;

 private:
  enum class Mode : uint8_t { forward, cut, stall };
  struct Plan {
    Trigger trigger;
    Fault fault;
    uint64_t matches = 0;
    unsigned first_new = 0;           // number of the first connection made after it was armed
    uint64_t bytes_before = 0;        // of the trigger's direction
    std::optional<unsigned> on = {};  // the connection where it is going to strike
  };

  void run();
  int what_to_poll(std::vector<pollfd>& polled) const;
  void accept_one();
  bool serve(ProxiedLink& link, Direction direction);
  void consider(ProxiedLink& link, Direction direction, const Step& step);
  std::optional<uint64_t> place_of(const ProxiedLink& link, Direction direction, const Step& step);
  bool strike(ProxiedLink& link, Direction direction);
  void drop_plan();
  void all_vanish(bool on);
  void wake() const;

  const uint16_t target_port_;
  const Protocol protocol_;
  uint16_t port_ = 0;
  int listener_ = -1, wake_[2] = {-1, -1};
  mutable std::mutex mutex_;  // guards what follows
  Mode mode_ = Mode::forward;
  Pace pace_;
  std::list<ProxiedLink> links_;
  std::optional<Plan> plan_;
  Mark mark_;
  std::optional<std::chrono::steady_clock::time_point> struck_;
  uint64_t bytes_[2] = {0, 0};
  bool stop_ = false;
  std::atomic<unsigned> accepted_{0};
  std::thread thread_;
};

}  // namespace tidemark::test
