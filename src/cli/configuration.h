// How verbs come to their configuration. Throws ConfigError or Error(usage).
#pragma once

#include <string>

#include "cli/arguments.h"
#include "config/load.h"

namespace tidemark {

/// For verbs that connect: passwords must be readable. Warnings go to stderr unless --quiet.
Config load_configuration(const Arguments& arguments);
/// Throws Error(usage), with the nearest name, when there is no such pipeline.
const PipelineConfig& find_pipeline(const Config& config, const std::string& name);
/// Sets up the log: the configuration's level and format, or what -v and -q say.
void set_up_log_for(const Arguments& arguments, const DaemonConfig& daemon);

}  // namespace tidemark
