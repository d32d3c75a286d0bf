// Tells the service manager how we are: systemd's notification protocol (sd_notify(3)). Every call is a no-op when $NOTIFY_SOCKET is
// not set, so callers need not ask. Owned and called by the supervisor thread; never throws.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace tidemark {

class ServiceNotifier {
 public:
  /// Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID; they stay set.
  ServiceNotifier();

  bool under_systemd() const { return under_systemd_; }
  /// How often watchdog() should be called: half of WatchdogSec. Nothing: no watchdog is wanted.
  std::optional<std::chrono::microseconds> watchdog_interval() const { return watchdog_interval_; }

  void ready(std::string_view status_line);
  void status(std::string_view status_line);
  void watchdog();
  void stopping(std::string_view status_line = {});
  /// While draining: asks for this much more time, counted from now.
  void extend_timeout(std::chrono::microseconds more);

 private:
  void send(std::string_view state, std::string_view status_line);

  bool under_systemd_ = false;
  std::optional<std::chrono::microseconds> watchdog_interval_;
};

}  // namespace tidemark
