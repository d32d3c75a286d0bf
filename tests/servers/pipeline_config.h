// Writes the configuration file of a test's pipeline: one source, one sink, secrets as files beside it. Plain functions.
#pragma once

#include <string>
#include <vector>

#include "servers/database.h"
#include "servers/temp_dir.h"

namespace tidemark::test {

struct PipelineFile {
  std::string name = "shop";         // of the pipeline
  std::vector<std::string> include;  // globs on "database.table", in PostgreSQL "schema.table"
  // YAML lines without indentation, put at the end of their section; newline separates them
  std::string daemon_yaml, source_yaml, sink_yaml, tables_yaml, pipeline_yaml;
  uint16_t source_port = 0, sink_port = 0;                              // instead of the servers' own: those of proxies in between
  std::string more_sources_yaml, more_sinks_yaml, more_pipelines_yaml;  // whole entries, indented as they stand in the file
};

/// Both write <directory>/tidemark.yaml and give its path. State file, control socket and SQLite file lie in `directory` too.
std::string write_config(const TempDir& directory, const DatabaseServer& source, const DatabaseServer& sink, const PipelineFile& pipeline);
std::string write_config(const TempDir& directory, const DatabaseServer& source, const PipelineFile& pipeline);  // into SQLite

std::string state_path(const TempDir& directory);
std::string socket_path(const TempDir& directory);
std::string sqlite_path(const TempDir& directory);

}  // namespace tidemark::test
