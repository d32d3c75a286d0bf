#include "soak/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "servers/mysql_client.h"

namespace tidemark::test {
namespace {

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

/// A repetition that makes megabytes: type round trips have those, here they would only be slow.
bool is_huge(const std::string& value) {
  if (!has(value, "REPEAT")) return false;
  for (size_t at = value.find(", "); at != std::string::npos; at = value.find(", ", at + 1)) {
    if (std::strtoul(value.c_str() + at + 2, nullptr, 10) >= 5000) return true;
  }
  return false;
}

/// What a sink holds as it is, so that the comparison of texts can tell; what is mapped to something else is the round trip's to check.
bool comparable(const TypeCase& column, const std::string& value, const std::string& sink) {
  const bool into_postgres = sink == "postgres";
  const bool day = column.form == TypeForm::date || column.form == TypeForm::datetime || column.form == TypeForm::timestamp;
  if (day && into_postgres && (has(value, "-00") || has(value, "-02-3") || has(value, "0000-"))) return false;
  if (column.form == TypeForm::text && has(value, "\\0")) return false;
  if (has(value, "u0000")) return false;
  if (column.form == TypeForm::json && sink == "mysql" && has(value, "DECIMAL(")) return false;  // it would round those of many digits
  if (column.form == TypeForm::json && into_postgres && (has(value, "-0.0") || has(value, "-0e0"))) return false;  // no such number there
  if (column.form == TypeForm::real && (has(value, "-0.0") || value == "-0e0")) return false;                      // whole in SQLite
  return !is_huge(value);
}

/// PostgreSQL's types whose text is the same everywhere, or nearly so (servers/canonical.h).
bool is_comparable_postgres(const TypeCase& column) {
  static const std::vector<std::string> names{"boolean", "smallint", "integer",   "bigint",      "oid",  "real", "double",
                                              "numeric", "date",     "timestamp", "timestamptz", "time", "text", "varchar",
                                              "bytea",   "uuid",     "bit",       "json",        "jsonb"};
  const std::string name = column.type.substr(0, column.type.find_first_of("( "));
  // without a precision, or with one that MySQL does not have, a sink fills up fraction digits or keeps the text
  if (name == "numeric" && (column.form != TypeForm::decimal || column.type == "numeric")) return false;
  return column.type.find("interval") == std::string::npos && column.type.find('[') == std::string::npos &&
         std::find(names.begin(), names.end(), name) != names.end();
}

/// Columns of PostgreSQL with values that every sink has, since the comparison is of texts.
std::vector<TypeCase> usable_postgres_columns() {
  std::vector<TypeCase> out;
  for (const TypeTable& table : postgres_type_tables("mysql")) {
    for (TypeCase column : table.columns) {
      if (!is_comparable_postgres(column)) continue;
      const auto bad = [](const std::string& value) { return has(value, "repeat('") || value == "'-0'"; };
      column.values.erase(std::remove_if(column.values.begin(), column.values.end(), bad), column.values.end());
      if (!column.values.empty()) out.push_back(std::move(column));
    }
  }
  return out;
}

/// Columns of the catalogue that can be compared by their text.
std::vector<TypeCase> usable_columns(const std::string& engine, uint64_t seed, const std::string& sink) {
  if (engine == "postgres") return usable_postgres_columns();
  std::vector<TypeTable> tables = all_type_tables(engine);
  tables.push_back(random_types(static_cast<unsigned>(seed)));
  tables = held_by_both(std::move(tables));
  std::vector<TypeCase> out;
  for (const TypeTable& table : tables) {
    if (!table.before.empty()) continue;
    for (TypeCase column : table.columns) {
      if (column.form == TypeForm::vector || (!column.printed.empty() && column.printed != "CAST({} AS DOUBLE)")) continue;
      const auto bad = [&](const std::string& value) { return !comparable(column, value, sink); };
      column.values.erase(std::remove_if(column.values.begin(), column.values.end(), bad), column.values.end());
      if (!column.values.empty()) out.push_back(std::move(column));
    }
  }
  return out;
}

const std::string& pick(const std::vector<std::string>& values, Rng& rng) {
  return values[rng.below(static_cast<uint32_t>(values.size()))];
}

std::string value_of(const SoakTable& table, const TypeCase& column, Rng& rng) {
  if (rng.one_in(6)) return "NULL";
  // where rows may be equal, equal rows are wanted
  return table.key.unique ? pick(column.values, rng)
                          : column.values[rng.below(static_cast<uint32_t>(std::min<size_t>(2, column.values.size())))];
}

std::string definition(const SoakTable& table) {
  std::string columns = table.key.columns;
  for (const TypeCase& column : table.columns) columns += fmt::format(", {} {} NULL", column.column, column.type);
  if (!table.key.index.empty()) columns += ", " + table.key.index;
  return fmt::format("CREATE TABLE {} ({}) {} {}", table.key.name, columns, table.key.dialect == Dialect::postgres ? "" : "ENGINE=InnoDB",
                     table.key.options);
}

}  // namespace

std::vector<SoakTable> draw_tables(Rng& rng, const DatabaseServer& server, const std::string& sink) {
  const bool mariadb = server.engine() == "mariadb";
  const std::vector<std::string> collations{"utf8mb4_general_ci",
                                            "utf8mb4_bin",
                                            "utf8mb4_unicode_ci",
                                            "utf8mb4_german2_ci",
                                            mariadb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_ai_ci",
                                            mariadb ? "utf8mb4_unicode_520_nopad_ci" : "utf8mb4_0900_as_cs"};
  const auto types = usable_columns(server.engine(), rng.next(), sink);
  auto kinds = key_tables(server.engine());
  std::vector<SoakTable> out;
  for (int left = 6 + rng.below(7); left > 0 && !kinds.empty(); --left) {
    const auto kind = kinds.begin() + rng.below(static_cast<int>(kinds.size()));
    SoakTable table{*kind, {}};
    kinds.erase(kind);
    table.key.filled = std::min<size_t>(table.key.filled, 1500);
    table.key.space = std::min<size_t>(table.key.space, 2000);
    const std::string& collation = pick(collations, rng);
    if (table.key.dialect == Dialect::mysql) table.key.options = "CHARACTER SET utf8mb4 COLLATE " + collation;
    const int columns = 2 + rng.below(6);
    for (int i = 0; i < columns; ++i) {
      table.columns.push_back(types[rng.below(static_cast<uint32_t>(types.size()))]);
      table.columns.back().column = fmt::format("c{}", i);
    }
    out.push_back(std::move(table));
  }
  return out;
}

namespace {

/// Without those columns that make a row larger than MySQL takes.
void create_table(DatabaseClient& client, SoakTable& table) {
  constexpr unsigned kRowTooLarge = 1118;
  if (!table.key.before.empty()) client.exec(table.key.before);
  for (bool made = false; !made;) {
    try {
      client.exec(definition(table));
      made = true;
    } catch (const MysqlFailure& failure) {
      if (failure.number != kRowTooLarge || table.columns.size() < 2) throw;
      table.columns.pop_back();
    }
  }
  if (!table.key.after.empty()) client.exec(table.key.after);
}

}  // namespace

void create_tables(DatabaseServer& server, const std::string& database, std::vector<SoakTable>& tables, Rng& rng) {
  const auto client = server.client(database);
  client->exec(soak_session(server.dialect()));
  const std::string or_not = server.dialect() == Dialect::postgres ? " ON CONFLICT DO NOTHING" : "";
  for (SoakTable& table : tables) {
    create_table(*client, table);
    client->exec("BEGIN");
    for (size_t i = 0; i < table.key.filled; ++i) {
      try {
        client->exec(insert_sql(table, i * table.key.space / table.key.filled, rng) + or_not);
      } catch (const DatabaseFailure& failure) {
        if (failure.kind != DatabaseFailure::Kind::duplicate) throw;  // two keys that are one for the collation
      }
    }
    client->exec("COMMIT");
  }
}

std::string insert_sql(const SoakTable& table, size_t i, Rng& rng) {
  std::vector<std::string> names = table.key.key, values = table.key.literals(i);
  for (const TypeCase& column : table.columns) {
    names.push_back(column.column);
    values.push_back(value_of(table, column, rng));
  }
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", table.key.name, fmt::join(names, ", "), fmt::join(values, ", "));
}

std::string replace_sql(const SoakTable& table, size_t i, Rng& rng) {
  const std::string insert = insert_sql(table, i, rng);
  if (table.key.dialect == Dialect::mysql) return "REPLACE" + insert.substr(6);
  if (!table.key.unique) return insert;
  return fmt::format("DELETE FROM {} WHERE {}; {}", table.key.name, where_key(table.key, i), insert);
}

std::string insert_or_update_sql(const SoakTable& table, size_t i, Rng& rng) {
  const std::string insert = insert_sql(table, i, rng);
  if (table.key.dialect == Dialect::mysql) return insert + " ON DUPLICATE KEY UPDATE " + set_sql(table, rng);
  if (!table.key.unique) return insert;
  return fmt::format("{} ON CONFLICT ({}) DO UPDATE SET {}", insert, fmt::join(table.key.key, ", "), set_sql(table, rng));
}

std::string set_sql(const SoakTable& table, Rng& rng) {
  std::string out;
  const uint32_t sure = rng.below(static_cast<uint32_t>(table.columns.size()));
  for (uint32_t i = 0; i < table.columns.size(); ++i) {
    if (i != sure && !rng.one_in(3)) continue;
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", table.columns[i].column, value_of(table, table.columns[i], rng));
  }
  return out;
}

}  // namespace tidemark::test
