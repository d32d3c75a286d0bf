#include "servers/canonical.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "servers/mysql_client.h"
#include "servers/postgres_client.h"

namespace tidemark::test {
namespace {

bool one_of(const std::string& type, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return type == name; });
}

bool is_bytes(const std::string& type) {
  return one_of(type, {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector", "bytea"});
}

bool is_text(const std::string& type) {
  return one_of(type, {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "character", "character varying",
                       "name", "citext"});
}

std::string without_zero_fraction(std::string text) {
  std::replace(text.begin(), text.end(), 'T', ' ');
  if (!text.empty() && text.back() == 'Z') text.pop_back();
  for (const char* zone : {"+00:00", "+00"}) {
    const std::string suffix = zone;
    if (text.size() > suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0) {
      text.resize(text.size() - suffix.size());
      break;
    }
  }
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

}  // namespace

Form form_of(const std::string& source_type, const std::string& sink_type) {
  const std::string& type = source_type;
  if (one_of(type, {"json", "jsonb"}) || one_of(sink_type, {"json", "jsonb"})) return Form::json;
  if (one_of(type, {"float", "double", "real", "double precision"})) return Form::real;
  if (one_of(type, {"date", "datetime", "timestamp", "time", "timestamp without time zone", "timestamp with time zone",
                    "time without time zone"})) {
    return Form::civil;
  }
  if (type == "bit") return Form::bits;
  if (is_text(type) || is_bytes(type)) return Form::hex;
  if (one_of(type, {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection",
                    "geomcollection"})) {
    return Form::geometry;
  }
  return Form::plain;
}

namespace {

std::string mysql_expression(const TableColumn& column, Form form) {
  const std::string name = mysql_name(column.name);
  switch (form) {
    case Form::real: return fmt::format("CAST({} AS DOUBLE)", name);
    case Form::bits: return fmt::format("CAST({} + 0 AS UNSIGNED)", name);
    case Form::geometry: return fmt::format("HEX({})", name);
    case Form::hex: return is_bytes(column.type) ? fmt::format("HEX({})", name) : fmt::format("HEX(CONVERT({} USING utf8mb4))", name);
    default: return fmt::format("CAST({} AS CHAR)", name);
  }
}

std::string postgres_expression(const TableColumn& column, Form form) {
  const std::string name = postgres_name(column.name);
  if (form == Form::real) return fmt::format("{}::float8::text", name);
  if (form == Form::hex || form == Form::geometry) {
    if (column.type == "bytea") return fmt::format("upper(encode({}, 'hex'))", name);
    return fmt::format("upper(encode(convert_to({}::text, 'UTF8'), 'hex'))", name);
  }
  if (column.type == "boolean") return fmt::format("{}::int::text", name);
  if (form == Form::bits && column.type == "bit") return fmt::format("'b' || {}::text", name);
  if (column.type == "inet") return fmt::format("host({})", name);
  return fmt::format("{}::text", name);
}

std::string sqlite_expression(const TableColumn& column, Form form) {
  const std::string name = postgres_name(column.name);
  switch (form) {
    case Form::hex:
    case Form::geometry: return fmt::format("CASE WHEN {0} IS NULL THEN NULL ELSE hex({0}) END", name);
    case Form::bits: return fmt::format("CASE typeof({0}) WHEN 'blob' THEN 'x' || hex({0}) ELSE {0} END", name);
    default: return name;
  }
}

}  // namespace

std::string expression(Dialect dialect, const TableColumn& column, Form form) {
  switch (dialect) {
    case Dialect::mysql: return mysql_expression(column, form);
    case Dialect::postgres: return postgres_expression(column, form);
    case Dialect::sqlite: return sqlite_expression(column, form);
  }
  return {};
}

std::string canonical(const std::string& text, Form form) {
  switch (form) {
    case Form::plain:
    case Form::hex: return text;
    case Form::real: return fmt::format("{:.17g}", std::strtod(text.c_str(), nullptr));
    case Form::civil: return without_zero_fraction(text);
    case Form::bits: {
      if (!text.empty() && text[0] == 'x') return std::to_string(std::strtoull(text.c_str() + 1, nullptr, 16));
      if (!text.empty() && text[0] == 'b') return std::to_string(std::strtoull(text.c_str() + 1, nullptr, 2));
      return text;
    }
    case Form::geometry: return text;
    case Form::json: {
      const auto parsed = nlohmann::json::parse(text, nullptr, false);
      if (parsed.is_discarded()) throw std::runtime_error("a JSON column holds text that is no JSON");
      return parsed.dump();
    }
  }
  return text;
}

}  // namespace tidemark::test
