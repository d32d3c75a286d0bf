#include "servers/proxied_link.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace tidemark::test {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kWaitingMax = 256 * 1024;
constexpr int kSendsAtOnce = 64;        // of small pieces, before others get their turn
constexpr double kBurstSeconds = 0.02;  // of a pace

/// What was sent and is not acknowledged when packets begin to vanish would be sent again and again: to tidemark its peer would live.
void wait_for_acknowledgement(int fd) {
  const auto end = Clock::now() + std::chrono::milliseconds(200);
  for (int unsent = 1; unsent > 0 && Clock::now() < end;) {
    if (ioctl(fd, SIOCOUTQ, &unsent) != 0) return;
    if (unsent > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

int make_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error(std::string("fault proxy: socket: ") + std::strerror(errno));
  return fd;
}

void set_nonblocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void let_packets_vanish(int fd, bool on) {
  sock_filter nothing = {BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program = {1, &nothing};
  const int unused = 0;
  const int failed = on ? setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program)
                        : setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
  if (failed != 0 && on) throw std::runtime_error(std::string("fault proxy: socket filter: ") + std::strerror(errno));
}

ProxiedLink::ProxiedLink(int client, int server, unsigned number, std::unique_ptr<Wire> wire)
    : client_(client), server_(server), number_(number), wire_(std::move(wire)) {
  set_nonblocking(client_);
  set_nonblocking(server_);
  up_.from = down_.to = client_;
  up_.to = down_.from = server_;
}

ProxiedLink::~ProxiedLink() {
  const linger reset = {1, 0};
  for (const int fd : {client_, server_}) {
    if (!ended()) setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
  }
}

size_t ProxiedLink::sendable(const Half& half) {
  if (!half.stop) return half.decided;
  return std::min<uint64_t>(half.decided, *half.stop - half.passed);
}

void ProxiedLink::poll_for(std::vector<pollfd>& polled) const {
  if (vanished_) return;
  for (const Half* half : {&up_, &down_}) {
    if (!half->ended && half->waiting.size() < kWaitingMax) polled.push_back({half->from, POLLIN, 0});
    if (sendable(*half) > 0 && half->allowance >= 1) polled.push_back({half->to, POLLOUT, 0});
  }
}

bool ProxiedLink::waits() const {
  return !vanished_ && ((sendable(up_) > 0 && up_.allowance < 1) || (sendable(down_) > 0 && down_.allowance < 1));
}

uint64_t ProxiedLink::considered(Direction direction) const { return half(direction).passed + half(direction).decided; }

bool ProxiedLink::pump(Direction direction, const Pace& pace, const Consider& consider) {
  if (vanished_) return true;
  Half& h = half(direction);
  if (!receive(h)) return false;
  decide(direction, consider);
  if (!send_some(h, pace)) return false;
  if (h.ended && !h.closed && h.waiting.empty()) {
    shutdown(h.to, SHUT_WR);
    h.closed = true;
  }
  return true;
}

bool ProxiedLink::receive(Half& half) {
  char buffer[65536];
  while (!half.ended && half.waiting.size() < kWaitingMax) {
    const ssize_t n = recv(half.from, buffer, sizeof buffer, 0);
    if (n < 0) return errno == EAGAIN;
    if (n == 0) half.ended = true;
    if (!half.discards) half.waiting.append(buffer, static_cast<size_t>(n));
  }
  return true;
}

void ProxiedLink::decide(Direction direction, const Consider& consider) {
  Half& h = half(direction);
  while (h.decided < h.waiting.size()) {
    const std::string_view rest = std::string_view(h.waiting).substr(h.decided);
    Step step = wire_ ? wire_->look(direction, rest) : Step{rest.size(), std::nullopt};
    if (step.bytes == 0 && !h.ended) return;
    if (step.bytes == 0) step.bytes = rest.size();  // a frame that will never be whole
    consider(direction, step);
    h.decided += step.bytes;
  }
}

bool ProxiedLink::send_some(Half& half, const Pace& pace) {
  const Clock::time_point now = Clock::now();
  const double rate = static_cast<double>(pace.bytes_per_second);
  if (pace.bytes_per_second == 0) {
    half.allowance = 2.0 * kWaitingMax;
  } else {
    const double grown = half.allowance + rate * std::chrono::duration<double>(now - half.allowed_at).count();
    half.allowance = std::min(grown, std::max(1.0, rate * kBurstSeconds));
  }
  half.allowed_at = now;
  const size_t all = std::min(sendable(half), static_cast<size_t>(half.allowance));
  size_t done = 0;
  bool broken = false;
  for (int i = 0; done < all && (pace.piece_bytes == 0 || i < kSendsAtOnce); ++i) {
    const size_t n = pace.piece_bytes == 0 ? all - done : std::min(all - done, pace.piece_bytes);
    const ssize_t sent = send(half.to, half.waiting.data() + done, n, MSG_NOSIGNAL);
    broken = sent < 0 && errno != EAGAIN;
    if (sent < 0) break;
    done += static_cast<size_t>(sent);
  }
  half.waiting.erase(0, done);
  half.decided -= done;
  half.passed += done;
  half.allowance -= static_cast<double>(done);
  return !broken;
}

bool ProxiedLink::stands(Direction direction, bool with_byte) const {
  const Half& h = half(direction);
  return h.stop && *h.stop == h.passed && (!with_byte || h.decided > 0);
}

void ProxiedLink::flip(Direction direction, unsigned bit) {
  Half& h = half(direction);
  h.waiting[0] = static_cast<char>(static_cast<uint8_t>(h.waiting[0]) ^ 1u << bit);
  h.stop.reset();
}

void ProxiedLink::release() {
  up_.stop.reset();
  down_.stop.reset();
}

void ProxiedLink::vanish(bool on) {
  vanished_ = on;
  if (on) wait_for_acknowledgement(client_);
  let_packets_vanish(client_, on);
  let_packets_vanish(server_, on);
}

void ProxiedLink::close_politely() {
  for (Half* half : {&up_, &down_}) {
    half->waiting.clear();
    half->decided = 0;
    half->stop.reset();
    half->discards = half->closed = true;
    shutdown(half->to, SHUT_WR);
  }
}

}  // namespace tidemark::test
