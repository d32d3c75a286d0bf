// The sections of the file, one function each: from tree to plain data. Each reports what is wrong and goes on. Private to src/config.
#pragma once

#include <map>
#include <string>

#include "config/section.h"
#include "tidemark/config.h"

namespace tidemark {

/// Where names were defined, for messages about them.
struct Marks {
  std::map<std::string, Mark> sources, sinks;       // the names
  std::map<std::string, Mark> sink_paths;           // SQLite: values of `path`
  std::vector<Mark> pipelines;                      // the items of the list
  std::vector<std::vector<Mark>> pipeline_columns;  // the rules of `columns`
  std::vector<Mark> pipeline_sources, pipeline_sinks, pipeline_names;
};

void read_daemon(const YamlNode& node, DaemonConfig& out, ReadContext& context);
SourceConfig read_source(const std::string& name, const YamlNode& node, ReadContext& context);
SinkConfig read_sink(const std::string& name, const YamlNode& node, ReadContext& context, Marks& marks);
PipelineConfig read_pipeline(const YamlNode& node, size_t index, ReadContext& context, Marks& marks);
/// `columns` of a pipeline; the place of each rule goes to `marks`.
ColumnRules read_columns(Section& pipeline, ReadContext& context, std::vector<Mark>& marks);
/// What can only be seen with the whole file in view: references, names and files used twice, bounds against each other.
void check_whole(const Config& config, const Marks& marks, ReadContext& context);

/// Names of sources, sinks and pipelines go into metrics, tables and file names.
bool is_good_name(const std::string& name);
inline constexpr const char* kNameRule = "a name is 1 to 63 of A-Z a-z 0-9 _ . - and begins with a letter or a digit";

}  // namespace tidemark
