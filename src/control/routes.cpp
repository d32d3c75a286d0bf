#include "control/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "control/metrics.h"
#include "control/status_json.h"
#include "tidemark/error.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kTickAgeMaxSeconds = 10;
constexpr const char* kKnownPaths = "GET /healthz, /readyz, /v1/status, /v1/pipelines/{name}, /metrics";

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

RouteAnswer healthz(const DaemonStatus& status) {
  const bool alive = status.supervisor_tick_age_seconds < kTickAgeMaxSeconds;
  Json json = {{"alive", alive}, {"supervisor_tick_age_seconds", status.supervisor_tick_age_seconds}};
  if (!alive) json["reasons"] = {fmt::format("the supervisor last ticked {:.1f} s ago", status.supervisor_tick_age_seconds)};
  RouteAnswer answer;
  answer.status = alive ? 200 : 503;
  answer.body = dump(json);
  return answer;
}

/// Why a pipeline is not ready; empty when it is.
std::string not_ready(const PipelineStatus& p) {
  if (p.state == PipelineState::failed) return p.last_error.present ? "failed: " + p.last_error.message : std::string("failed");
  if (p.source_connected && p.sink_connected) return {};
  std::string text = !p.source_connected && !p.sink_connected ? "not connected to source and sink"
                     : !p.source_connected                    ? "not connected to the source"
                                                              : "not connected to the sink";
  return p.reason.empty() ? text : text + ": " + p.reason;
}

RouteAnswer readyz(const DaemonStatus& status) {
  Json reasons = Json::array();
  for (const auto& p : status.pipelines) {
    if (!p) continue;
    if (std::string why = not_ready(*p); !why.empty()) {
      reasons.push_back({{"pipeline", p->name}, {"state", std::string(state_name(p->state))}, {"reason", why}});
    }
  }
  // nothing to wait for must not look like everything is fine
  if (status.pipelines.empty()) reasons.push_back({{"pipeline", nullptr}, {"state", nullptr}, {"reason", "no pipeline has started"}});
  RouteAnswer answer;
  answer.status = reasons.empty() ? 200 : 503;
  answer.body = dump(Json{{"ready", reasons.empty()}, {"reasons", reasons}});
  return answer;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  return out;
}

RouteAnswer pipeline(const DaemonStatus& status, const std::string& name) {
  std::string names;
  for (const auto& p : status.pipelines) {
    if (!p) continue;
    if (p->name == name) {
      RouteAnswer answer;
      answer.body = pipeline_to_json(*p);
      return answer;
    }
    names += (names.empty() ? "" : ", ") + p->name;
  }
  return error_answer(404, "not_found", fmt::format("no pipeline is called '{}'", printable(name)),
                      names.empty() ? "No pipeline has started." : fmt::format("Pipelines: {}.", printable(names)));
}

RouteAnswer status_route(const DaemonStatus& status) {
  RouteAnswer answer;
  answer.body = status_to_json(status);
  return answer;
}

RouteAnswer metrics_route(const DaemonStatus& status) {
  RouteAnswer answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = metrics_text(status);
  return answer;
}

constexpr std::string_view kPipelinePrefix = "/v1/pipelines/";

RouteAnswer route_path(std::string_view method, const std::string& path, const StatusProvider& provider) {
  const bool is_pipeline = path.size() > kPipelinePrefix.size() && path.compare(0, kPipelinePrefix.size(), kPipelinePrefix) == 0 &&
                           path.find('/', kPipelinePrefix.size()) == std::string::npos;
  const bool known = is_pipeline || path == "/healthz" || path == "/readyz" || path == "/v1/status" || path == "/metrics";
  if (!known) {
    return error_answer(404, "not_found", fmt::format("there is nothing at {}", printable(path)), fmt::format("Try {}.", kKnownPaths));
  }
  if (method != "GET" && method != "HEAD") {
    RouteAnswer answer = error_answer(405, "method_not_allowed", fmt::format("{} cannot be used on {}", printable(method), printable(path)),
                                      "Use GET or HEAD.");
    answer.allow = "GET, HEAD";
    return answer;
  }
  const DaemonStatus status = provider();
  if (path == "/healthz") return healthz(status);
  if (path == "/readyz") return readyz(status);
  if (path == "/v1/status") return status_route(status);
  if (path == "/metrics") return metrics_route(status);
  auto name = percent_decode(std::string_view(path).substr(kPipelinePrefix.size()));
  if (!name) return error_answer(400, "bad_request", "the path has a broken percent escape", "Write a percent sign as %25.");
  return pipeline(status, *name);
}

}  // namespace

RouteAnswer error_answer(int status, std::string_view kind, std::string_view message, std::string_view hint) {
  RouteAnswer answer;
  answer.status = status;
  answer.body = error_to_json(kind, message, hint);
  return answer;
}

RouteAnswer route(std::string_view method, std::string_view target, const StatusProvider& provider) {
  try {
    if (target.empty() || target.front() != '/') {
      return error_answer(400, "bad_request", "the request target is not a path", fmt::format("Try {}.", kKnownPaths));
    }
    return route_path(method, std::string(target.substr(0, target.find('?'))), provider);
  } catch (const Error& error) {
    return error_answer(500, kind_name(error.kind()), error.what(), error.hint());
  } catch (const std::exception& error) {
    return error_answer(500, kind_name(ErrorKind::internal), printable(error.what()), "Please report this.");
  }
}

}  // namespace tidemark
