#include "base/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

namespace tidemark {

namespace failpoint_detail {

bool enabled = false;

namespace {
struct Point {
  long kill_at = 0;
  long sleep_ms = 0;
  long hits = 0;
};
std::mutex mutex;
std::map<std::string, Point, std::less<>>& points() {
  static std::map<std::string, Point, std::less<>> map;
  return map;
}
}  // namespace

void hit(const char* name) {
  long sleep_ms = 0;
  {
    std::lock_guard lock(mutex);
    auto it = points().find(std::string_view(name));
    if (it == points().end()) return;
    ++it->second.hits;
    if (it->second.kill_at != 0 && it->second.hits == it->second.kill_at) ::kill(::getpid(), SIGKILL);
    sleep_ms = it->second.sleep_ms;
  }
  if (sleep_ms > 0) ::usleep(static_cast<useconds_t>(sleep_ms) * 1000);
}

}  // namespace failpoint_detail

void load_failpoints() {
  const char* text = std::getenv("TIDEMARK_FAILPOINTS");
  if (text == nullptr || *text == 0) return;
  std::string all = text;
  std::lock_guard lock(failpoint_detail::mutex);
  for (size_t start = 0; start < all.size();) {
    size_t end = all.find(',', start);
    if (end == std::string::npos) end = all.size();
    std::string item = all.substr(start, end - start);
    start = end + 1;
    size_t eq = item.find('=');
    if (eq == std::string::npos) continue;
    auto& point = failpoint_detail::points()[item.substr(0, eq)];
    std::string action = item.substr(eq + 1);
    if (action.rfind("kill@", 0) == 0) point.kill_at = std::strtol(action.c_str() + 5, nullptr, 10);
    if (action.rfind("sleep:", 0) == 0) point.sleep_ms = std::strtol(action.c_str() + 6, nullptr, 10);
  }
  failpoint_detail::enabled = true;
}

}  // namespace tidemark
