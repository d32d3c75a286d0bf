// Asks a running daemon over its control socket: one request, one answer. For the command line and for tests.
// Any thread; blocks up to `timeout`. Missing socket, nobody behind it, or no right to connect: nullopt ("the daemon is not reachable",
// with the reason in `why` when given). An answer that breaks off or is not HTTP, or a timeout after connecting: Error(internal).
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace tidemark {

struct HttpAnswer {
  int status = 0;  // 200, 404, 503 ...
  std::string content_type;
  std::string body;
};

/// GET `target` ("/v1/status") from the daemon behind `socket_path`.
/// Usage: `if (auto answer = http_get(config.daemon.socket, "/v1/status")) status = status_from_json(answer->body);`
std::optional<HttpAnswer> http_get(const std::string& socket_path, const std::string& target, std::string* why = nullptr,
                                   std::chrono::milliseconds timeout = std::chrono::seconds(10));

}  // namespace tidemark
