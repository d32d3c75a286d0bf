// A TCP relay on loopback between tidemark and a server, which breaks the network on command. Has a thread of its own; all functions may
// be called from any thread. Owned by one test. Throws std::runtime_error when it cannot listen.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace tidemark::test {

class Relay {
 public:
  /// Listens on a port of 127.0.0.1 of its own and forwards to `target_port`.
  explicit Relay(uint16_t target_port);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  uint16_t port() const { return port_; }
  /// Every connection is reset, and so is every new one until resume().
  void cut();
  /// The peer is dead: packets of both sides vanish without any answer, as when a cable is pulled, until resume().
  void stall();
  /// Forwards again. Connections that outlived a stall go on.
  void resume();
  /// Connections that were accepted while forwarding.
  unsigned accepted() const { return accepted_; }

 private:
  enum class Mode { forward, cut, stall };
  struct Half {
    int from = -1, to = -1;
    std::string waiting;  // read and not yet written
    bool ended = false;   // `from` has sent its last byte
    bool closed = false;  // `to` was told so
  };
  struct Pair {
    int client = -1, server = -1;
    Half up, down;
  };

  void run();
  void accept_one();
  bool pump(Half& half);  // false: the connection is broken
  void drop(const Pair& pair) const;
  void blackhole(bool on) const;
  void wake() const;

  const uint16_t target_port_;
  uint16_t port_ = 0;
  int listener_ = -1, wake_[2] = {-1, -1};
  std::mutex mutex_;  // guards what follows
  Mode mode_ = Mode::forward;
  std::list<Pair> pairs_;
  bool stop_ = false;
  std::atomic<unsigned> accepted_{0};
  std::thread thread_;
};

}  // namespace tidemark::test
