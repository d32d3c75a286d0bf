#include "cli/configuration.h"

#include <fmt/format.h>

#include <iostream>

#include "base/log.h"
#include "config/nearest.h"

namespace tidemark {

Config load_configuration(const Arguments& arguments) {
  LoadedConfig loaded = load_config_with(arguments.config_path, {});
  if (!arguments.quiet) {
    for (const Problem& warning : loaded.warnings) std::cerr << printable(warning_line(arguments.config_path, warning)) << "\n";
  }
  return std::move(loaded.config);
}

const PipelineConfig& find_pipeline(const Config& config, const std::string& name) {
  std::vector<std::string> names;
  for (const PipelineConfig& pipeline : config.pipelines) {
    if (pipeline.name == name) return pipeline;
    names.push_back(pipeline.name);
  }
  throw Error(ErrorKind::usage, "", fmt::format("there is no pipeline '{}' in {}{}", name, config.path, did_you_mean(name, names)),
              fmt::format("pipelines there: {}", fmt::join(names, ", ")));
}

void set_up_log_for(const Arguments& arguments, const DaemonConfig& daemon) {
  std::string level = daemon.log_level;
  if (arguments.quiet) level = "error";
  if (arguments.verbose) level = "debug";
  set_up_log(level, daemon.log_format);
}

}  // namespace tidemark
