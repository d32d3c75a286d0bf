#include "engine/mysql/column_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/mysql/dialect.h"

namespace tidemark::mysql {
namespace {

using Facts = std::map<TableName, std::vector<ColumnFacts>>;

std::string text(const Cell& cell) { return cell.value_or(std::string()); }

std::optional<uint64_t> number(const Cell& cell) {
  uint64_t n = 0;
  if (!cell || std::from_chars(cell->data(), cell->data() + cell->size(), n).ec != std::errc()) return std::nullopt;
  return n;
}

// MariaDB's JSON is LONGTEXT with this check; nothing else tells.
void read_json_checks(Connection& connection, const std::set<TableName>& tables, Facts& facts) {
  const auto may_be_json = [](const ColumnFacts& column) { return column.data_type == "longtext"; };
  if (std::none_of(facts.begin(), facts.end(),
                   [&](const auto& entry) { return std::any_of(entry.second.begin(), entry.second.end(), may_be_json); })) {
    return;
  }
  const auto rows =
      connection.query(fmt::format("SELECT constraint_schema, table_name, check_clause FROM information_schema.check_constraints "
                                   "WHERE {} AND check_clause LIKE 'json_valid(%'",
                                   table_scope(tables, "constraint_schema", "table_name")));
  for (const ResultRow& row : rows) {
    const auto found = facts.find({text(row[0]), text(row[1])});
    if (found == facts.end()) continue;
    for (ColumnFacts& column : found->second) {
      if (text(row[2]) == "json_valid(" + quote_name(column.name) + ")") column.json_checked = true;
    }
  }
}

}  // namespace

std::string table_scope(const std::set<TableName>& tables, std::string_view schema_column, std::string_view table_column) {
  std::set<std::string> schemas, names;
  for (const TableName& name : tables) {
    schemas.insert(hex_literal(name.database, true));
    names.insert(hex_literal(name.table, true));
  }
  std::string out = fmt::format("{} IN ({})", schema_column, fmt::join(schemas, ","));
  if (names.size() <= 200) out += fmt::format(" AND {} IN ({})", table_column, fmt::join(names, ","));
  return out;
}

Facts read_column_facts(Connection& connection, const std::set<TableName>& tables) {
  Facts out;
  const auto rows = connection.query(fmt::format(
      "SELECT table_schema, table_name, column_name, ordinal_position, is_nullable, data_type, column_type, character_set_name, "
      "collation_name, extra, character_maximum_length, numeric_precision, numeric_scale, datetime_precision, column_default "
      "FROM information_schema.columns WHERE {} ORDER BY table_schema, table_name, ordinal_position",
      table_scope(tables, "table_schema", "table_name")));
  for (const ResultRow& row : rows) {
    const TableName name{text(row[0]), text(row[1])};
    if (tables.count(name) == 0) continue;
    std::vector<ColumnFacts>& columns = out[name];
    ColumnFacts facts;
    facts.name = text(row[2]);
    // counted, not taken over: after DROP COLUMN some servers leave gaps, the log has none
    facts.ordinal = static_cast<uint16_t>(columns.size());
    facts.nullable = text(row[4]) == "YES";
    facts.data_type = text(row[5]);
    facts.column_type = text(row[6]);
    facts.charset = text(row[7]);
    facts.collation = text(row[8]);
    facts.extra = text(row[9]);
    facts.character_length = number(row[10]);
    facts.numeric_precision = number(row[11]);
    facts.numeric_scale = number(row[12]);
    facts.datetime_precision = number(row[13]);
    facts.default_text = row[14];
    columns.push_back(std::move(facts));
  }
  if (connection.is_mariadb()) read_json_checks(connection, tables, out);
  return out;
}

}  // namespace tidemark::mysql
