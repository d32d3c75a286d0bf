#include "crash/dump.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::test {

namespace {

using Columns = std::vector<std::string>;

/// How a server is asked for the text of a column.
std::string text_of(Dialect dialect, const std::string& column) {
  const std::string name = sql_name(dialect, column);
  switch (dialect) {
    case Dialect::mysql: return fmt::format("CONVERT({} USING utf8mb4)", name);
    case Dialect::postgres: return name + "::text";
    case Dialect::sqlite: return fmt::format("CAST({} AS TEXT)", name);
  }
  return {};
}

/// And for its place in the order of bytes.
std::string order_of(Dialect dialect, const std::string& column) {
  const std::string text = text_of(dialect, column);
  switch (dialect) {
    case Dialect::mysql: return fmt::format("CAST({} AS BINARY)", text);
    case Dialect::postgres: return text + " COLLATE \"C\" NULLS FIRST";
    case Dialect::sqlite: return text + " COLLATE BINARY";
  }
  return {};
}

std::string dump_sql(Dialect dialect, const std::string& table, const Columns& columns) {
  std::string list, order;
  for (const std::string& column : columns) {
    list += (list.empty() ? "" : ", ") + text_of(dialect, column);
    order += (order.empty() ? "" : ", ") + order_of(dialect, column);
  }
  return fmt::format("SELECT {} FROM {} ORDER BY {}", list, sql_table(dialect, "d", table), order);
}

std::string shown(const TextRows& rows, size_t index) {
  if (index >= rows.size()) return "nothing";
  std::string line;
  for (const auto& value : rows[index]) line += (line.empty() ? "" : " | ") + value.value_or("NULL").substr(0, 40);
  return line;
}

}  // namespace

std::vector<std::string> compare_dumps(DatabaseClient& source, DatabaseClient& sink, const std::string& without) {
  std::vector<std::string> out;
  for (const TextRow& row : source.query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'd' ORDER BY 1")) {
    const std::string table = row.at(0).value();
    if (table == without) continue;
    Columns columns;
    for (const TextRow& column : source.query("SELECT column_name FROM information_schema.columns WHERE table_schema = 'd' AND "
                                              "table_name = " +
                                              sql_quote(source.dialect(), table) + " ORDER BY ordinal_position")) {
      columns.push_back(column.at(0).value());
    }
    const TextRows here = source.query(dump_sql(source.dialect(), table, columns)),
                   there = sink.query(dump_sql(sink.dialect(), table, columns));
    if (here == there) continue;
    const size_t shorter = std::min(here.size(), there.size());
    size_t first = 0;
    while (first < shorter && here[first] == there[first]) ++first;
    out.push_back(fmt::format("{}: {} rows at the source, {} at the sink; line {} is {}, and {} at the sink", table, here.size(),
                              there.size(), first + 1, shown(here, first), shown(there, first)));
  }
  return out;
}

}  // namespace tidemark::test
