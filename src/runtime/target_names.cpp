#include "runtime/target_names.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "runtime/named_choice.h"
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
    if (!pipeline.columns.empty()) {
      for (const Column& column : schema->columns) target.rules.push_back(rule_for(pipeline.columns, schema->name, column.name));
    }
    result.push_back(std::move(target));
  }
  return result;
}

void check_column_rules(const PipelineConfig& pipeline, const std::vector<SchemaRef>& tables) {
  std::vector<std::string> known;
  for (const auto& [glob, rule] : pipeline.columns) {
    bool meets = false;
    for (const SchemaRef& schema : tables) {
      for (const Column& column : schema->columns) meets = meets || rule_matches(glob, schema->name, column.name);
    }
    if (meets) continue;
    for (const SchemaRef& schema : tables) {
      for (const Column& column : schema->columns) known.push_back(schema->name.text() + "." + column.name);
    }
    throw Error(ErrorKind::config, fmt::format("columns of pipeline '{}'", pipeline.name),
                fmt::format("'{}' is no column of a captured table{}", printable(glob), suggestion(glob, known)),
                "Write database.table.column as the source has them; generated columns are not captured.");
  }
}

}  // namespace tidemark
