#include "engine/postgres/native_types.h"

#include <fmt/format.h>

#include "base/log.h"
#include "engine/postgres/catalog.h"
#include "engine/postgres/dialect.h"
#include "engine/postgres/types.h"
#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

bool is_native(const SinkTable& table, size_t column) {
  return table.schema->columns[column].family == TypeFamily::postgres && table.rule(column).type.empty();
}

std::string bare_name(const std::string& native_type) { return without_modifier(native_type); }

/// "public"."mood": where the first part ends; npos: there is none.
size_t schema_end(const std::string& name) {
  bool quoted = false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '"') quoted = !quoted;
    if (name[i] == '.' && !quoted) return i;
  }
  return std::string::npos;
}

/// The extension that brings a type, as far as we know it; "" when not.
std::string extension_of(const std::string& name) {
  std::string type = name.substr(schema_end(name) == std::string::npos ? 0 : schema_end(name) + 1);
  type = type.substr(0, type.find('['));
  for (const char* same : {"hstore", "ltree", "citext", "cube", "seg", "isn", "vector"}) {
    if (type == same) return same;
  }
  if (type == "lquery" || type == "ltxtquery") return "ltree";
  if (type == "halfvec" || type == "sparsevec") return "vector";
  if (type == "geometry" || type == "geography" || type == "box2d" || type == "box3d") return "postgis";
  return {};
}

[[noreturn]] void refuse(const SinkTable& table, const Column& column) {
  const std::string extension = extension_of(bare_name(column.native_type));
  const std::string cure = extension.empty()
                               ? fmt::format("CREATE TYPE {} at the sink as it is at the source", printable(column.native_type))
                               : fmt::format("CREATE EXTENSION {} at the sink", extension);
  throw Error(ErrorKind::data, fmt::format("creating table {}.{}", printable(table.target_schema), printable(table.target_table)),
              fmt::format("column {}: the sink has no type {}", printable(column.name), printable(column.native_type)),
              fmt::format("{}, or have its values as text, with columns: {{\"{}.{}\": {{type: text}}}} in the pipeline", cure,
                          printable(table.schema->name.text()), printable(column.name)));
}

}  // namespace

NativeTypes::NativeTypes(Connection& connection, const std::vector<const SinkTable*>& tables) {
  std::set<std::string> wanted;
  for (const SinkTable* table : tables) {
    for (size_t i = 0; i < table->schema->columns.size(); ++i) {
      if (is_native(*table, i)) wanted.insert(bare_name(table->schema->columns[i].native_type));
    }
  }
  if (wanted.empty()) return;
  look_up(connection, {wanted.begin(), wanted.end()});
  if (known_ == wanted) return;
  create_enums(connection, tables);
  look_up(connection, {wanted.begin(), wanted.end()});  // arrays of the enums
}

void NativeTypes::look_up(Connection& connection, const std::vector<std::string>& names) {
  const std::string array = text_array(names);
  Params params;
  params.add_text(array);
  Result result = connection.run("SELECT w.t FROM unnest($1::text[]) w(t) WHERE pg_catalog.to_regtype(w.t) IS NOT NULL", params,
                                 "looking for types at the sink");
  for (int row = 0; row < PQntuples(result.get()); ++row) known_.emplace(field_of(result.get(), row, 0));
}

void NativeTypes::create_enums(Connection& connection, const std::vector<const SinkTable*>& tables) {
  for (const SinkTable* table : tables) {
    for (size_t i = 0; i < table->schema->columns.size(); ++i) {
      const Column& column = table->schema->columns[i];
      if (!is_native(*table, i) || column.labels.empty() || known_.count(column.native_type) != 0) continue;
      const std::string& name = column.native_type;
      const std::string doing = fmt::format("creating type {}", printable(name));
      if (const size_t end = schema_end(name); end != std::string::npos)
        connection.run("CREATE SCHEMA IF NOT EXISTS " + name.substr(0, end), doing.c_str());
      std::string labels;
      for (const std::string& label : column.labels) labels += (labels.empty() ? "" : ",") + quote_literal(label);
      connection.run(fmt::format("CREATE TYPE {} AS ENUM ({})", name, labels), doing.c_str());
      spdlog::info("the sink had no type {}; it is created with its {} labels", printable(name), column.labels.size());
      known_.insert(name);
    }
  }
}

std::string NativeTypes::type_of(const SinkTable& table, size_t index) const {
  const Column& column = table.schema->columns[index];
  if (const std::string type = table.rule(index).type; !type.empty()) return type;
  if (!is_native(table, index) || known_.count(bare_name(column.native_type)) != 0) return default_sql_type(column);
  const std::string base = base_sql_type(column);
  if (base.empty()) refuse(table, column);
  spdlog::warn("{}.{}: the sink has no type {}; the column is created as {}", printable(table.schema->name.text()), printable(column.name),
               printable(column.native_type), base);
  return base;
}

}  // namespace tidemark::postgres
