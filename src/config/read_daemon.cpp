// The daemon's own settings.
#include <fmt/format.h>
#include <sys/un.h>

#include "config/readers.h"

namespace tidemark {

void read_daemon(const YamlNode& node, DaemonConfig& out, ReadContext& context) {
  Section section(node, "daemon", context);
  section.read_path("state", out.state);
  section.read_path("socket", out.socket);
  if (out.socket.size() >= sizeof(sockaddr_un::sun_path)) {
    section.problem(section.mark_of("socket"), fmt::format("'daemon.socket' is longer than the {} bytes that a Unix socket may have",
                                                           sizeof(sockaddr_un::sun_path) - 1));
  }
  if (const YamlNode* log_node = section.take("log")) {
    Section log(*log_node, "daemon.log", context);
    log.read_choice<std::string>("level", out.log_level, {{"error", "error"}, {"warn", "warn"}, {"info", "info"}, {"debug", "debug"}});
    log.read_choice<std::string>("format", out.log_format, {{"auto", "auto"}, {"text", "text"}, {"json", "json"}});
    log.finish();
  }
  section.read_size("memory_limit", out.memory_limit, 64u << 20, uint64_t{1} << 40);
  section.read("shutdown_timeout", out.shutdown_timeout, std::chrono::seconds(1), std::chrono::hours(1));
  section.finish();
}

}  // namespace tidemark
