#include "crash/dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace tidemark::test {

namespace {

using Columns = std::vector<std::string>;

/// How a server is asked for the text of a column and for its place in the order of bytes.
struct Dialect {
  std::function<std::string(const std::string&column)> text, order;
  std::function<std::string(const std::string& table)> table;
};

std::string dump_sql(const Dialect& dialect, const std::string& table, const Columns& columns) {
  std::string list, order;
  for (const std::string& column : columns) {
    list += (list.empty() ? "" : ", ") + dialect.text(column);
    order += (order.empty() ? "" : ", ") + dialect.order(column);
  }
  return fmt::format("SELECT {} FROM {} ORDER BY {}", list, dialect.table(table), order);
}

const Dialect kSource{
    [](const std::string& column) { return fmt::format("CONVERT({} USING utf8mb4)", mysql_name(column)); },
    [](const std::string& column) { return fmt::format("CAST(CONVERT({} USING utf8mb4) AS BINARY)", mysql_name(column)); },
    [](const std::string& table) { return "d." + mysql_name(table); }};

const Dialect kPostgres{[](const std::string& column) { return postgres_name(column) + "::text"; },
                        [](const std::string& column) { return postgres_name(column) + "::text COLLATE \"C\" NULLS FIRST"; },
                        [](const std::string& table) { return "d." + postgres_name(table); }};

const Dialect kSqlite{[](const std::string& column) { return fmt::format("CAST({} AS TEXT)", postgres_name(column)); },
                      [](const std::string& column) { return fmt::format("CAST({} AS TEXT) COLLATE BINARY", postgres_name(column)); },
                      [](const std::string& table) { return postgres_name(table); }};

std::string shown(const TextRows& rows, size_t index) {
  if (index >= rows.size()) return "nothing";
  std::string line;
  for (const auto& value : rows[index]) line += (line.empty() ? "" : " | ") + value.value_or("NULL").substr(0, 40);
  return line;
}

template <typename Sink>
std::vector<std::string> compare(MysqlClient& source, Sink& sink, const Dialect& dialect, const std::string& without) {
  std::vector<std::string> out;
  for (const TextRow& row : source.query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'd' ORDER BY 1")) {
    const std::string table = row.at(0).value();
    if (table == without) continue;
    Columns columns;
    for (const TextRow& column : source.query("SELECT column_name FROM information_schema.columns WHERE table_schema = 'd' AND "
                                              "table_name = " +
                                              mysql_quote(table) + " ORDER BY ordinal_position")) {
      columns.push_back(column.at(0).value());
    }
    const TextRows here = source.query(dump_sql(kSource, table, columns)), there = sink.query(dump_sql(dialect, table, columns));
    if (here == there) continue;
    const size_t shorter = std::min(here.size(), there.size());
    size_t first = 0;
    while (first < shorter && here[first] == there[first]) ++first;
    out.push_back(fmt::format("{}: {} rows at the source, {} at the sink; line {} is {}, and {} at the sink", table, here.size(),
                              there.size(), first + 1, shown(here, first), shown(there, first)));
  }
  return out;
}

}  // namespace

std::vector<std::string> compare_dumps(MysqlClient& source, PostgresClient& sink, const std::string& without) {
  return compare(source, sink, kPostgres, without);
}

std::vector<std::string> compare_dumps(MysqlClient& source, SqliteFile& sink, const std::string& without) {
  return compare(source, sink, kSqlite, without);
}

}  // namespace tidemark::test
