#include "engine/mysql/sink_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/mysql/charset.h"
#include "engine/mysql/decimal.h"
#include "engine/mysql/dialect.h"
#include "engine/mysql/sink_collation.h"
#include "engine/mysql/sink_type_rules.h"
#include "engine/mysql/sink_type_size.h"
#include "tidemark/error.h"

namespace tidemark::mysql {
namespace {

constexpr uint32_t kVarcharMax = 16383;  // characters of utf8mb4
constexpr uint32_t kCharMax = 255;
constexpr uint32_t kVectorMax = 16383;  // dimensions

std::string_view base_of(std::string_view native) { return native.substr(0, native.find_first_of("( ")); }

// --- columns of PostgreSQL ---

std::string decimal_type(const Column& column) {
  uint32_t precision = column.length, scale = column.scale;
  if (precision == 0) precision = digits_of_negative_scale(column);
  if (precision == 0) return fmt::format("decimal({},{})", kDecimalPrecisionMax, kDecimalScaleMax);
  precision = std::max(precision, scale);
  if (precision <= kDecimalPrecisionMax && scale <= kDecimalScaleMax) return fmt::format("decimal({},{})", precision, scale);
  return fmt::format("varchar({}) {{ascii}}", precision + 3);  // sign, zero and point
}

/// The rule's type with its places filled in; where a length is beyond what the type takes, the next wider one.
std::string filled(const Column& column, std::string_view rule, const ServerFlavour& server) {
  const uint32_t n = column.length;
  std::string type(rule);
  const auto put = [&](std::string_view place, const std::string& with) {
    for (size_t at; (at = type.find(place)) != std::string::npos;) type.replace(at, place.size(), with);
  };
  if (type == "decimal({p},{s})") type = decimal_type(column);
  if (type == "bit({n})" && (n == 0 || n > 64)) type = fmt::format("varbinary({})", std::max<uint32_t>(1, (n + 7) / 8));
  if (type.rfind("char({n})", 0) == 0 && n > kCharMax) type.insert(0, "var");
  if (type.rfind("varchar({n})", 0) == 0 && (n == 0 || n > kVarcharMax)) type.replace(0, 12, "longtext");
  if (type.rfind("char({n})", 0) == 0 && n == 0) type.replace(0, 9, "longtext");
  uint32_t dimensions = 0;
  if (type == "vector({n})") {
    const size_t open = column.native_type.find('(');
    if (open != std::string::npos)
      std::from_chars(column.native_type.data() + open + 1, column.native_type.data() + column.native_type.size(), dimensions);
    // MariaDB's have all the same number of dimensions
    const bool fits = server.has_vector() && dimensions <= kVectorMax && !(server.is_mariadb() && dimensions == 0);
    type = fits ? fmt::format("vector({})", dimensions == 0 ? kVectorMax : dimensions) : "json";
  }
  put("{n}", fmt::format("{}", n));
  put("{f}", fmt::format("{}", column.scale));
  put(" {exact}", exact_text(server).sql());
  put(" {caseless}", caseless_text(server).sql());
  put(" {ascii}", TextAttributes{"ascii", "ascii_bin"}.sql());
  return type;
}

std::string postgres_sink_type(const Column& column, const ServerFlavour& server) {
  const PostgresRule& rule = postgres_rule(column);
  const bool own = server.is_mariadb() && !rule.mariadb.empty() && (rule.mysql != "vector({n})" || !server.has_vector());
  return filled(column, own ? rule.mariadb : rule.mysql, server);
}

// --- columns of MySQL and MariaDB ---

std::string label_type(const Column& column, bool in_key, const ServerFlavour& server) {
  std::string out = column.is_set ? "set(" : "enum(";
  for (const std::string& label : column.labels) out += (out.back() == '(' ? "" : ",") + quote_text(label);
  return out + ")" + mapped_text(column, in_key, server).sql();
}

std::string text_type(const Column& column, bool in_key, const ServerFlavour& server) {
  const std::string_view base = base_of(column.native_type);
  if (base == "inet4" || base == "inet6") {
    if (server.is_mariadb() && (base == "inet6" || server.version >= 101000)) return std::string(base);
    return (base == "inet4" ? "varchar(15)" : "varchar(45)") + TextAttributes{"ascii", "ascii_bin"}.sql();
  }
  const TextAttributes attributes = mapped_text(column, in_key, server);
  // a TEXT ends after so many bytes, and in another character set the same text may have more of them
  const bool may_grow = column.large_object && attributes.charset != column.charset;
  const std::string_view type = !may_grow              ? std::string_view(column.native_type)
                                : base == "tinytext"   ? "text"
                                : base == "text"       ? "mediumtext"
                                : base == "mediumtext" ? "longtext"
                                                       : std::string_view(column.native_type);
  return std::string(type) + attributes.sql();
}

std::string family_sink_type(const Column& column, bool in_key, const ServerFlavour& server) {
  const std::string_view base = base_of(column.native_type);
  if (!column.labels.empty()) return label_type(column, in_key, server);
  switch (column.kind) {
    case ValueKind::json:
      // MariaDB keeps the text of its JSON as it was written, MySQL would not
      if (base == "json" || server.is_mariadb()) return "json";
      return "longtext" + TextAttributes{"utf8mb4", "utf8mb4_bin"}.sql();
    case ValueKind::text: return text_type(column, in_key, server);
    case ValueKind::uuid: return server.has_uuid() ? "uuid" : "char(36)" + TextAttributes{"ascii", "ascii_bin"}.sql();
    case ValueKind::vector: return server.has_vector() ? column.native_type : "json";
    case ValueKind::geometry: return base == "geomcollection" ? "geometrycollection" : std::string(base);
    default: return base == "year" ? "year" : column.native_type;
  }
}

/// A type that can be a whole key column; `bytes`: what it may take of the index.
std::string key_type(const std::string& type, uint32_t bytes, const ServerFlavour& server) {
  const TypeSize size = size_of_type(type);
  const bool may_stay = !size.is_large && size.key_bytes <= bytes;
  if (may_stay || (!size.is_text && !size.is_binary)) return type;
  if (size.is_binary) return fmt::format("varbinary({})", bytes);
  const size_t attributes = type.find(" CHARACTER SET ");
  const std::string rest = attributes == std::string::npos ? exact_text(server).sql() : type.substr(attributes);
  return fmt::format("varchar({}){}", std::max<uint32_t>(1, bytes / size.bytes_per_character), rest);
}

std::string plain_type(const Column& column, bool in_key, const ServerFlavour& server) {
  std::string type = column.family == TypeFamily::postgres ? postgres_sink_type(column, server) : family_sink_type(column, in_key, server);
  if (in_key && column.family == TypeFamily::postgres) {
    // what has no index there is a text in a key, as PostgreSQL prints it
    const std::string_view base = base_of(type);
    if (base == "json" || base == "vector" || base == "point" || base == "geometry") return "longtext" + exact_text(server).sql();
    // and what ignores case would make one of two
    const std::string caseless = caseless_text(server).sql();
    const size_t at = type.find(caseless);
    if (at != std::string::npos) type.replace(at, caseless.size(), exact_text(server).sql());
  }
  return type;
}

/// Key columns that are too long share what the others leave.
void fit_key(const TableSchema& schema, const ServerFlavour& server, const std::vector<bool>& is_given, std::vector<std::string>& types) {
  uint32_t left = kIndexBytesMax, open_columns = 0;
  for (uint16_t i : schema.key) {
    const TypeSize size = size_of_type(types[i]);
    const bool is_open =
        !is_given[i] && (size.is_text || size.is_binary) && (size.is_large || size.key_bytes > kIndexBytesMax / schema.key.size());
    if (is_open)
      ++open_columns;
    else
      left -= std::min(left, size.key_bytes);
  }
  for (uint16_t i : schema.key) {
    const TypeSize size = size_of_type(types[i]);
    if (is_given[i] || (!size.is_text && !size.is_binary)) continue;
    if (size.is_large || size.key_bytes > kIndexBytesMax / schema.key.size()) types[i] = key_type(types[i], left / open_columns, server);
  }
}

}  // namespace

std::string sink_column_type(const Column& column, bool in_key, const ServerFlavour& server) {
  std::string type = plain_type(column, in_key, server);
  return in_key ? key_type(type, kIndexBytesMax, server) : type;
}

std::vector<std::string> sink_column_types(const TableSchema& schema, const ServerFlavour& server, const std::vector<std::string>& given) {
  std::vector<std::string> types;
  std::vector<bool> is_given, fixed;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const bool in_key = std::find(schema.key.begin(), schema.key.end(), i) != schema.key.end();
    is_given.push_back(i < given.size() && !given[i].empty());
    fixed.push_back(is_given.back() || in_key);
    types.push_back(is_given.back() ? given[i] : plain_type(schema.columns[i], in_key, server));
  }
  fit_key(schema, server, is_given, types);
  shrink_row(types, fixed);
  return types;
}

std::string sink_column_attributes(const TableSchema& schema, size_t index, const std::string& type, bool may_be_null) {
  const Column& column = schema.columns[index];
  const bool in_key = std::find(schema.key.begin(), schema.key.end(), index) != schema.key.end();
  if (!in_key && (column.nullable || may_be_null)) return " NULL DEFAULT NULL";
  std::string out = " NOT NULL";
  const std::string_view base = base_of(type);
  constexpr std::string_view kIntegers[] = {"tinyint", "smallint", "mediumint", "int", "integer", "bigint"};
  const bool is_integer = std::find(std::begin(kIntegers), std::end(kIntegers), base) != std::end(kIntegers);
  if (column.auto_increment && is_integer && !schema.key.empty() && schema.key[0] == index) return out + " AUTO_INCREMENT";
  // or the first of them would follow the clock with every UPDATE
  if (base == "timestamp") return out + fmt::format(" DEFAULT CURRENT_TIMESTAMP({})", column.scale);
  return out;
}

namespace {

struct TypeOf {
  std::string_view name;
  TargetType type;
  unsigned integer_bytes;
  uint64_t octets_max;
};

constexpr TypeOf kTypes[] = {
    {"tinyint", TargetType::integer, 1, 0},
    {"smallint", TargetType::integer, 2, 0},
    {"mediumint", TargetType::integer, 3, 0},
    {"int", TargetType::integer, 4, 0},
    {"bigint", TargetType::integer, 8, 0},
    {"year", TargetType::year, 0, 0},
    {"float", TargetType::float32, 0, 0},
    {"double", TargetType::float64, 0, 0},
    {"decimal", TargetType::decimal, 0, 0},
    {"date", TargetType::date, 0, 0},
    {"time", TargetType::time, 0, 0},
    {"datetime", TargetType::datetime, 0, 0},
    {"timestamp", TargetType::timestamp, 0, 0},
    {"char", TargetType::text, 0, 0},
    {"varchar", TargetType::text, 0, 0},
    {"tinytext", TargetType::text, 0, 255},
    {"text", TargetType::text, 0, 65535},
    {"mediumtext", TargetType::text, 0, 16777215},
    {"longtext", TargetType::text, 0, 4294967295},
    {"enum", TargetType::label, 0, 0},
    {"set", TargetType::label_set, 0, 0},
    {"binary", TargetType::bytes, 0, 0},
    {"varbinary", TargetType::bytes, 0, 0},
    {"tinyblob", TargetType::bytes, 0, 255},
    {"blob", TargetType::bytes, 0, 65535},
    {"mediumblob", TargetType::bytes, 0, 16777215},
    {"longblob", TargetType::bytes, 0, 4294967295},
    {"bit", TargetType::bits, 0, 0},
    {"json", TargetType::json, 0, 0},
    {"vector", TargetType::vector, 0, 0},
    {"uuid", TargetType::uuid, 0, 0},
    {"inet4", TargetType::inet, 0, 0},
    {"inet6", TargetType::inet, 0, 0},
};

}  // namespace

TargetColumn make_target_column(const ColumnFacts& facts) {
  TargetColumn out;
  for (const char c : facts.data_type) out.data_type += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  try {
    out.column = make_column(facts, facts.name);
  } catch (const Error&) {  // a type or character set that is not known: misfit() says so
    out.column.name = facts.name;
    out.column.native_type = facts.column_type;
    out.column.nullable = facts.nullable;
  }
  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeOf& t) { return t.name == out.data_type; });
  if (out.column.kind == ValueKind::geometry) {
    out.type = TargetType::geometry;
  } else if (out.column.kind != ValueKind::other && type != std::end(kTypes)) {
    out.type = type->type;
    out.integer_bytes = type->integer_bytes;
    out.octets_max = type->octets_max;
    if (out.column.kind == ValueKind::bytes && out.octets_max == 0) out.octets_max = out.column.length;
    if (out.column.kind == ValueKind::json && out.data_type == "longtext") out.type = TargetType::checked_json;
  }
  out.is_generated = is_generated(facts);
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
  };
  out.updates_itself = lower(facts.extra).find("on update") != std::string::npos;
  out.has_default = facts.nullable || facts.default_text.has_value() || out.is_generated || out.column.auto_increment;
  return out;
}

}  // namespace tidemark::mysql
