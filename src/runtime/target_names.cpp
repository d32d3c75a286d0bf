#include "runtime/target_names.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "tidemark/error.h"

namespace tidemark {
namespace {

std::string fill(const std::string& pattern, const TableName& name, const PipelineConfig& pipeline) {
  std::string out;
  for (size_t i = 0; i < pattern.size();) {
    if (pattern[i] != '{') {
      out += pattern[i++];
      continue;
    }
    size_t close = pattern.find('}', i);
    std::string place = close == std::string::npos ? pattern.substr(i) : pattern.substr(i, close - i + 1);
    if (place == "{database}") {
      out += name.database;
    } else if (place == "{table}") {
      out += name.table;
    } else {
      throw Error(ErrorKind::config, fmt::format("table names of pipeline '{}'", pipeline.name),
                  fmt::format("unknown place holder '{}' in the template '{}'", printable(place), printable(pattern)),
                  "Use {database} and {table} in target_schema and target_table.");
    }
    i += place.size();
  }
  return out;
}

/// Two tables of the same name in different databases: "{table}" alone cannot tell them apart.
bool table_names_repeat(const std::vector<SchemaRef>& tables) {
  std::set<std::string_view> seen;
  for (const SchemaRef& schema : tables) {
    if (!seen.insert(schema->name.table).second) return true;
  }
  return false;
}

std::string table_template(const PipelineConfig& pipeline, bool sqlite, const std::vector<SchemaRef>& tables) {
  if (!pipeline.target_table.empty()) return pipeline.target_table;
  return sqlite && table_names_repeat(tables) ? "{database}_{table}" : "{table}";
}

}  // namespace

std::vector<SinkTable> sink_tables(const PipelineConfig& pipeline, const std::string& sink_engine, const std::vector<SchemaRef>& tables) {
  const bool sqlite = sink_engine == "sqlite";
  const std::string pattern = table_template(pipeline, sqlite, tables);
  std::vector<SinkTable> result;
  result.reserve(tables.size());
  std::map<std::pair<std::string, std::string>, const TableName*> taken;
  for (const SchemaRef& schema : tables) {
    SinkTable target;
    target.schema = schema;
    if (!sqlite) target.target_schema = fill(pipeline.target_schema, schema->name, pipeline);
    target.target_table = fill(pattern, schema->name, pipeline);
    if (target.target_table.empty() || (!sqlite && target.target_schema.empty())) {
      throw Error(ErrorKind::config, fmt::format("table names of pipeline '{}'", pipeline.name),
                  fmt::format("the template gives {} an empty name", printable(schema->name.text())),
                  "Use {database} and {table} in target_schema and target_table.");
    }
    // SQLite compares table names without regard to ASCII case; PostgreSQL, quoted, with it
    std::string compared = target.target_table;
    if (sqlite) {
      for (char& c : compared) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      }
    }
    auto [other, fresh] = taken.emplace(std::make_pair(target.target_schema, compared), &schema->name);
    if (!fresh) {
      throw Error(ErrorKind::config, fmt::format("table names of pipeline '{}'", pipeline.name),
                  fmt::format("{} and {} would both be written to the table '{}'", printable(other->second->text()),
                              printable(schema->name.text()), printable(target.target_table)),
                  "Set target_table of the pipeline to a template that tells them apart, for example \"{database}_{table}\", "
                  "or leave one of them out with tables.exclude.");
    }
    result.push_back(std::move(target));
  }
  return result;
}

}  // namespace tidemark
