// The notifier against a real notification socket.
#include "control/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "support/catch.h"

using namespace tidemark;

namespace {

/// What systemd is to us: a datagram socket named by $NOTIFY_SOCKET.
class ServiceManager {
 public:
  ServiceManager() : path_("/tmp/tidemark-notify-" + std::to_string(getpid())), fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size());
    unlink(path_.c_str());
    REQUIRE(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~ServiceManager() {
    close(fd_);
    unlink(path_.c_str());
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }
  std::string received() {
    char buffer[4096];
    const ssize_t n = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    return n < 0 ? std::string("nothing") : std::string(buffer, static_cast<size_t>(n));
  }

 private:
  std::string path_;
  int fd_;
};

}  // namespace

TEST_CASE("without a service manager nothing happens", "[control]") {
  unsetenv("NOTIFY_SOCKET");
  ServiceNotifier notifier;
  CHECK_FALSE(notifier.under_systemd());
  CHECK_FALSE(notifier.watchdog_interval());
  notifier.ready("x");
  notifier.watchdog();
}

TEST_CASE("the service manager is told", "[control]") {
  ServiceManager manager;
  ServiceNotifier notifier;
  CHECK(notifier.under_systemd());
  CHECK_FALSE(notifier.watchdog_interval());
  notifier.ready("1 pipeline streaming");
  CHECK(manager.received() == "READY=1\nSTATUS=1 pipeline streaming");
  notifier.watchdog();
  CHECK(manager.received() == "WATCHDOG=1");
  notifier.extend_timeout(std::chrono::seconds(5));
  CHECK(manager.received() == "EXTEND_TIMEOUT_USEC=5000000");
  notifier.stopping();
  CHECK(manager.received() == "STOPPING=1");
  notifier.status("");
  CHECK(manager.received() == "nothing");
}

TEST_CASE("a status line cannot smuggle in another assignment", "[control]") {
  ServiceManager manager;
  ServiceNotifier notifier;
  notifier.status("a\nREADY=1");
  const std::string text = manager.received();
  CHECK(text.rfind("STATUS=a", 0) == 0);
  CHECK(text.find('\n') == std::string::npos);
}

TEST_CASE("the watchdog is fed at half of its time, and only by the process it is for", "[control]") {
  ServiceManager manager;
  setenv("WATCHDOG_USEC", "60000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  CHECK(ServiceNotifier().watchdog_interval() == std::chrono::seconds(30));
  setenv("WATCHDOG_PID", "1", 1);
  CHECK_FALSE(ServiceNotifier().watchdog_interval());
}
