// The pipeline and the tables that somebody named on the command line. Pure; throws Error(usage) that names what was probably meant.
#pragma once

#include <string>
#include <vector>

#include "tidemark/config.h"
#include "tidemark/schema.h"

namespace tidemark {

/// An empty name means the only pipeline. `doing` is how errors begin, here and below: "verify".
const PipelineConfig& choose_pipeline(const Config& config, const std::string& name, const std::string& doing);

/// Which of `tables` are called by `wanted`, by full name or by the table's alone: ascending indices, each once.
std::vector<size_t> choose_tables(const std::vector<TableName>& tables, const std::vector<std::string>& wanted, const std::string& doing);

/// " (did you mean 'x'?)", or nothing when no name is near.
std::string suggestion(const std::string& name, const std::vector<std::string>& known);

}  // namespace tidemark
