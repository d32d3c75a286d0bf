#include "servers/compare.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>

#include "servers/canonical.h"

namespace tidemark::test {
namespace {

struct SinkAccess {
  std::function<std::map<std::string, std::string>(const TablePair&)> columns;  // name -> type
  std::function<std::string(const std::string& name, const std::string& type, Form)> expression;
  std::function<std::string(const TablePair&)> table_name;
  std::function<void(const std::string&, const RowVisitor&)> stream;
};

struct ComparedColumn {
  Form form;
  std::string source, sink;  // expressions
};

std::vector<SourceColumn> source_columns(MysqlClient& source, const TablePair& table) {
  std::vector<SourceColumn> out;
  // what is computed from other columns is not copied
  for (auto& row : source.query(fmt::format("SELECT column_name, LOWER(data_type), LOWER(column_type) FROM information_schema.columns "
                                            "WHERE table_schema={} AND table_name={} AND COALESCE(generation_expression,'')='' "
                                            "ORDER BY ordinal_position",
                                            mysql_quote(table.database), mysql_quote(table.table)))) {
    out.push_back({row[0].value(), row[1].value(), row[2].value()});
  }
  return out;
}

// Bits arrive from PostgreSQL as a string of 0 and 1 from bit(n); as a number from everybody else.
std::string canonical_of(const std::string& text, Form form, const std::string& sink_type) {
  if (form == Form::bits && sink_type.rfind("bit", 0) == 0) {
    uint64_t value = 0;
    for (char c : text) value = value * 2 + (c == '1' ? 1 : 0);
    return std::to_string(value);
  }
  return canonical(text, form);
}

std::string line_of(const TextRow& row, const std::vector<ComparedColumn>& columns, const std::vector<std::string>& sink_types) {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    if (i) line += '\x1f';
    line += row[i] ? "=" + canonical_of(*row[i], columns[i].form, sink_types.empty() ? std::string() : sink_types[i]) : "NULL";
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

void compare_table(MysqlClient& source, const SinkAccess& sink, const TablePair& table, std::vector<std::string>& differences) {
  const std::string name = table.database + "." + table.table;
  const auto sink_columns = sink.columns(table);
  if (sink_columns.empty()) {
    differences.push_back(name + ": no such table in the sink");
    return;
  }
  std::vector<ComparedColumn> columns;
  std::vector<std::string> sink_types;
  std::string source_list, sink_list;
  bool any_geometry = false;
  for (const auto& column : source_columns(source, table)) {
    const auto found = sink_columns.find(column.name);
    if (found == sink_columns.end()) {
      differences.push_back(fmt::format("{}: the sink has no column {}", name, column.name));
      return;
    }
    const Form form = form_of(column, found->second);
    any_geometry = any_geometry || form == Form::geometry;
    columns.push_back({form, source_expression(column, form), sink.expression(column.name, found->second, form)});
    sink_types.push_back(found->second);
    source_list += (source_list.empty() ? "" : ", ") + columns.back().source;
    sink_list += (sink_list.empty() ? "" : ", ") + columns.back().sink;
  }
  const std::string from_source = fmt::format("SELECT {} FROM {}.{}", source_list, mysql_name(table.database), mysql_name(table.table));
  const std::string from_sink = fmt::format("SELECT {} FROM {}", sink_list, sink.table_name(table));
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
    ++balance[hash(line_of(row, columns, {}))];
  });
  sink.stream(from_sink, [&](TextRow& row) {
    const auto found = balance.try_emplace(hash(line_of(row, columns, sink_types)), 0).first;
    if (--found->second == 0) balance.erase(found);
  });
  if (balance.empty()) return;
  size_t shown_count = 0, hidden = 0;
  auto report = [&](const char* side, int sign) {
    return [&, side, sign](TextRow& row, const std::vector<std::string>& types) {
      const std::string line = line_of(row, columns, types);
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
    source_side(row, {});
  });
  sink.stream(from_sink, [&](TextRow& row) { sink_side(row, sink_types); });
  if (hidden) differences.push_back(fmt::format("{}: and {} more", name, hidden));
}

std::vector<std::string> compare_all(MysqlClient& source, const SinkAccess& sink, const std::vector<TablePair>& tables) {
  std::vector<std::string> differences;
  for (const auto& table : tables) compare_table(source, sink, table, differences);
  return differences;
}

}  // namespace

std::vector<std::string> compare_tables(MysqlClient& source, PostgresClient& sink, const std::vector<TablePair>& tables) {
  SinkAccess access;
  access.columns = [&](const TablePair& t) {
    std::map<std::string, std::string> out;
    for (auto& row : sink.query(fmt::format("SELECT a.attname, lower(format_type(a.atttypid, NULL)) FROM pg_attribute a JOIN pg_class c ON "
                                            "c.oid=a.attrelid JOIN pg_namespace n ON n.oid=c.relnamespace WHERE n.nspname={} AND "
                                            "c.relname={} AND a.attnum>0 AND NOT a.attisdropped",
                                            postgres_quote(t.target_schema), postgres_quote(t.target_table)))) {
      out[row[0].value()] = row[1].value();
    }
    return out;
  };
  access.expression = postgres_expression;
  access.table_name = [](const TablePair& t) { return postgres_name(t.target_schema) + "." + postgres_name(t.target_table); };
  access.stream = [&](const std::string& sql, const RowVisitor& visit) { sink.stream(sql, visit); };
  return compare_all(source, access, tables);
}

std::vector<std::string> compare_tables(MysqlClient& source, SqliteFile& sink, const std::vector<TablePair>& tables) {
  SinkAccess access;
  access.columns = [&](const TablePair& t) {
    std::map<std::string, std::string> out;
    for (auto& row : sink.query(fmt::format("SELECT name, lower(type) FROM pragma_table_info({})", postgres_quote(t.target_table)))) {
      out[row[0].value()] = row[1].value();
    }
    return out;
  };
  access.expression = [](const std::string& name, const std::string&, Form form) { return sqlite_expression(name, form); };
  access.table_name = [](const TablePair& t) { return postgres_name(t.target_table); };
  access.stream = [&](const std::string& sql, const RowVisitor& visit) { sink.stream(sql, visit); };
  return compare_all(source, access, tables);
}

std::vector<TablePair> tables_of(MysqlClient& source, const std::string& database) {
  std::vector<TablePair> out;
  for (auto& row : source.query(fmt::format("SELECT table_name FROM information_schema.tables WHERE table_schema={} AND "
                                            "table_type IN ('BASE TABLE','SYSTEM VERSIONED') ORDER BY table_name",
                                            mysql_quote(database)))) {
    out.push_back({database, row[0].value(), database, row[0].value()});
  }
  return out;
}

}  // namespace tidemark::test
