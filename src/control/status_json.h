// The daemon's status as JSON and back: the body of GET /v1/status and of `tidemark status --json`. A stable contract: keys are only
// ever added (tests/unit/control/golden_status.json); readers ignore keys that they do not know. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

#include "tidemark/error.h"
#include "tidemark/status.h"

namespace tidemark {

std::string status_to_json(const DaemonStatus& status);
/// One pipeline: the body of GET /v1/pipelines/{name}, and an element of `pipelines` above.
std::string pipeline_to_json(const PipelineStatus& status);
/// Throws Error(internal) on what status_to_json did not write.
DaemonStatus status_from_json(std::string_view json);
/// {"error":{"kind","message","hint"}}
std::string error_to_json(std::string_view kind, std::string_view message, std::string_view hint);

/// "2026-11-20T21:30:05.250000Z"; the fraction is left out when it is zero.
std::string rfc3339(int64_t unix_micros);
/// Microseconds since 1970 of what rfc3339 wrote; throws Error(internal) on anything else.
int64_t parse_rfc3339(std::string_view text);

}  // namespace tidemark
