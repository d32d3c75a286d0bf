// The status of a daemon for people, and what --check says of it. Pure; any thread. The text may change; the JSON may not.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "tidemark/status.h"

namespace tidemark {

/// `now_unix`: for "up". `only`: one pipeline, or "" for all.
std::string status_text(const DaemonStatus& status, const std::string& only, int64_t now_unix, const Painter& painter);
/// Why the daemon, or the pipeline `only`, is not healthy; empty when it is. Failed, stopped with an error, reconnecting, or behind
/// `max_lag`.
std::vector<std::string> unhealthy_reasons(const DaemonStatus& status, const std::string& only,
                                           std::optional<std::chrono::milliseconds> max_lag);

}  // namespace tidemark
