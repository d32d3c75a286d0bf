#include "servers/fault_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "servers/wait.h"

namespace tidemark::test {

namespace {

constexpr int kPacedPollMs = 2;

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void reset_and_close(int fd) {
  const linger reset = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(fd);
}

}  // namespace

FaultProxy::FaultProxy(uint16_t target_port, Protocol protocol) : target_port_(target_port), protocol_(protocol) {
  listener_ = make_socket();
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 || pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw std::runtime_error(std::string("fault proxy: listen: ") + std::strerror(errno));
  }
  port_ = ntohs(address.sin_port);
  set_nonblocking(listener_);
  thread_ = std::thread([this] { run(); });
}

FaultProxy::~FaultProxy() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake();
  thread_.join();
  for (const int fd : {listener_, wake_[0], wake_[1]}) close(fd);
}

void FaultProxy::wake() const {
  const char byte = 0;
  if (write(wake_[1], &byte, 1) < 0) return;  // full: it is awake already
}

// --- on command ------------------------------------------------------------------------------------------------------------------

void FaultProxy::cut() {
  std::lock_guard lock(mutex_);
  if (mode_ == Mode::stall) all_vanish(false);
  mode_ = Mode::cut;
  links_.clear();
  wake();
}

void FaultProxy::stall() {
  std::lock_guard lock(mutex_);
  all_vanish(true);
  wake();
}

void FaultProxy::resume() {
  std::lock_guard lock(mutex_);
  all_vanish(false);
  mode_ = Mode::forward;
  pace_ = {};
  for (ProxiedLink& link : links_) link.release();
  wake();
}

void FaultProxy::all_vanish(bool on) {
  let_packets_vanish(listener_, on);
  for (ProxiedLink& link : links_) link.vanish(on);
  mode_ = on ? Mode::stall : mode_;
}

void FaultProxy::slow_down(size_t piece_bytes, uint64_t bytes_per_second) {
  std::lock_guard lock(mutex_);
  pace_ = {piece_bytes, bytes_per_second};
  wake();
}

// --- where a trigger matches ------------------------------------------------------------------------------------------------------

void FaultProxy::arm(Trigger trigger, Fault fault) {
  std::lock_guard lock(mutex_);
  drop_plan();
  const uint64_t bytes_before = bytes_[static_cast<int>(trigger.direction)];
  plan_ = Plan{std::move(trigger), fault, 0, accepted_, bytes_before, {}};
  struck_.reset();
  mark_ = {};
  wake();
}

void FaultProxy::disarm() {
  std::lock_guard lock(mutex_);
  drop_plan();
  wake();
}

void FaultProxy::drop_plan() {
  for (ProxiedLink& link : links_) {
    if (plan_ && plan_->on == link.number()) link.release();
  }
  plan_.reset();
}

std::optional<std::chrono::steady_clock::time_point> FaultProxy::struck() const {
  std::lock_guard lock(mutex_);
  return struck_;
}

bool FaultProxy::strikes(std::chrono::milliseconds limit) const {
  return wait_until(limit, [&] { return struck().has_value(); });
}

Mark FaultProxy::struck_at() const {
  std::lock_guard lock(mutex_);
  return mark_;
}

uint64_t FaultProxy::bytes(Direction direction) const {
  std::lock_guard lock(mutex_);
  return bytes_[static_cast<int>(direction)];
}

/// Where the armed fault is to strike, from the step's first byte; nothing when this step is not the one.
std::optional<uint64_t> FaultProxy::place_of(const ProxiedLink& link, Direction direction, const Step& step) {
  const Trigger& trigger = plan_->trigger;
  if (direction != trigger.direction) return std::nullopt;
  if (trigger.at == Trigger::At::byte || trigger.at == Trigger::At::byte_of_new) {
    const bool of_new = trigger.at == Trigger::At::byte_of_new;
    if (of_new && link.number() < plan_->first_new) return std::nullopt;
    const uint64_t before = of_new ? link.considered(direction) : bytes_[static_cast<int>(direction)] - plan_->bytes_before;
    if (trigger.nth < before || trigger.nth >= before + step.bytes) return std::nullopt;
    return trigger.nth - before;
  }
  if (!step.mark) return std::nullopt;
  const Mark& mark = *step.mark;
  const bool kind = (trigger.at == Trigger::At::statement && mark.kind == Mark::Kind::statement) ||
                    (trigger.at == Trigger::At::answer && mark.kind == Mark::Kind::answer) ||
                    (trigger.at == Trigger::At::event && mark.kind == Mark::Kind::event);
  if (!kind || mark.text.compare(0, trigger.text.size(), trigger.text) != 0) return std::nullopt;
  if (trigger.type && mark.event_type != *trigger.type) return std::nullopt;
  if (++plan_->matches < trigger.nth) return std::nullopt;
  const int64_t from = trigger.offset < 0 || trigger.from_end ? static_cast<int64_t>(mark.bytes) : 0;
  return static_cast<uint64_t>(static_cast<int64_t>(mark.begin) + from + trigger.offset);
}

void FaultProxy::consider(ProxiedLink& link, Direction direction, const Step& step) {
  if (plan_ && !plan_->on) {
    if (const std::optional<uint64_t> place = place_of(link, direction, step)) {
      link.stop_at(direction, link.considered(direction) + *place);
      plan_->on = link.number();
      mark_ = step.mark.value_or(Mark());
    }
  }
  bytes_[static_cast<int>(direction)] += step.bytes;
}

/// False when the connection is over.
bool FaultProxy::strike(ProxiedLink& link, Direction direction) {
  const Fault fault = plan_->fault;
  plan_.reset();
  struck_ = std::chrono::steady_clock::now();
  switch (fault.kind) {
    case Fault::Kind::hold: return true;
    case Fault::Kind::flip: link.flip(direction, fault.bit); return true;
    case Fault::Kind::close: link.close_politely(); return true;
    case Fault::Kind::blackhole:
      if (fault.everywhere) {
        all_vanish(true);
      } else {
        link.vanish(true);
      }
      return true;
    case Fault::Kind::reset:
      if (fault.everywhere) mode_ = Mode::cut;
      return false;
  }
  return false;
}

// --- the thread -------------------------------------------------------------------------------------------------------------------

void FaultProxy::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = make_socket();
  const sockaddr_in address = loopback(target_port_);
  if (mode_ != Mode::forward || connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    reset_and_close(client);
    reset_and_close(server);
    return;
  }
  links_.emplace_back(client, server, accepted_, make_wire(protocol_));
  ++accepted_;
}

/// False when the connection is over.
bool FaultProxy::serve(ProxiedLink& link, Direction direction) {
  const auto look = [&](Direction at, const Step& step) { consider(link, at, step); };
  if (!link.pump(direction, pace_, look)) return false;
  if (!plan_ || plan_->on != link.number() || plan_->trigger.direction != direction) return true;
  if (!link.stands(direction, plan_->fault.kind == Fault::Kind::flip)) return true;
  return strike(link, direction) && link.pump(direction, pace_, look);
}

/// Fills `polled`; gives for how long, in milliseconds.
int FaultProxy::what_to_poll(std::vector<pollfd>& polled) const {
  polled = {{wake_[0], POLLIN, 0}};
  if (mode_ != Mode::stall) polled.push_back({listener_, POLLIN, 0});
  int timeout_ms = 1000;
  for (const ProxiedLink& link : links_) {
    link.poll_for(polled);
    if (link.waits()) timeout_ms = kPacedPollMs;
  }
  return timeout_ms;
}

void FaultProxy::run() {
  std::vector<pollfd> polled;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const int timeout_ms = what_to_poll(polled);
    lock.unlock();
    poll(polled.data(), polled.size(), timeout_ms);
    lock.lock();
    char bytes[64];
    while (read(wake_[0], bytes, sizeof bytes) > 0) {
    }
    if (mode_ != Mode::stall) accept_one();
    for (auto link = links_.begin(); link != links_.end();) {
      const bool alive = serve(*link, Direction::up) && serve(*link, Direction::down) && !link->ended();
      if (!alive && plan_ && plan_->on == link->number()) plan_->on.reset();  // it ended before: the next one that matches
      link = alive ? std::next(link) : links_.erase(link);
    }
    if (mode_ == Mode::cut) links_.clear();
  }
}

}  // namespace tidemark::test
