// The table that ends a copy. Pure; any thread.
#pragma once

#include <string>

#include "tidemark/status.h"

namespace tidemark {

std::string copy_table_text(const PipelineStatus& status, double wall_seconds);
std::string copy_table_json(const PipelineStatus& status, double wall_seconds);

}  // namespace tidemark
