#include "engine/mysql/sink_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/mysql/column_facts.h"
#include "engine/mysql/dialect.h"
#include "engine/mysql/enum_labels.h"

namespace tidemark::mysql {
namespace {

constexpr const char* kReading = "reading the sink's catalog";
constexpr size_t kTablesAtOnce = 100;

std::string text(const Cell& cell) { return cell.value_or(std::string()); }

using Tables = std::map<TableName, SinkCatalogTable>;

void read_indexes(SinkSession& session, const std::set<TableName>& names, Tables& tables) {
  const auto rows =
      session.query(fmt::format("SELECT table_schema, table_name, index_name, column_name, sub_part FROM information_schema.statistics "
                                "WHERE non_unique = 0 AND {} ORDER BY table_schema, table_name, index_name, seq_in_index",
                                table_scope(names, "table_schema", "table_name")),
                    kReading);
  for (const ResultRow& row : rows) {
    const auto found = tables.find({text(row[0]), text(row[1])});
    if (found == tables.end()) continue;
    std::vector<IndexFacts>& indexes = found->second.unique_indexes;
    if (indexes.empty() || indexes.back().name != text(row[2])) indexes.push_back({text(row[2]), {}, true});
    indexes.back().columns.push_back(text(row[3]));
    // of an expression, or of the beginning of a column only
    if (!row[3] || row[4]) indexes.back().usable = false;
  }
}

void read_triggers(SinkSession& session, const std::set<TableName>& names, Tables& tables) {
  const auto rows = session.query(
      fmt::format("SELECT event_object_schema, event_object_table, trigger_name FROM information_schema.triggers WHERE {} ORDER BY 1, 2, 3",
                  table_scope(names, "event_object_schema", "event_object_table")),
      kReading);
  for (const ResultRow& row : rows) {
    const auto found = tables.find({text(row[0]), text(row[1])});
    if (found != tables.end()) found->second.triggers.push_back(text(row[2]));
  }
}

}  // namespace

std::vector<SinkCatalogTable> read_sink_catalog(SinkSession& session, const std::vector<TableName>& names) {
  const std::set<TableName> wanted(names.begin(), names.end());
  Tables tables;
  if (wanted.empty()) return {};
  const auto rows = session.query(fmt::format("SELECT table_schema, table_name, table_type, engine FROM information_schema.tables WHERE {}",
                                              table_scope(wanted, "table_schema", "table_name")),
                                  kReading);
  std::set<TableName> present;
  for (const ResultRow& row : rows) {
    const TableName name{text(row[0]), text(row[1])};
    if (wanted.count(name) == 0) continue;
    tables[name].exists = true;
    tables[name].type = text(row[2]);
    tables[name].engine = text(row[3]);
    present.insert(name);
  }
  if (!present.empty()) {
    for (auto& [name, columns] : read_column_facts(session.connection(), present)) {
      for (ColumnFacts& facts : columns) {
        if (labels_in_doubt(facts)) resolve_labels(session.connection(), name, facts);
      }
      tables[name].columns = std::move(columns);
    }
    read_indexes(session, present, tables);
    read_triggers(session, present, tables);
  }
  session.run("COMMIT", kReading);
  std::vector<SinkCatalogTable> out;
  for (const TableName& name : names) out.push_back(tables[name]);
  return out;
}

std::vector<std::string> missing_databases(SinkSession& session, const std::vector<std::string>& names) {
  std::set<std::string> missing(names.begin(), names.end());
  for (const ResultRow& row : session.query("SELECT schema_name FROM information_schema.schemata", kReading)) missing.erase(text(row[0]));
  return {missing.begin(), missing.end()};
}

std::vector<bool> empty_tables(SinkSession& session, const std::vector<TableName>& names) {
  std::vector<bool> empty(names.size(), true);
  for (size_t from = 0; from < names.size(); from += kTablesAtOnce) {
    std::string sql;
    for (size_t i = from; i < std::min(names.size(), from + kTablesAtOnce); ++i) {
      sql += fmt::format("{}(SELECT {} FROM {} LIMIT 1)", sql.empty() ? "" : " UNION ALL ", i, quote_name(names[i]));
    }
    for (const ResultRow& row : session.query(sql, kReading)) empty[std::stoul(text(row[0]))] = false;
  }
  session.run("COMMIT", kReading);
  return empty;
}

}  // namespace tidemark::mysql
