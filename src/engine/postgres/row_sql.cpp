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

/// $n as the column's type.
std::string scalar(const TargetColumn& column, size_t place) {
  return column.typed(fmt::format("${}::{}", place, column.parameter_type()));
}

}  // namespace

std::string key_equals(const TargetTable& table, size_t column, const std::string& parameter) {
  return fmt::format("t.{}={}", table.columns[column].quoted, table.columns[column].typed(parameter));
}

std::string staged_sql(const TargetTable& table, bool plain) {
  std::string typed = join(table.columns.size(), ",", [&](size_t i) { return table.columns[i].typed(table.columns[i].quoted); });
  return fmt::format("{}SELECT {} FROM pg_temp.{}{}", insert_head(table), typed, table.stage, plain ? "" : conflict_tail(table));
}

std::string stage_columns(const TargetTable& table) {
  return join(table.columns.size(), ",", [&](size_t i) {
    const TargetColumn& column = table.columns[i];
    return column.is_cast() ? fmt::format("NULL::text AS {}", column.quoted) : column.quoted;
  });
}

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
         join(columns.size(), ",", [&](size_t i) { return fmt::format("${}::{}[]", i + 1, table.columns[columns[i]].parameter_type()); }) +
         ")";
}

std::string upsert_sql(const TargetTable& table) {
  std::vector<size_t> all(table.columns.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  if (!table.has_casts) return fmt::format("{}SELECT * FROM {}{}", insert_head(table), unnest_call(table, all), conflict_tail(table));
  std::string names = join(all.size(), ",", [](size_t i) { return fmt::format("c{}", i); });
  std::string typed = join(all.size(), ",", [&](size_t i) { return table.columns[i].typed(fmt::format("u.c{}", i)); });
  return fmt::format("{}SELECT {} FROM {} u({}){}", insert_head(table), typed, unnest_call(table, all), names, conflict_tail(table));
}

std::string empty_sql(const TargetTable& table) { return "DELETE FROM " + table.quoted; }

std::string remove_sql(const TargetTable& table) {
  std::vector<size_t> key(table.schema->key.begin(), table.schema->key.end());
  std::string names = join(key.size(), ",", [](size_t i) { return fmt::format("k{}", i); });
  std::string where = join(key.size(), " AND ", [&](size_t i) { return key_equals(table, key[i], fmt::format("u.k{}", i)); });
  return fmt::format("DELETE FROM {} t USING {} u({}) WHERE {}", table.quoted, unnest_call(table, key), names, where);
}

std::string patch_sql(const TargetTable& table, const std::vector<size_t>& set, bool single) {
  const std::vector<uint16_t>& key = table.schema->key;
  auto parameter = [&](size_t i, size_t column) {
    return single ? scalar(table.columns[column], i + 1) : table.columns[column].typed(fmt::format("u.p{}", i));
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
    // json has no equality of its own, and citext is equal to what it is not; what is kept is the text
    if (column.is_cast()) return fmt::format("{} IS NOT DISTINCT FROM ${}::text", column.read_from(column.quoted), i + 1);
    const bool by_text = column.type.wire == WireType::json || (column.type.wire == WireType::text && column.type.oid >= 16384);
    if (by_text) return fmt::format("{}::text IS NOT DISTINCT FROM ${}::text", column.quoted, i + 1);
    return fmt::format("{} IS NOT DISTINCT FROM ${}::{}", column.quoted, i + 1, column.type.cast);
  });
  std::string place = fmt::format("ctid=(SELECT ctid FROM {} WHERE {} LIMIT 1)", table.quoted, where);
  if (is_delete) return fmt::format("DELETE FROM {} WHERE {}", table.quoted, place);
  std::string sets = join(set.size(), ",", [&](size_t i) {
    const TargetColumn& column = table.columns[set[i]];
    return fmt::format("{}={}", column.quoted, scalar(column, match.size() + i + 1));
  });
  return fmt::format("UPDATE {} SET {} WHERE {}", table.quoted, sets, place);
}

std::string insert_single_sql(const TargetTable& table) {
  return insert_head(table) + "VALUES (" + join(table.columns.size(), ",", [&](size_t i) { return scalar(table.columns[i], i + 1); }) +
         ")" + conflict_tail(table);
}

}  // namespace tidemark::postgres
