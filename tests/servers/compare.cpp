#include "servers/compare.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>

#include "servers/canonical.h"
#include "servers/mysql_client.h"
#include "servers/postgres_client.h"

namespace tidemark::test {
namespace {

struct ComparedColumn {
  Form form;
  std::string source, sink;  // expressions
};

/// The columns of a table in their order; none when there is no such table.
std::vector<TableColumn> columns_of(DatabaseClient& client, const std::string& schema, const std::string& table) {
  std::string sql;
  switch (client.dialect()) {
    case Dialect::mysql:
      // what is computed from other columns is not copied
      sql = fmt::format(
          "SELECT column_name, LOWER(data_type) FROM information_schema.columns WHERE table_schema={} AND table_name={} AND "
          "COALESCE(generation_expression,'')='' ORDER BY ordinal_position",
          mysql_quote(schema), mysql_quote(table));
      break;
    case Dialect::postgres:
      sql = fmt::format(
          "SELECT a.attname, CASE WHEN t.typtype='e' THEN 'enum' ELSE lower(format_type(a.atttypid, NULL)) END FROM "
          "pg_attribute a JOIN pg_class c ON c.oid=a.attrelid JOIN pg_namespace n ON n.oid=c.relnamespace JOIN pg_type t ON "
          "t.oid=a.atttypid WHERE n.nspname={} AND c.relname={} AND a.attnum>0 AND NOT a.attisdropped AND "
          "a.attgenerated='' ORDER BY a.attnum",
          postgres_quote(schema), postgres_quote(table));
      break;
    case Dialect::sqlite: sql = fmt::format("SELECT name, lower(type) FROM pragma_table_info({})", postgres_quote(table));
  }
  std::vector<TableColumn> out;
  for (auto& row : client.query(sql)) out.push_back({row[0].value(), row[1].value()});
  return out;
}

std::string line_of(const TextRow& row, const std::vector<ComparedColumn>& columns) {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    if (i) line += '\x1f';
    line += row[i] ? "=" + canonical(*row[i], columns[i].form) : "NULL";
  }
  return line;
}

std::string shown(std::string line) {
  std::replace(line.begin(), line.end(), '\x1f', ' ');
  return line.size() > 400 ? line.substr(0, 400) + "..." : line;
}

// The sink may keep a geometry with or without its SRID in front: take from the source's form what the sink does not have.
void cut_srid(TextRow& row, const std::vector<ComparedColumn>& columns, bool cut) {
  for (size_t i = 0; cut && i < columns.size(); ++i) {
    if (columns[i].form == Form::geometry && row[i] && row[i]->size() > 8) row[i]->erase(0, 8);
  }
}

void compare_table(DatabaseClient& source, DatabaseClient& sink, const TablePair& table, std::vector<std::string>& differences) {
  const std::string name = table.database + "." + table.table;
  std::map<std::string, std::string> sink_columns;
  for (auto& column : columns_of(sink, table.target_schema, table.target_table)) sink_columns[column.name] = column.type;
  if (sink_columns.empty()) {
    differences.push_back(name + ": no such table in the sink");
    return;
  }
  std::vector<ComparedColumn> columns;
  std::string source_list, sink_list;
  bool any_geometry = false;
  for (const TableColumn& column : columns_of(source, table.database, table.table)) {
    const auto found = sink_columns.find(column.name);
    if (found == sink_columns.end()) {
      differences.push_back(fmt::format("{}: the sink has no column {}", name, column.name));
      return;
    }
    const Form form = form_of(column.type, found->second);
    any_geometry = any_geometry || form == Form::geometry;
    columns.push_back({form, expression(source.dialect(), column, form), expression(sink.dialect(), {column.name, found->second}, form)});
    source_list += (source_list.empty() ? "" : ", ") + columns.back().source;
    sink_list += (sink_list.empty() ? "" : ", ") + columns.back().sink;
  }
  const std::string from_source = fmt::format("SELECT {} FROM {}", source_list, sql_table(source.dialect(), table.database, table.table));
  const std::string from_sink =
      fmt::format("SELECT {} FROM {}", sink_list, sql_table(sink.dialect(), table.target_schema, table.target_table));
  bool cut = false;
  if (any_geometry) {
    // WKB begins with the byte order, 01; with the SRID before it, that comes four bytes later
    sink.stream(from_sink, [&](TextRow& row) {
      for (size_t i = 0; i < row.size(); ++i) {
        if (columns[i].form == Form::geometry && row[i] && row[i]->size() > 10 && row[i]->compare(8, 2, "01") != 0) cut = true;
      }
    });
  }
  // First by hashes, which fit in memory whatever the rows are; only when they differ again with the rows' text.
  std::unordered_map<uint64_t, int64_t> balance;
  const std::hash<std::string> hash;
  source.stream(from_source, [&](TextRow& row) {
    cut_srid(row, columns, cut);
    ++balance[hash(line_of(row, columns))];
  });
  sink.stream(from_sink, [&](TextRow& row) {
    const auto found = balance.try_emplace(hash(line_of(row, columns)), 0).first;
    if (--found->second == 0) balance.erase(found);
  });
  if (balance.empty()) return;
  size_t shown_count = 0, hidden = 0;
  auto report = [&](const char* side, int sign) {
    return [&, side, sign](TextRow& row) {
      const std::string line = line_of(row, columns);
      const auto found = balance.find(hash(line));
      if (found == balance.end() || found->second * sign <= 0) return;
      if (++shown_count <= 20) {
        differences.push_back(fmt::format("{}: only in the {}: {}", name, side, shown(line)));
      } else {
        ++hidden;
      }
    };
  };
  auto source_side = report("source", 1);
  auto sink_side = report("sink", -1);
  source.stream(from_source, [&](TextRow& row) {
    cut_srid(row, columns, cut);
    source_side(row);
  });
  sink.stream(from_sink, sink_side);
  if (hidden) differences.push_back(fmt::format("{}: and {} more", name, hidden));
}

}  // namespace

std::vector<std::string> compare_tables(DatabaseClient& source, DatabaseClient& sink, const std::vector<TablePair>& tables) {
  std::vector<std::string> differences;
  for (const auto& table : tables) compare_table(source, sink, table, differences);
  return differences;
}

std::vector<TablePair> tables_of(DatabaseClient& source, const std::string& database) {
  const std::string sql = source.dialect() == Dialect::postgres
                              ? fmt::format(
                                    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid=c.relnamespace WHERE n.nspname={} AND "
                                    "c.relkind IN ('r','p') AND NOT c.relispartition ORDER BY 1",
                                    postgres_quote(database))
                              : fmt::format(
                                    "SELECT table_name FROM information_schema.tables WHERE table_schema={} AND "
                                    "table_type IN ('BASE TABLE','SYSTEM VERSIONED') ORDER BY table_name",
                                    mysql_quote(database));
  std::vector<TablePair> out;
  for (auto& row : source.query(sql)) out.push_back({database, row[0].value(), database, row[0].value()});
  return out;
}

}  // namespace tidemark::test
