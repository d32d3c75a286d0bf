#include "engine/postgres/source_sql.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/postgres/dialect.h"
#include "engine/postgres/moment_text.h"
#include "engine/postgres/value_decoding.h"

namespace tidemark::postgres {
namespace {

template <typename Float>
std::string float_text(Float v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v < 0 ? "-Infinity" : "Infinity";
  return fmt::format("{}", v);  // the shortest text that means the same number
}

std::string hex_text(std::string_view bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (char c : bytes) {
    out.push_back("0123456789abcdef"[static_cast<uint8_t>(c) >> 4]);
    out.push_back("0123456789abcdef"[static_cast<uint8_t>(c) & 15]);
  }
  return out;
}

std::string bit_text(std::string_view bytes, uint32_t length) {
  std::string out;
  for (size_t bit = bytes.size() * 8 - length; bit < bytes.size() * 8; ++bit) {
    out.push_back((static_cast<uint8_t>(bytes[bit / 8]) >> (7 - bit % 8) & 1) != 0 ? '1' : '0');
  }
  return out;
}

std::string value_text(const Value& value) {
  switch (value.kind()) {
    case ValueKind::boolean: return value.int64() != 0 ? "t" : "f";
    case ValueKind::int64: return std::to_string(value.int64());
    case ValueKind::uint64: return std::to_string(value.uint64());
    case ValueKind::float32: return float_text(value.float32());
    case ValueKind::float64: return float_text(value.float64());
    case ValueKind::date: return date_text(value.civil());
    case ValueKind::datetime: return moment_text(value.civil(), false);
    case ValueKind::timestamp: return moment_text(value.civil(), true);
    case ValueKind::time: return time_of_day_text(value.int64());
    case ValueKind::bytes: return "\\x" + hex_text(value.bytes());
    case ValueKind::uuid: return hex_text(value.bytes());
    default: return std::string(value.bytes());
  }
}

std::string column_literal(const Column& column, const Value& value) {
  if (value.kind() != ValueKind::bits) return key_literal(value);
  const auto bits = static_cast<uint32_t>(value.bytes().size() * 8);
  return quote_literal(bit_text(value.bytes(), column.length == 0 || column.length > bits ? bits : column.length));
}

/// A single value stands for itself, several are a row, which PostgreSQL compares as its indexes do.
std::string compare(const TableSchema& table, const char* sign, const Value* values) {
  std::string list;
  for (size_t i = 0; i < table.key.size(); ++i) {
    list += fmt::format("{}{}", i > 0 ? ", " : "", column_literal(table.columns[table.key[i]], values[i]));
  }
  if (table.key.size() == 1) return fmt::format("{} {} {}", key_list(table), sign, list);
  return fmt::format("({}) {} ({})", key_list(table), sign, list);
}

}  // namespace

std::string copy_list(const TableSchema& table) {
  std::string out;
  for (const Column& column : table.columns) {
    const std::string name = quote_name(column.name);
    if (!out.empty()) out += ", ";
    // Not name::text: a cast may print otherwise than the type does (inet, char(n), xml). And IS NULL holds for a composite of NULLs too.
    out += binary_is_exact(column) ? name : fmt::format("CASE WHEN num_nulls({0}) = 0 THEN concat({0}) END", name);
  }
  return out;
}

std::string key_list(const TableSchema& table) {
  std::string out;
  for (const uint16_t i : table.key) out += (out.empty() ? "" : ", ") + quote_name(table.columns[i].name);
  return out;
}

std::string key_literal(const Value& value) { return value.is_null() ? "NULL" : quote_literal(value_text(value)); }

std::string range_predicate(const TableSchema& table, const Value* after, const Value* upto) {
  std::string out;
  if (after) out = compare(table, ">", after);
  if (upto) out += (out.empty() ? "" : " AND ") + compare(table, "<=", upto);
  return out;
}

std::string keys_predicate(const TableSchema& table, const std::vector<std::vector<Value>>& keys) {
  std::string out;
  if (table.key.size() == 1) {
    const Column& column = table.columns[table.key[0]];
    for (const auto& key : keys) out += (out.empty() ? "" : ", ") + column_literal(column, key[0]);
    return fmt::format("{} IN ({})", key_list(table), out);
  }
  for (const auto& key : keys) out += fmt::format("{}{}", out.empty() ? "" : " OR ", compare(table, "=", key.data()));
  return out;
}

}  // namespace tidemark::postgres
