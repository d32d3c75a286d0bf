#include "control/notify.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "tidemark/error.h"

namespace tidemark {

ServiceNotifier::ServiceNotifier() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  under_systemd_ = socket != nullptr && *socket != '\0';
  uint64_t usec = 0;
  if (under_systemd_ && sd_watchdog_enabled(0, &usec) > 0 && usec > 1) watchdog_interval_ = std::chrono::microseconds(usec / 2);
}

void ServiceNotifier::send(std::string_view state, std::string_view status_line) {
  if (!under_systemd_) return;
  // the protocol is line based: a newline inside the status would start another assignment
  std::string message(state);
  if (!status_line.empty()) {
    if (!message.empty()) message += '\n';
    message += "STATUS=" + printable(status_line);
  }
  // systemd that does not listen is no reason to stop working; a lost watchdog message shows itself
  if (!message.empty()) static_cast<void>(sd_notify(0, message.c_str()));
}

void ServiceNotifier::ready(std::string_view status_line) { send("READY=1", status_line); }
void ServiceNotifier::status(std::string_view status_line) { send("", status_line); }
void ServiceNotifier::watchdog() { send("WATCHDOG=1", ""); }
void ServiceNotifier::stopping(std::string_view status_line) { send("STOPPING=1", status_line); }
void ServiceNotifier::extend_timeout(std::chrono::microseconds more) { send(fmt::format("EXTEND_TIMEOUT_USEC={}", more.count()), ""); }

}  // namespace tidemark
