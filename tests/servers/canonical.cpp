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

Form form_of(const SourceColumn& column, const std::string& sink_type) {
  const std::string& type = column.data_type;
  if (type == "json" || sink_type == "json" || sink_type == "jsonb") return Form::json;
  if (one_of(type, {"float", "double"})) return Form::real;
  if (one_of(type, {"date", "datetime", "timestamp", "time"})) return Form::civil;
  if (type == "bit") return Form::bits;
  if (one_of(type, {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "binary", "varbinary", "tinyblob",
                    "blob", "mediumblob", "longblob", "vector"})) {
    return Form::hex;
  }
  if (one_of(type, {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection",
                    "geomcollection"})) {
    return Form::geometry;
  }
  return Form::plain;
}

std::string source_expression(const SourceColumn& column, Form form) {
  const std::string name = mysql_name(column.name);
  const bool is_bytes = one_of(column.data_type, {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector"});
  switch (form) {
    case Form::real: return fmt::format("CAST({} AS DOUBLE)", name);
    case Form::bits: return fmt::format("CAST({} + 0 AS UNSIGNED)", name);
    case Form::geometry: return fmt::format("HEX({})", name);
    case Form::hex: return is_bytes ? fmt::format("HEX({})", name) : fmt::format("HEX(CONVERT({} USING utf8mb4))", name);
    default: return fmt::format("CAST({} AS CHAR)", name);
  }
}

std::string postgres_expression(const std::string& column, const std::string& type, Form form) {
  const std::string name = postgres_name(column);
  switch (form) {
    case Form::real: return fmt::format("{}::float8::text", name);
    case Form::hex:
    case Form::geometry:
      if (type == "bytea") return fmt::format("upper(encode({}, 'hex'))", name);
      return fmt::format("upper(encode(convert_to({}::text, 'UTF8'), 'hex'))", name);
    case Form::bits:
      if (type == "boolean") return fmt::format("{}::int::text", name);
      return fmt::format("{}::text", name);
    default:
      if (type == "inet") return fmt::format("host({})", name);
      if (type == "boolean") return fmt::format("{}::int::text", name);
      return fmt::format("{}::text", name);
  }
}

std::string sqlite_expression(const std::string& column, Form form) {
  const std::string name = postgres_name(column);
  switch (form) {
    case Form::hex:
    case Form::geometry: return fmt::format("CASE WHEN {0} IS NULL THEN NULL ELSE hex({0}) END", name);
    case Form::bits: return fmt::format("CASE typeof({0}) WHEN 'blob' THEN 'x' || hex({0}) ELSE {0} END", name);
    default: return name;
  }
}

std::string canonical(const std::string& text, Form form) {
  switch (form) {
    case Form::plain:
    case Form::hex: return text;
    case Form::real: return fmt::format("{:.17g}", std::strtod(text.c_str(), nullptr));
    case Form::civil: return without_zero_fraction(text);
    case Form::bits: {
      if (!text.empty() && text[0] == 'x') return std::to_string(std::strtoull(text.c_str() + 1, nullptr, 16));
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
