// Every type at the MySQL and the MariaDB sink: the catalogue of MySQL's and MariaDB's types, read from each server and written to each,
// and PostgreSQL's types with values at their edges. What is written must read back as represent() says; what cannot be held must be
// refused before the server sees it, and nothing else.
#include <algorithm>
#include <limits>
#include <memory>

#include "mysql_sink_values.h"
#include "shared_servers.h"
#include "support/catch.h"
#include "types/type_case.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

using Lines = std::vector<std::string>;

std::string joined(const Lines& lines) {
  std::string out;
  for (size_t i = 0; i < lines.size() && i < 60; ++i) out += lines[i] + "\n";
  return out;
}

/// The lines without those that say why a value is refused; each of `allowed` must be there.
Lines unexpected(Lines lines, const Lines& allowed) {
  Lines out;
  for (const std::string& line : allowed) {
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) out.push_back("not refused: " + line);
  }
  for (std::string& line : lines) {
    if (std::find(allowed.begin(), allowed.end(), line) == allowed.end()) out.push_back(std::move(line));
  }
  return out;
}

/// The tables of the catalogue at their source, with numbered rows, the last all NULL.
void fill(MysqlFamilyServer& source, const std::vector<TypeTable>& tables) {
  source.exec("DROP DATABASE IF EXISTS given; CREATE DATABASE given CHARACTER SET utf8mb4");
  for (const TypeTable& table : tables) {
    std::string columns = "id INT PRIMARY KEY";
    for (const TypeCase& column : table.columns)
      columns += ", " + mysql_name(column.column) + " " + column.type + (column.values.empty() ? "" : " NULL");
    if (!table.before.empty()) source.exec(table.before);
    MysqlClient client = source.connect("given");
    client.exec("SET sql_mode = '" + table.sql_mode + "'; CREATE TABLE " + mysql_name(table.name) + " (" + columns + ")");
    if (!table.after.empty()) source.exec(table.after);
    for (size_t row = 0; row <= table.rows(); ++row) {
      std::string values;
      for (const TypeCase& column : table.columns) {
        if (column.values.empty()) continue;
        values += ", " + mysql_name(column.column) + " = " + (row == table.rows() ? "NULL" : column.values[row % column.values.size()]);
      }
      client.exec("INSERT INTO " + mysql_name(table.name) + " SET id = " + std::to_string(row) + values);
    }
  }
}

std::vector<std::unique_ptr<ValueRows>> read_all(MysqlFamilyServer& source) {
  SourceConfig config;
  config.address.socket = source.socket();
  config.address.user = "root";
  mysql::Connection control(config, mysql::Purpose::control), snapshot(config, mysql::Purpose::snapshot);
  TableSelection selection;
  selection.include = {"given.*"};
  std::vector<std::unique_ptr<ValueRows>> out;
  for (const SchemaRef& schema : mysql::describe_tables(control, selection, nullptr)) {
    auto& table = *out.emplace_back(std::make_unique<ValueRows>());
    table.schema = schema;
    std::vector<uint16_t> all;
    std::string names;
    for (const Column& column : schema->columns) {
      all.push_back(static_cast<uint16_t>(all.size()));
      names += (names.empty() ? "" : ", ") + mysql_name(column.name);
    }
    mysql::ResultStream stream(snapshot, "SELECT " + names + " FROM given." + mysql_name(schema->name.table) + " ORDER BY id");
    const mysql::ResultRowDecoder decoder(*schema, all, stream.fields());
    for (std::string_view packet; !(packet = stream.next()).empty();) {
      auto& row = table.rows.emplace_back(all.size());
      decoder.decode(table.arena.copy(packet), row.data(), table.arena);
    }
  }
  return out;
}

void check_family(MysqlFamilyServer& source, MysqlFamilyServer& sink, const Lines& refused) {
  std::vector<TypeTable> tables = all_type_tables(source.engine());
  std::erase_if(tables, [](const TypeTable& table) { return table.name == "large"; });  // above the packets of a literal
  fill(source, tables);
  SinkValues values(sink);
  Lines lines;
  for (const auto& table : read_all(source)) {
    const Lines found = values.check(*table);
    lines.insert(lines.end(), found.begin(), found.end());
  }
  const Lines wrong = unexpected(lines, refused);
  INFO(joined(wrong));
  CHECK(wrong.empty());
}

}  // namespace

TEST_CASE("MySQL's types at MySQL", "[sink-types]") { check_family(test::mysql(), test::mysql(), {}); }

TEST_CASE("MySQL's types at MariaDB", "[sink-types]") {
  check_family(test::mysql(), mariadb(), {"json.j: JSON that is nested deeper than the server takes it"});
}

TEST_CASE("MariaDB's types at MySQL", "[sink-types]") {
  // the last second of MariaDB's TIME has a fraction
  Lines refused;
  for (const char* table : {"times", "old_temporal"}) {
    for (int digits = 1; digits <= 6; ++digits) refused.push_back(fmt::format("{}.t{}: a value out of the type's range", table, digits));
  }
  check_family(mariadb(), test::mysql(), refused);
}

TEST_CASE("MariaDB's types at MariaDB", "[sink-types]") { check_family(mariadb(), mariadb(), {}); }
