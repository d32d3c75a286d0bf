// Which pipeline and which of its tables `verify` was asked for. Pure; throws Error(usage) that names what was probably meant.
#pragma once

#include <string>
#include <vector>

#include "tidemark/config.h"
#include "tidemark/sink.h"

namespace tidemark {

const PipelineConfig& choose_pipeline(const Config& config, const std::string& name);

/// The tables of `captured` called by `wanted` (all when it is empty), in the order of `captured`, each once. Never empty.
std::vector<SinkTable> choose_tables(const std::vector<SinkTable>& captured, const std::vector<std::string>& wanted,
                                     const std::string& pipeline);

}  // namespace tidemark
