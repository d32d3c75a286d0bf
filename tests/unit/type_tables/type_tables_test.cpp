// conf/types.md, what each type becomes for each pair and what is lost, is what the code says. After a change of the code:
//   TIDEMARK_WRITE=1 build/release/tests/unit_type_tables
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/mysql/sink_type_rules.h"
#include "engine/mysql/sink_types.h"
#include "engine/postgres/types.h"
#include "engine/sqlite/types.h"
#include "support/catch.h"

using namespace tidemark;

namespace {

Column column(TypeFamily family, ValueKind kind, const std::string& native, uint32_t length = 0, uint8_t scale = 0) {
  Column c;
  c.name = "c";
  c.family = family;
  c.kind = kind;
  c.native_type = native;
  c.length = length;
  c.scale = scale;
  c.is_unsigned = native.find("unsigned") != std::string::npos;
  const bool is_text = family == TypeFamily::mysql && kind == ValueKind::text;
  if (is_text) c.charset = "utf8mb4", c.collation = "utf8mb4_general_ci";
  return c;
}

std::vector<Column> mysql_columns() {
  const auto of = [](ValueKind kind, const char* native, uint32_t length = 0, uint8_t scale = 0) {
    return column(TypeFamily::mysql, kind, native, length, scale);
  };
  std::vector<Column> columns = {
      of(ValueKind::int64, "tinyint(1)"),
      of(ValueKind::int64, "tinyint"),
      of(ValueKind::uint64, "tinyint unsigned"),
      of(ValueKind::int64, "smallint"),
      of(ValueKind::uint64, "smallint unsigned"),
      of(ValueKind::int64, "mediumint"),
      of(ValueKind::uint64, "mediumint unsigned"),
      of(ValueKind::int64, "int"),
      of(ValueKind::uint64, "int unsigned"),
      of(ValueKind::int64, "bigint"),
      of(ValueKind::uint64, "bigint unsigned"),
      of(ValueKind::int64, "year"),
      of(ValueKind::float32, "float"),
      of(ValueKind::float64, "double"),
      of(ValueKind::decimal, "decimal(65,30)", 65, 30),
      of(ValueKind::bits, "bit(8)", 8),
      of(ValueKind::date, "date"),
      of(ValueKind::time, "time(6)", 0, 6),
      of(ValueKind::datetime, "datetime(6)", 0, 6),
      of(ValueKind::timestamp, "timestamp(6)", 0, 6),
      of(ValueKind::text, "char(10)", 10),
      of(ValueKind::text, "varchar(100)", 100),
      of(ValueKind::text, "text", 65535),
      of(ValueKind::text, "longtext"),
      of(ValueKind::text, "enum('a','b')"),
      of(ValueKind::text, "set('a','b')"),
      of(ValueKind::bytes, "binary(16)", 16),
      of(ValueKind::bytes, "varbinary(100)", 100),
      of(ValueKind::bytes, "longblob"),
      of(ValueKind::json, "json"),
      of(ValueKind::geometry, "geometry"),
      of(ValueKind::vector, "vector(3)", 3),
      of(ValueKind::uuid, "uuid"),
      of(ValueKind::text, "inet4"),
      of(ValueKind::text, "inet6"),
  };
  for (Column& c : columns) {
    if (c.native_type.compare(0, 4, "enum") == 0 || c.native_type.compare(0, 3, "set") == 0) c.labels = {"a", "b"};
    c.is_set = c.native_type.compare(0, 3, "set") == 0;
    c.fixed_length = c.native_type.compare(0, 4, "char") == 0 || c.native_type.compare(0, 7, "binary(") == 0;
  }
  return columns;
}

/// "varchar({n}) {exact}" without what says how texts compare.
std::string plain(std::string_view type) {
  std::string out(type);
  for (std::string_view attribute : {" {ascii}", " {exact}", " {caseless}"}) {
    if (const size_t at = out.find(attribute); at != std::string::npos) out.erase(at, attribute.size());
  }
  for (char brace : {'{', '}'}) out.erase(std::remove(out.begin(), out.end(), brace), out.end());
  return out;
}

std::string without_collation(const std::string& type) {
  return type.substr(0, std::min(type.find(" CHARACTER SET"), type.find(" COLLATE")));
}

std::string sqlite_type(const Column& c) {
  TableSchema schema{{"d", "t"}, {c}, 1, {}, KeyOrigin::none, 0, 0, {}};
  const sqlite::ColumnPlan plan = sqlite::plan_columns({std::make_shared<TableSchema>(schema), "", "t"}).at(0);
  std::string out(sqlite::declared_type(plan.storage));
  if (plan.form == sqlite::Form::array_json || plan.form == sqlite::Form::hstore_json) out += " (JSON)";
  return out;
}

std::string mysql_table() {
  const mysql::ServerFlavour mysql{mysql::Flavour::mysql, 90700}, mariadb{mysql::Flavour::mariadb, 101119};
  std::string out =
      "| MySQL, MariaDB | PostgreSQL | lost there | MySQL 9.7 | MariaDB 10.11 | SQLite | lost there |\n|---|---|---|---|---|---|---|\n";
  for (const Column& c : mysql_columns()) {
    out += fmt::format("| `{}` | `{}` | {} | `{}` | `{}` | `{}` | {} |\n", c.native_type, postgres::default_sql_type(c),
                       postgres::what_is_lost(c), without_collation(mysql::sink_column_type(c, false, mysql)),
                       without_collation(mysql::sink_column_type(c, false, mariadb)), sqlite_type(c), sqlite::what_is_lost(c));
  }
  out +=
      "\nBetween MySQL and MariaDB a column keeps its type, but for these:\n\n| type | at MySQL | at MariaDB | lost |\n|---|---|---|---|\n";
  for (const mysql::FamilyRule& rule : mysql::family_rules())
    out += fmt::format("| {} | {} | {} | {} |\n", rule.source, rule.mysql.empty() ? "itself" : rule.mysql,
                       rule.mariadb.empty() ? "itself" : rule.mariadb, rule.lost);
  return out;
}

std::string postgres_table() {
  std::string out = "| PostgreSQL | PostgreSQL | MySQL, MariaDB | lost there | SQLite | lost there |\n|---|---|---|---|---|---|\n";
  for (const mysql::PostgresRule& rule : mysql::postgres_rules()) {
    const std::string name = rule.source == "[]" ? "integer[]" : std::string(rule.source);
    const Column c = column(TypeFamily::postgres, rule.kind, name);
    std::string there = "`" + plain(rule.mysql) + "`";
    if (!rule.mariadb.empty()) there += ", MariaDB `" + plain(rule.mariadb) + "`";
    out += fmt::format("| {} | itself | {} | {} | `{}` | {} |\n", rule.source == "[]" ? "arrays" : rule.source, there, rule.lost,
                       sqlite_type(c), sqlite::what_is_lost(c));
  }
  return out;
}

std::string document() {
  return "# What each type becomes\n"
         "Made from the code by `TIDEMARK_WRITE=1 build/release/tests/unit_type_tables`. \"Lost\" is what the target cannot hold; a value "
         "that it cannot\n"
         "hold at all stops the pipeline, unless a rule under `columns` of the pipeline says otherwise (`unfit: null`, `unfit: clamp`, "
         "another\n"
         "`type`). Where the last columns are empty, every value is held. In a key a type may be another one, so that it can be "
         "indexed.\n\n"
         "## From MySQL and MariaDB\n" +
         mysql_table() +
         "\n## From PostgreSQL\n"
         "At PostgreSQL every type is itself. Enums are created where they are missing; a domain that is missing gives way to the type "
         "below it;\n"
         "composites and types of extensions have to be there, or their columns get another type by a rule.\n\n" +
         postgres_table();
}

}  // namespace

TEST_CASE("conf/types.md says what the code does") {
  const std::string made = document();
  if (std::getenv("TIDEMARK_WRITE") != nullptr) std::ofstream(TYPE_TABLES) << made;
  std::ostringstream kept;
  kept << std::ifstream(TYPE_TABLES).rdbuf();
  CHECK(kept.str() == made);
}
