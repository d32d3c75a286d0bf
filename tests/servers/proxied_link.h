// One connection through a fault proxy: two sockets, what waits between them, and what can be done to it. Owned and used by the proxy,
// under its lock. The destructor resets both sides.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "servers/wire.h"

namespace tidemark::test {

/// No limits: as fast as it goes.
struct Pace {
  size_t piece_bytes = 0;  // of one packet
  uint64_t bytes_per_second = 0;
};

/// A TCP socket that is closed on exec.
int make_socket();
/// For the proxy's loop: no waiting, and no packet that waits for the next one.
void set_nonblocking(int fd);
/// The kernel drops all packets for the socket before TCP sees them, so not even an acknowledgement goes back; or no longer.
void let_packets_vanish(int fd, bool on);

class ProxiedLink {
 public:
  using Consider = std::function<void(Direction, const Step&)>;

  /// Takes the sockets over.
  ProxiedLink(int client, int server, unsigned number, std::unique_ptr<Wire> wire);
  ~ProxiedLink();
  ProxiedLink(const ProxiedLink&) = delete;
  ProxiedLink& operator=(const ProxiedLink&) = delete;

  unsigned number() const { return number_; }
  /// What to poll for.
  void poll_for(std::vector<pollfd>& polled) const;
  /// It waits for its pace, not for a socket.
  bool waits() const;

  /// Moves bytes; `consider` is called before those of a step go on. False when the connection is broken.
  bool pump(Direction direction, const Pace& pace, const Consider& consider);
  bool ended() const { return up_.ended && up_.closed && down_.ended && down_.closed; }
  /// Bytes of a direction that were considered, and those that went on.
  uint64_t considered(Direction direction) const;
  uint64_t passed(Direction direction) const { return half(direction).passed; }

  /// Nothing passes this place (counted from the connection's first byte) until release().
  void stop_at(Direction direction, uint64_t byte) { half(direction).stop = byte; }
  /// The next byte to pass is the one to stop at, and for bytes that are to be changed it has come.
  bool stands(Direction direction, bool with_byte) const;
  /// Changes the byte where it stands.
  void flip(Direction direction, unsigned bit);
  /// Nothing is stopped any more.
  void release();
  /// Packets of both sides vanish, or no longer.
  void vanish(bool on);
  /// Both sides are told that no more bytes will come; what they still send is dropped.
  void close_politely();

 private:
  struct Half {
    int from = -1, to = -1;
    std::string waiting;  // read and not yet written
    size_t decided = 0;   // of `waiting`: considered
    uint64_t passed = 0;  // written
    std::optional<uint64_t> stop;
    bool ended = false;   // `from` has sent its last byte
    bool closed = false;  // `to` was told so
    bool discards = false;
    double allowance = 0;  // bytes that the pace allows now
    std::chrono::steady_clock::time_point allowed_at{};
  };
  Half& half(Direction direction) { return direction == Direction::up ? up_ : down_; }
  const Half& half(Direction direction) const { return direction == Direction::up ? up_ : down_; }
  static bool receive(Half& half);
  void decide(Direction direction, const Consider& consider);
  static bool send_some(Half& half, const Pace& pace);
  static size_t sendable(const Half& half);

  const int client_, server_;
  const unsigned number_;
  const std::unique_ptr<Wire> wire_;
  Half up_, down_;
  bool vanished_ = false;
};

}  // namespace tidemark::test
