#include "engine/sqlite/dialect.h"

namespace tidemark::sqlite {

namespace {

std::string quoted_with(std::string_view text, char mark) {
  std::string out(1, mark);
  for (char c : text) {
    if (c == mark) out.push_back(mark);
    out.push_back(c);
  }
  out.push_back(mark);
  return out;
}

/// "a", "b", "c"
std::string name_list(const TableSchema& schema, const Columns& columns) {
  std::string out;
  for (uint16_t c : columns) {
    if (!out.empty()) out += ", ";
    out += quote(schema.columns[c].name);
  }
  return out;
}

Columns all_columns(const TableSchema& schema) {
  Columns all(schema.columns.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  return all;
}

/// (?1, ?2, ?3)
std::string parameters(size_t first, size_t count) {
  std::string out = "(";
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) out += ", ";
    out += '?' + std::to_string(first + i);
  }
  return out + ")";
}

/// "a" = ?1, "b" = ?2
std::string assignments(const TableSchema& schema, const Columns& set) {
  std::string out;
  for (size_t i = 0; i < set.size(); ++i) {
    if (i > 0) out += ", ";
    out += quote(schema.columns[set[i]].name) + " = ?" + std::to_string(i + 1);
  }
  return out;
}

/// "k" = ?n AND "l" = ?n+1
std::string key_equals(const TableSchema& schema, size_t first) {
  std::string out;
  for (size_t i = 0; i < schema.key.size(); ++i) {
    if (i > 0) out += " AND ";
    out += quote(schema.columns[schema.key[i]].name) + " = ?" + std::to_string(first + i);
  }
  return out;
}

/// The rowid of one row that matches. Conditions are grouped, since SQLite allows expressions of at most 1,000 levels.
std::string first_match(const TableSchema& schema, std::string_view target, std::string_view rowid, const Columns& match, size_t first) {
  constexpr size_t kGroup = 100;
  std::string rowid_text(rowid);
  std::string where;
  for (size_t i = 0; i < match.size(); ++i) {
    if (i % kGroup == 0)
      where += i == 0 ? "(" : ") AND (";
    else
      where += " AND ";
    where += quote(schema.columns[match[i]].name) + " IS ?" + std::to_string(first + i);
  }
  where += ")";
  return rowid_text + " = (SELECT " + rowid_text + " FROM " + quote(target) + " WHERE " + where + " LIMIT 1)";
}

}  // namespace

std::string quote(std::string_view name) { return quoted_with(name, '"'); }
std::string literal(std::string_view text) { return quoted_with(text, '\''); }

std::string create_table(const TableSchema& schema, std::string_view target, const std::vector<ColumnPlan>& plan) {
  std::vector<bool> in_key(schema.columns.size());
  for (uint16_t c : schema.key) in_key[c] = true;
  // Spelled exactly so, the key is the rowid itself: the fastest table that SQLite has.
  bool rowid_key = schema.key.size() == 1 && plan[schema.key[0]].storage == Storage::integer;
  std::string sql = "CREATE TABLE " + quote(target) + " (";
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    if (i > 0) sql += ", ";
    sql += quote(schema.columns[i].name) + ' ' + std::string(declared_type(plan[i].storage));
    if (in_key[i]) sql += rowid_key ? " PRIMARY KEY" : " NOT NULL";
  }
  if (schema.has_key() && !rowid_key) sql += ", PRIMARY KEY (" + name_list(schema, schema.key) + ")";
  sql += ") STRICT";
  if (schema.has_key() && !rowid_key) sql += ", WITHOUT ROWID";
  return sql;
}

std::string insert_sql(const TableSchema& schema, std::string_view target, const Columns& columns, size_t rows) {
  std::string sql = "INSERT INTO " + quote(target) + " (" + name_list(schema, columns) + ") VALUES ";
  for (size_t i = 0; i < rows; ++i) {
    if (i > 0) sql += ", ";
    sql += parameters(1 + i * columns.size(), columns.size());
  }
  return sql;
}

std::string upsert_sql(const TableSchema& schema, std::string_view target) {
  std::vector<bool> in_key(schema.columns.size());
  for (uint16_t c : schema.key) in_key[c] = true;
  std::string sql = insert_sql(schema, target, all_columns(schema)) + " ON CONFLICT (" + name_list(schema, schema.key) + ") DO ";
  std::string set;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    if (in_key[i]) continue;
    if (!set.empty()) set += ", ";
    set += quote(schema.columns[i].name) + " = excluded." + quote(schema.columns[i].name);
  }
  return sql + (set.empty() ? "NOTHING" : "UPDATE SET " + set);
}

std::string empty_sql(std::string_view target) { return "DELETE FROM " + quote(target); }

std::string delete_sql(const TableSchema& schema, std::string_view target) {
  return "DELETE FROM " + quote(target) + " WHERE " + key_equals(schema, 1);
}

std::string update_sql(const TableSchema& schema, std::string_view target, const Columns& set) {
  std::string key = quote(schema.columns[schema.key[0]].name);
  std::string assigned = set.empty() ? key + " = " + key : assignments(schema, set);
  return "UPDATE " + quote(target) + " SET " + assigned + " WHERE " + key_equals(schema, set.size() + 1);
}

std::string delete_match_sql(const TableSchema& schema, std::string_view target, std::string_view rowid, const Columns& match) {
  return "DELETE FROM " + quote(target) + " WHERE " + first_match(schema, target, rowid, match, 1);
}

std::string update_match_sql(const TableSchema& schema, std::string_view target, std::string_view rowid, const Columns& set,
                             const Columns& match) {
  return "UPDATE " + quote(target) + " SET " + assignments(schema, set) + " WHERE " +
         first_match(schema, target, rowid, match, set.size() + 1);
}

std::string select_key_sql(const TableSchema& schema, std::string_view target) {
  return "SELECT " + name_list(schema, all_columns(schema)) + " FROM " + quote(target) + " WHERE " + key_equals(schema, 1);
}

std::string key_page_sql(const TableSchema& schema, std::string_view target, bool after) {
  std::string key = name_list(schema, schema.key);
  size_t n = schema.key.size();
  std::string sql = "SELECT " + key + " FROM " + quote(target);
  if (after) sql += " WHERE (" + key + ") > " + parameters(1, n);
  return sql + " ORDER BY " + key + " LIMIT ?" + std::to_string(after ? n + 1 : 1);
}

std::string select_all_sql(const TableSchema& schema, std::string_view target) {
  return "SELECT " + name_list(schema, all_columns(schema)) + " FROM " + quote(target);
}

std::string rowid_name(const TableSchema& schema) {
  for (const char* candidate : {"rowid", "_rowid_", "oid"}) {
    bool taken = false;
    for (const Column& column : schema.columns) taken = taken || fold_name(column.name) == candidate;
    if (!taken) return candidate;
  }
  return {};
}

std::string fold_name(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

}  // namespace tidemark::sqlite
