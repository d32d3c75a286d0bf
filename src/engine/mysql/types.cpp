#include "engine/mysql/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/mysql/charset.h"
#include "tidemark/error.h"

namespace tidemark::mysql {

namespace {

struct TypeRule {
  std::string_view data_type;
  ValueKind kind;
  bool large;
};

constexpr TypeRule kRules[] = {
    {"tinyint", ValueKind::int64, false},
    {"smallint", ValueKind::int64, false},
    {"mediumint", ValueKind::int64, false},
    {"int", ValueKind::int64, false},
    {"integer", ValueKind::int64, false},
    {"bigint", ValueKind::int64, false},
    {"year", ValueKind::int64, false},
    {"float", ValueKind::float32, false},
    {"double", ValueKind::float64, false},
    {"real", ValueKind::float64, false},
    {"decimal", ValueKind::decimal, false},
    {"numeric", ValueKind::decimal, false},
    {"bit", ValueKind::bits, false},
    {"date", ValueKind::date, false},
    {"time", ValueKind::time, false},
    {"datetime", ValueKind::datetime, false},
    {"timestamp", ValueKind::timestamp, false},
    {"char", ValueKind::text, false},
    {"varchar", ValueKind::text, false},
    {"tinytext", ValueKind::text, true},
    {"text", ValueKind::text, true},
    {"mediumtext", ValueKind::text, true},
    {"longtext", ValueKind::text, true},
    {"enum", ValueKind::text, false},
    {"set", ValueKind::text, false},
    {"json", ValueKind::json, true},
    {"binary", ValueKind::bytes, false},
    {"varbinary", ValueKind::bytes, false},
    {"tinyblob", ValueKind::bytes, true},
    {"blob", ValueKind::bytes, true},
    {"mediumblob", ValueKind::bytes, true},
    {"longblob", ValueKind::bytes, true},
    {"geometry", ValueKind::geometry, true},
    {"point", ValueKind::geometry, true},
    {"linestring", ValueKind::geometry, true},
    {"polygon", ValueKind::geometry, true},
    {"multipoint", ValueKind::geometry, true},
    {"multilinestring", ValueKind::geometry, true},
    {"multipolygon", ValueKind::geometry, true},
    {"geometrycollection", ValueKind::geometry, true},
    {"geomcollection", ValueKind::geometry, true},
    {"vector", ValueKind::vector, true},
    {"uuid", ValueKind::uuid, false},
    {"inet4", ValueKind::text, false},
    {"inet6", ValueKind::text, false},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// MariaDB adds comments to the types of compressed and of very old columns: "blob /*M!100301 COMPRESSED*/".
std::string without_comments(std::string text) {
  for (size_t begin; (begin = text.find("/*")) != std::string::npos;) {
    const size_t end = text.find("*/", begin);
    text.erase(begin, end == std::string::npos ? std::string::npos : end + 2 - begin);
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

/// The number in "bit(12)"; 1 when there is none, as for BIT.
uint32_t number_in_brackets(std::string_view column_type) {
  const size_t open = column_type.find('(');
  uint32_t n = 1;
  if (open != std::string_view::npos) std::from_chars(column_type.data() + open + 1, column_type.data() + column_type.size(), n);
  return n;
}

// Text whose server order is exactly the order of its UTF-8 bytes, trailing spaces included. Not CHAR: it is compared padded with spaces
// ("a\t" sorts before "a"), but read without them.
bool byte_ordered(const std::string& collation) {
  return collation == "utf8mb4_0900_bin" || collation == "utf8mb4_nopad_bin" || collation == "binary";
}

bool order_is_known(const Column& column, const std::string& type) {
  if (column.large_object) return false;
  switch (column.kind) {
    case ValueKind::int64:
    case ValueKind::uint64:
    case ValueKind::bytes:
    case ValueKind::date:
    case ValueKind::datetime:
    case ValueKind::timestamp:
    case ValueKind::time: return true;
    case ValueKind::text: return type == "varchar" && byte_ordered(column.collation);
    default: return false;
  }
}

}  // namespace

bool is_generated(const ColumnFacts& facts) {
  // DEFAULT_GENERATED only says that the default is an expression
  const std::string extra = lower(facts.extra);
  return extra.find("virtual generated") != std::string::npos || extra.find("stored generated") != std::string::npos ||
         extra.find("persistent") != std::string::npos;
}

std::vector<std::string> parse_labels(std::string_view column_type) {
  std::vector<std::string> labels;
  size_t i = column_type.find('(');
  if (i == std::string_view::npos) return labels;
  while (++i < column_type.size() && column_type[i] == '\'') {
    std::string& label = labels.emplace_back();
    for (++i; i < column_type.size(); ++i) {
      char c = column_type[i];
      if (c == '\'') {
        if (i + 1 >= column_type.size() || column_type[i + 1] != '\'') break;
        ++i;
      } else if (c == '\\' && i + 1 < column_type.size()) {
        switch (column_type[++i]) {
          case 'n': c = '\n'; break;
          case 'r': c = '\r'; break;
          case '0': c = '\0'; break;
          default: c = column_type[i];
        }
      }
      label += c;
    }
    ++i;  // the closing quote; a comma or the bracket follows
  }
  return labels;
}

Column make_column(const ColumnFacts& facts, const std::string& what) {
  const std::string type = lower(facts.data_type);
  const auto* rule = std::find_if(std::begin(kRules), std::end(kRules), [&](const TypeRule& r) { return r.data_type == type; });
  if (rule == std::end(kRules)) {
    throw Error(ErrorKind::unsupported, what, fmt::format("type {} is not known", printable(facts.column_type)),
                "leave the table out with tables.exclude, or change the column's type");
  }
  Column column;
  column.name = facts.name;
  column.kind = rule->kind;
  // the members of an ENUM may look like comments
  const bool has_members = type == "enum" || type == "set";
  column.native_type = has_members ? facts.column_type : without_comments(facts.column_type);
  column.ordinal = facts.ordinal;
  column.nullable = facts.nullable;
  column.large_object = rule->large;
  column.auto_increment = lower(facts.extra).find("auto_increment") != std::string::npos;
  // behind the brackets only: an ENUM may have a label called "unsigned"
  const std::string attributes = column.native_type.substr(std::min(column.native_type.size(), column.native_type.rfind(')') + 1));
  const std::string all = has_members ? attributes : lower(column.native_type);
  column.is_unsigned = all.find("unsigned") != std::string::npos;
  if (column.kind == ValueKind::int64 && column.is_unsigned && type != "year") column.kind = ValueKind::uint64;
  if (type == "year") column.is_unsigned = false;

  switch (column.kind) {
    case ValueKind::decimal:
      column.length = static_cast<uint32_t>(facts.numeric_precision.value_or(10));
      column.scale = static_cast<uint8_t>(facts.numeric_scale.value_or(0));
      break;
    case ValueKind::bits: column.length = number_in_brackets(column.native_type); break;
    case ValueKind::time:
    case ValueKind::datetime:
    case ValueKind::timestamp: column.scale = static_cast<uint8_t>(facts.datetime_precision.value_or(0)); break;
    case ValueKind::text:
    case ValueKind::json:
      column.charset = facts.charset;
      column.collation = facts.collation;
      if (!column.large_object) column.length = static_cast<uint32_t>(facts.character_length.value_or(0));
      break;
    case ValueKind::bytes:
      if (!column.large_object) column.length = static_cast<uint32_t>(facts.character_length.value_or(0));
      break;
    case ValueKind::vector: column.length = number_in_brackets(column.native_type); break;
    default: break;
  }
  column.fixed_length = type == "char" || type == "binary";
  if (type == "json") column.charset = "utf8mb4", column.collation = "utf8mb4_bin";
  if (type == "inet4" || type == "inet6") column.charset = "ascii", column.collation.clear();
  // MariaDB's JSON is text with a check: it stays "longtext", by which a sink knows that the text is kept as it was written
  if (type == "longtext" && facts.json_checked) column.kind = ValueKind::json;
  if (has_members) {
    column.labels = facts.labels.empty() ? parse_labels(facts.column_type) : facts.labels;
    column.is_set = type == "set";
  }
  if (!column.charset.empty() && charset_by_name(column.charset) == nullptr) {
    throw Error(ErrorKind::unsupported, what, fmt::format("character set {} is not known", printable(column.charset)),
                "leave the table out with tables.exclude, or convert the column: ALTER TABLE ... CONVERT TO CHARACTER SET utf8mb4");
  }
  column.order_known = order_is_known(column, type);
  return column;
}

}  // namespace tidemark::mysql
