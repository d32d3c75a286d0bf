#include "base/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

#include "tidemark/error.h"

namespace tidemark {

namespace failpoint_detail {

bool enabled = false;

namespace {
struct Point {
  long kill_at = 0;
  long sleep_ms = 0;
  long hits = 0;
  std::string trace;  // the line, empty when there is none to write
};

/// One write, so that the line is whole whatever else goes to standard error.
bool tell(const std::string& line) { return ::write(STDERR_FILENO, line.data(), line.size()) >= 0; }

std::mutex mutex;
std::map<std::string, Point, std::less<>>& points() {
  static std::map<std::string, Point, std::less<>> map;
  return map;
}

[[noreturn]] void refuse(const std::string& item, const char* cause) {
  throw Error(ErrorKind::usage, "reading TIDEMARK_FAILPOINTS", item + ": " + cause,
              "It is for tests only: NAME=kill@N, NAME=sleep:MS or NAME=trace, names are in src/base/failpoint_names.h.");
}

long number_after(const std::string& action, size_t prefix, const std::string& item) {
  long number = 0;
  const char* end = action.data() + action.size();
  const auto read = std::from_chars(action.data() + prefix, end, number);
  if (read.ec != std::errc() || read.ptr != end || number <= 0) refuse(item, "not a positive number");
  return number;
}

void load(const std::string& item) {
  const size_t eq = item.find('=');
  const std::string name = item.substr(0, eq);
  if (!is_failpoint(name)) refuse(item, "no such failpoint");
  const std::string action = eq == std::string::npos ? "" : item.substr(eq + 1);
  Point& point = points()[name];
  if (action.rfind("kill@", 0) == 0)
    point.kill_at = number_after(action, 5, item);
  else if (action.rfind("sleep:", 0) == 0)
    point.sleep_ms = number_after(action, 6, item);
  else if (action == "trace")
    point.trace = "failpoint " + name + "\n";
  else
    refuse(item, "no such action");
}
}  // namespace

void hit(std::string_view name) {
  long sleep_ms = 0;
  {
    std::lock_guard lock(mutex);
    auto it = points().find(name);
    if (it == points().end()) return;
    Point& point = it->second;
    ++point.hits;
    if (!point.trace.empty() && !tell(point.trace)) point.trace.clear();
    if (point.kill_at != 0 && point.hits == point.kill_at) {
      tell("failpoint " + std::string(name) + " kills at hit " + std::to_string(point.hits) + "\n");
      ::kill(::getpid(), SIGKILL);
      for (;;) ::pause();  // the signal is on its way
    }
    sleep_ms = point.sleep_ms;
  }
  if (sleep_ms > 0) ::usleep(static_cast<useconds_t>(sleep_ms) * 1000);
}

}  // namespace failpoint_detail

void load_failpoints() {
  const char* text = std::getenv("TIDEMARK_FAILPOINTS");
  if (text == nullptr || *text == 0) return;
  const std::string all = text;
  std::lock_guard lock(failpoint_detail::mutex);
  for (size_t start = 0; start < all.size();) {
    size_t end = all.find(',', start);
    if (end == std::string::npos) end = all.size();
    failpoint_detail::load(all.substr(start, end - start));
    start = end + 1;
  }
  failpoint_detail::enabled = true;
}

}  // namespace tidemark
