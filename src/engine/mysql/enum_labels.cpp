#include "engine/mysql/enum_labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/mysql/dialect.h"

namespace tidemark::mysql {

namespace {

// MariaDB declares a variable of the column's type; no row is needed.
std::string label_from_type(Connection& connection, const TableName& table, const ColumnFacts& facts, uint64_t value) {
  return connection.query_text(
      fmt::format("BEGIN NOT ATOMIC DECLARE x TYPE OF {}.{}; SET x = {}; SELECT x; END", quote_name(table), quote_name(facts.name), value));
}

std::string label_from_rows(Connection& connection, const TableName& table, const ColumnFacts& facts, uint64_t value) {
  const std::string column = quote_name(facts.name);
  return connection.query_text(fmt::format("SELECT {0} FROM {1} WHERE {0} + 0 = {2} LIMIT 1", column, quote_name(table), value));
}

}  // namespace

bool labels_in_doubt(const ColumnFacts& facts) {
  if ((facts.data_type != "enum" && facts.data_type != "set") || facts.column_type.find('?') == std::string::npos) return false;
  constexpr const char* kBeyondBasicPlane[] = {"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"};
  return std::find(std::begin(kBeyondBasicPlane), std::end(kBeyondBasicPlane), facts.charset) != std::end(kBeyondBasicPlane);
}

void resolve_labels(Connection& connection, const TableName& table, ColumnFacts& facts) {
  facts.labels = parse_labels(facts.column_type);
  for (size_t i = 0; i < facts.labels.size(); ++i) {
    if (facts.labels[i].find('?') == std::string::npos) continue;
    const uint64_t value = facts.data_type == "set" ? uint64_t{1} << (i & 63) : i + 1;
    std::string label =
        connection.is_mariadb() ? label_from_type(connection, table, facts, value) : label_from_rows(connection, table, facts, value);
    if (!label.empty()) {
      facts.labels[i] = std::move(label);
      continue;
    }
    // With the members in the log a wrong guess here is noticed at the first change, and stops.
    if (connection.query_text("SHOW GLOBAL VARIABLES LIKE 'binlog\\_row\\_metadata'").empty() ||
        connection.query_field("SHOW GLOBAL VARIABLES LIKE 'binlog\\_row\\_metadata'", "Value") != "FULL") {
      throw Error(
          ErrorKind::unsupported, fmt::format("column {} of {}", printable(facts.name), printable(table.text())),
          fmt::format("member {} of its type has a '?' that may stand for a character which the server does not show, and no row has "
                      "it (SET PERSIST binlog_row_metadata = 'FULL' puts the members into the log)",
                      i + 1),
          "SET PERSIST binlog_row_metadata = 'FULL'");
    }
  }
}

}  // namespace tidemark::mysql
