#include "servers/relay.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace tidemark::test {

namespace {

constexpr size_t kWaitingMax = 256 * 1024;

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int make_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error(std::string("relay: socket: ") + std::strerror(errno));
  return fd;
}

void set_nonblocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// A socket filter that keeps nothing: the kernel drops the packets before TCP sees them, so not even an acknowledgement goes back.
void filter(int fd, bool drop_all) {
  sock_filter nothing = {BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program = {1, &nothing};
  const int unused = 0;
  const int failed = drop_all ? setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program)
                              : setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
  if (failed != 0 && drop_all) throw std::runtime_error(std::string("relay: socket filter: ") + std::strerror(errno));
}

}  // namespace

Relay::Relay(uint16_t target_port) : target_port_(target_port) {
  listener_ = make_socket();
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 || pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw std::runtime_error(std::string("relay: listen: ") + std::strerror(errno));
  }
  port_ = ntohs(address.sin_port);
  set_nonblocking(listener_);
  thread_ = std::thread([this] { run(); });
}

Relay::~Relay() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake();
  thread_.join();
  for (const Pair& pair : pairs_) drop(pair);
  for (const int fd : {listener_, wake_[0], wake_[1]}) close(fd);
}

void Relay::wake() const {
  const char byte = 0;
  if (write(wake_[1], &byte, 1) < 0) return;  // full: it is awake already
}

void Relay::cut() {
  std::lock_guard lock(mutex_);
  if (mode_ == Mode::stall) blackhole(false);
  mode_ = Mode::cut;
  for (const Pair& pair : pairs_) drop(pair);
  pairs_.clear();
  wake();
}

void Relay::stall() {
  std::lock_guard lock(mutex_);
  mode_ = Mode::stall;
  blackhole(true);
  wake();
}

void Relay::resume() {
  std::lock_guard lock(mutex_);
  if (mode_ == Mode::stall) blackhole(false);
  mode_ = Mode::forward;
  wake();
}

void Relay::blackhole(bool on) const {
  filter(listener_, on);
  for (const Pair& pair : pairs_) {
    filter(pair.client, on);
    filter(pair.server, on);
  }
}

void Relay::drop(const Pair& pair) const {
  const linger reset = {1, 0};
  for (const int fd : {pair.client, pair.server}) {
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
  }
}

void Relay::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  Pair pair;
  pair.client = client;
  pair.server = make_socket();
  const sockaddr_in address = loopback(target_port_);
  if (mode_ != Mode::forward || connect(pair.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    drop(pair);
    return;
  }
  ++accepted_;
  set_nonblocking(pair.client);
  set_nonblocking(pair.server);
  pair.up.from = pair.down.to = pair.client;
  pair.up.to = pair.down.from = pair.server;
  pairs_.push_back(std::move(pair));
}

bool Relay::pump(Half& half) {
  char buffer[65536];
  while (!half.ended && half.waiting.size() < kWaitingMax) {
    const ssize_t n = recv(half.from, buffer, sizeof buffer, 0);
    if (n < 0 && errno != EAGAIN) return false;
    if (n < 0) break;
    if (n == 0) half.ended = true;
    half.waiting.append(buffer, static_cast<size_t>(n));
  }
  while (!half.waiting.empty()) {
    const ssize_t n = send(half.to, half.waiting.data(), half.waiting.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return false;
    if (n < 0) break;
    half.waiting.erase(0, static_cast<size_t>(n));
  }
  if (half.ended && !half.closed && half.waiting.empty()) {
    shutdown(half.to, SHUT_WR);
    half.closed = true;
  }
  return true;
}

void Relay::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    std::vector<pollfd> polled = {{wake_[0], POLLIN, 0}};
    if (mode_ != Mode::stall) polled.push_back({listener_, POLLIN, 0});
    for (const Pair& pair : pairs_) {
      if (mode_ != Mode::forward) break;
      for (const Half* half : {&pair.up, &pair.down}) {
        if (!half->ended && half->waiting.size() < kWaitingMax) polled.push_back({half->from, POLLIN, 0});
        if (!half->waiting.empty()) polled.push_back({half->to, POLLOUT, 0});
      }
    }
    lock.unlock();
    poll(polled.data(), polled.size(), 1000);
    lock.lock();
    char bytes[64];
    while (read(wake_[0], bytes, sizeof bytes) > 0) {
    }
    if (mode_ == Mode::stall) continue;
    accept_one();
    for (auto pair = pairs_.begin(); pair != pairs_.end();) {
      const bool alive = pump(pair->up) && pump(pair->down) && !(pair->up.closed && pair->down.closed);
      if (!alive) drop(*pair);
      pair = alive ? std::next(pair) : pairs_.erase(pair);
    }
  }
}

}  // namespace tidemark::test
