// The daemon's status in Prometheus' text format 0.0.4, for GET /metrics. Counters end in _total, units are base units, no series per
// table (cardinality). Pure; any thread. Format: https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <string>

#include "tidemark/status.h"

namespace tidemark {

std::string metrics_text(const DaemonStatus& status);

}  // namespace tidemark
