#include "engine/postgres/source_sql.h"

#include <fmt/format.h>

#include "engine/postgres/dialect.h"
#include "engine/postgres/value_decoding.h"
#include "engine/postgres/value_text.h"

namespace tidemark::postgres {
namespace {

/// Quoted, and without a type: next to a column PostgreSQL takes it as one of the column's type, and never by a cast to a text of another
/// order.
std::string literal(const Column& column, const Value& value) {
  if (value.is_null()) return "NULL";
  return quote_literal(is_text_itself(value.kind()) ? std::string(value.bytes()) : value_text(value, column.length));
}

/// A single value stands for itself, several are a row, which PostgreSQL compares as its indexes do.
std::string compare(const TableSchema& table, const char* sign, const Value* values) {
  std::string list;
  for (size_t i = 0; i < table.key.size(); ++i) {
    list += fmt::format("{}{}", i > 0 ? ", " : "", literal(table.columns[table.key[i]], values[i]));
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
    for (const auto& key : keys) out += (out.empty() ? "" : ", ") + literal(column, key[0]);
    return fmt::format("{} IN ({})", key_list(table), out);
  }
  for (const auto& key : keys) out += fmt::format("{}{}", out.empty() ? "" : " OR ", compare(table, "=", key.data()));
  return out;
}

}  // namespace tidemark::postgres
