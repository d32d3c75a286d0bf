// Reading and checking the configuration file. Everything that can be known without asking a server is checked here, and every
// problem found is reported at once with its place. Any thread; throws ConfigError (Error of kind config).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"
#include "tidemark/config.h"

namespace tidemark {

struct LoadOptions {
  /// false: a password that cannot be read now is a warning, not an error (`validate`, `status`).
  bool secrets_must_be_readable = true;
};

struct LoadedConfig {
  Config config;
  std::vector<Problem> warnings;  // what works but is probably not meant
};

/// Relative paths in the file are relative to the file's own directory.
LoadedConfig load_config_with(const std::string& path, const LoadOptions& options);
LoadedConfig parse_config_with(std::string_view text, const std::string& path, const LoadOptions& options);

Config load_config(const std::string& path);
Config parse_config(std::string_view text, const std::string& path);

/// "PATH:LINE:COLUMN: warning: text".
std::string warning_line(const std::string& path, const Problem& warning);

}  // namespace tidemark
