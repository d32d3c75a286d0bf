#include "engine/postgres/row_sql.h"

#include <fmt/format.h>

namespace tidemark::postgres {
namespace {

/// Joins what `piece(i)` gives for 0..n-1.
template <typename Piece>
std::string join(size_t n, const char* separator, Piece piece) {
  std::string out;
  for (size_t i = 0; i < n; ++i) {
    if (i > 0) out += separator;
    out += piece(i);
  }
  return out;
}

}  // namespace

std::string insert_head(const TargetTable& table) {
  return fmt::format("INSERT INTO {} ({}) {}", table.quoted, table.column_list(), table.overriding ? "OVERRIDING SYSTEM VALUE " : "");
}

std::string conflict_tail(const TargetTable& table) {
  if (!table.schema->has_key()) return {};
  std::string sets;
  for (const TargetColumn& column : table.columns) {
    if (!column.in_key) sets += fmt::format("{}{}=EXCLUDED.{}", sets.empty() ? "" : ",", column.quoted, column.quoted);
  }
  std::string action = sets.empty() ? "NOTHING" : "UPDATE SET " + sets;
  return fmt::format(" ON CONFLICT ({}) DO {}", table.key_list(), action);
}

std::string unnest_call(const TargetTable& table, const std::vector<size_t>& columns) {
  return "unnest(" +
         join(columns.size(), ",", [&](size_t i) { return fmt::format("${}::{}[]", i + 1, table.columns[columns[i]].type.cast); }) + ")";
}

std::string upsert_sql(const TargetTable& table) {
  std::vector<size_t> all(table.columns.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  return fmt::format("{}SELECT * FROM {}{}", insert_head(table), unnest_call(table, all), conflict_tail(table));
}

std::string empty_sql(const TargetTable& table) { return "DELETE FROM " + table.quoted; }

std::string remove_sql(const TargetTable& table) {
  std::vector<size_t> key(table.schema->key.begin(), table.schema->key.end());
  std::string names = join(key.size(), ",", [](size_t i) { return fmt::format("k{}", i); });
  std::string where = join(key.size(), " AND ", [&](size_t i) { return fmt::format("t.{}=u.k{}", table.columns[key[i]].quoted, i); });
  return fmt::format("DELETE FROM {} t USING {} u({}) WHERE {}", table.quoted, unnest_call(table, key), names, where);
}

std::string patch_sql(const TargetTable& table, const std::vector<size_t>& set, bool single) {
  const std::vector<uint16_t>& key = table.schema->key;
  auto parameter = [&](size_t i, size_t column) {
    return single ? fmt::format("${}::{}", i + 1, table.columns[column].type.cast) : fmt::format("u.p{}", i);
  };
  std::string sets = join(set.size(), ",",
                          [&](size_t i) { return fmt::format("{}={}", table.columns[set[i]].quoted, parameter(key.size() + i, set[i])); });
  // an update of nothing must still meet its row
  if (set.empty()) sets = fmt::format("{}=t.{}", table.columns[key[0]].quoted, table.columns[key[0]].quoted);
  std::string where =
      join(key.size(), " AND ", [&](size_t i) { return fmt::format("t.{}={}", table.columns[key[i]].quoted, parameter(i, key[i])); });
  if (single) return fmt::format("UPDATE {} t SET {} WHERE {}", table.quoted, sets, where);
  std::vector<size_t> columns(key.begin(), key.end());
  columns.insert(columns.end(), set.begin(), set.end());
  std::string names = join(columns.size(), ",", [](size_t i) { return fmt::format("p{}", i); });
  return fmt::format("UPDATE {} t SET {} FROM {} u({}) WHERE {}", table.quoted, sets, unnest_call(table, columns), names, where);
}

std::string match_whole_sql(const TargetTable& table, const std::vector<size_t>& match, const std::vector<size_t>& set, bool is_delete) {
  std::string where = join(match.size(), " AND ", [&](size_t i) {
    const TargetColumn& column = table.columns[match[i]];
    // json has no equality of its own; what is kept is its text
    if (column.type.wire == WireType::json) return fmt::format("{}::text IS NOT DISTINCT FROM ${}::text", column.quoted, i + 1);
    return fmt::format("{} IS NOT DISTINCT FROM ${}::{}", column.quoted, i + 1, column.type.cast);
  });
  std::string place = fmt::format("ctid=(SELECT ctid FROM {} WHERE {} LIMIT 1)", table.quoted, where);
  if (is_delete) return fmt::format("DELETE FROM {} WHERE {}", table.quoted, place);
  std::string sets = join(set.size(), ",", [&](size_t i) {
    const TargetColumn& column = table.columns[set[i]];
    return fmt::format("{}=${}::{}", column.quoted, match.size() + i + 1, column.type.cast);
  });
  return fmt::format("UPDATE {} SET {} WHERE {}", table.quoted, sets, place);
}

std::string insert_single_sql(const TargetTable& table) {
  return insert_head(table) + "VALUES (" +
         join(table.columns.size(), ",", [&](size_t i) { return fmt::format("${}::{}", i + 1, table.columns[i].type.cast); }) + ")" +
         conflict_tail(table);
}

}  // namespace tidemark::postgres
