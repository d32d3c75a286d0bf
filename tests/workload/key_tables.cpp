#include "workload/key_tables.h"

#include <fmt/format.h>

#include <cmath>

#include "servers/mysql_client.h"
#include "workload/key_table_parts.h"

namespace tidemark::test {
namespace {

using namespace key_table_parts;

std::string latin_word(size_t i) {
  static const char* const words[] = {"ärger", "Ärger", "arger", "straße", "zebra", "Zebra", "café", "Café"};
  return fmt::format("{}{}", words[i % 8], i / 8);
}

KeyTable table(const std::string& name, const std::string& columns, std::vector<std::string> key,
               std::function<Literals(size_t)> literals) {
  KeyTable out;
  out.name = name;
  out.columns = columns;
  out.index = fmt::format("PRIMARY KEY ({})", fmt::join(key, ", "));
  out.key = std::move(key);
  out.options = "CHARACTER SET utf8mb4";
  out.literals = std::move(literals);
  return out;
}

KeyTable single(const std::string& name, const std::string& type, std::function<std::string(size_t)> literal) {
  return table(name, "k " + type + " NOT NULL", {"k"}, [literal](size_t i) { return Literals{literal(i)}; });
}

void add_numbers(std::vector<KeyTable>& out) {
  out.push_back(single("k_bigint", "BIGINT", [](size_t i) { return std::to_string(static_cast<int64_t>(scattered(i))); }));
  out.push_back(single("k_negative", "INT", [](size_t i) { return std::to_string((static_cast<int>(i) - 200) * 7919); }));
  out.push_back(single("k_unsigned", "BIGINT UNSIGNED",
                       [](size_t i) { return std::to_string(i % 2 ? 18446744073709551615ULL - i : 9223372036854775807ULL - 100 + i); }));
  out.push_back(single("k_uneven", "BIGINT", [](size_t i) { return std::to_string(i < 200 ? i : 1000000000000ULL + i); }));
  out.push_back(single("k_decimal", "DECIMAL(38,10)", [](size_t i) {
    return fmt::format("{}{}{:012}.{:010}", i % 2 ? "-" : "", i % 5 ? "" : "9999999999999999", scattered(i) % 1000000000000,
                       scattered(i + 7) % 10000000000);
  }));
  out.push_back(single("k_double", "DOUBLE", [](size_t i) {
    return fmt::format("{:.17e}", (i % 2 ? -1 : 1) * std::pow(1.37, static_cast<double>(i) - 200) * 0.1);
  }));
  out.push_back(table("k_enum", "e ENUM('zulu','alpha','Mike','ünder','bravo') NOT NULL, k SMALLINT NOT NULL", {"e", "k"}, [](size_t i) {
    static const char* const labels[] = {"zulu", "alpha", "Mike", "ünder", "bravo"};
    return Literals{fmt::format("'{}'", labels[i % 5]), std::to_string(i / 5)};
  }));
}

void add_times(std::vector<KeyTable>& out) {
  out.push_back(single("k_date", "DATE", [](size_t i) {
    return fmt::format("'{:04}-{:02}-{:02}'", i % 3 ? 1000 + i * 20 : 2024 + i / 84, i % 12 + 1, i % 28 + 1);
  }));
  out.push_back(single("k_datetime", "DATETIME(6)",
                       [](size_t i) { return fmt::format("'{}.{:06}'", moment(i / 4, 7), i % 4 ? scattered(i) % 1000000 : 0); }));
  // around the hour that the server's time zone has twice
  out.push_back(single("k_timestamp", "TIMESTAMP DEFAULT '2000-01-01 00:00:00'", [](size_t i) { return "'" + moment(i, 17) + "'"; }));
}

void add_bytes(std::vector<KeyTable>& out, bool mariadb) {
  out.push_back(single("k_binary16", "BINARY(16)", [](size_t i) {
    return fmt::format("x'{:016x}{:016x}'", scattered(i), i % 4 ? scattered(i + 1) : 0);  // some end with zero bytes
  }));
  out.push_back(single("k_varbinary", "VARBINARY(40)", [](size_t i) { return "x'" + hex_of(awkward_bytes(i)) + "'"; }));
  if (mariadb) out.push_back(single("k_uuid", "UUID", [](size_t i) { return "'" + uuid_text(i) + "'"; }));
}

void add_texts(std::vector<KeyTable>& out) {
  out.push_back(single("k_char_uuid", "CHAR(36)", [](size_t i) { return "'" + uuid_text(i) + "'"; }));
  out.push_back(
      single("k_ascii_uuid", "CHAR(36) CHARACTER SET ascii COLLATE ascii_bin", [](size_t i) { return "'" + uuid_text(i) + "'"; }));
  out.push_back(single("k_collated", "VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
                       [](size_t i) { return mysql_quote(collated_word(i)); }));
  out.push_back(single("k_latin1", "VARCHAR(40) CHARACTER SET latin1", [](size_t i) { return mysql_quote(latin_word(i)); }));
  out.push_back(
      single("k_padded", "VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", [](size_t i) { return mysql_quote(padded_word(i)); }));
  out.push_back(table("k_composite", "a INT NOT NULL, b VARCHAR(20) NOT NULL", {"a", "b"}, [](size_t i) {
    return Literals{std::to_string(static_cast<int>(i % 7) - 3), mysql_quote(collated_word(i / 7))};
  }));
}

void add_shapes(std::vector<KeyTable>& out) {
  KeyTable triple = table("k_triple", "a INT NOT NULL, b INT UNSIGNED NOT NULL, c BIGINT NOT NULL", {"a", "b", "c"}, [](size_t i) {
    return Literals{i < 10500 ? "7" : "8", std::to_string(i / 40), std::to_string(static_cast<int64_t>(i % 40) - 20)};
  });
  triple.space = 11000;
  triple.filled = 10000;
  out.push_back(triple);

  // equal rows, and NULLs in what would be a key
  KeyTable none = table("no_key", "a INT, b VARCHAR(20)", {"a", "b"}, [](size_t i) {
    return Literals{i % 4 ? std::to_string(i % 50) : "NULL", i % 3 ? fmt::format("'b{}'", i % 20) : "NULL"};
  });
  none.index.clear();
  none.unique = false;
  out.push_back(none);

  KeyTable nullable = table("nullable_unique", "u BIGINT", {"u"},
                            [](size_t i) { return Literals{i % 9 ? std::to_string(scattered(i) % 1000003) : "NULL"}; });
  nullable.index = "UNIQUE KEY (u)";
  nullable.unique = false;
  out.push_back(nullable);

  // the server keeps it unique by what is no key for replication: an expression that could be NULL
  KeyTable logical = table("logical", "tenant INT NOT NULL, id BIGINT NOT NULL, whole VARCHAR(40) AS (CONCAT(tenant, '-', id)) STORED",
                           {"tenant", "id"}, [](size_t i) {
                             return Literals{std::to_string(i % 5), std::to_string(i)};
                           });
  logical.index = "UNIQUE KEY (whole), KEY (tenant, id)";
  out.push_back(logical);

  KeyTable empty = single("empty_table", "INT", [](size_t i) { return std::to_string(i); });
  empty.filled = 0;
  empty.quiet = true;
  out.push_back(empty);

  KeyTable one = single("one_row", "INT", [](size_t i) { return std::to_string(i); });
  one.filled = one.space = 1;
  out.push_back(one);
}

}  // namespace

std::vector<KeyTable> key_tables(const std::string& engine) {
  if (engine == "postgres") return postgres_key_tables();
  std::vector<KeyTable> out;
  add_numbers(out);
  add_times(out);
  add_bytes(out, engine == "mariadb");
  add_texts(out);
  add_shapes(out);
  return out;
}

std::string logical_keys_yaml(const std::string& database) { return fmt::format("key: {{\"{}.logical\": [tenant, id]}}", database); }

namespace {

struct Values {
  std::string v, n, amount, at, body;
};

Values values_of(const KeyTable& table, size_t seed) {
  if (!table.unique) seed %= 3;
  Values out;
  out.v = seed % 5 ? fmt::format("'v{} ναι'", seed) : "NULL";
  out.n = std::to_string(static_cast<int64_t>(seed % 2000000) - 1000000);
  out.amount = seed % 7 ? fmt::format("{}.{:03}", seed % 100000, seed % 1000) : "NULL";
  out.at = fmt::format("'2024-03-{:02} 10:00:00.{:03}'", seed % 28 + 1, seed % 1000);
  out.body = fmt::format("REPEAT('{}😀', {})", seed % 10, seed % 40 * table.body_factor);
  return out;
}

std::string columns_and_index(const KeyTable& table) {
  return fmt::format("{}, v VARCHAR(80), n INT, amount DECIMAL(12,3), at {}, body TEXT{}{}", table.columns,
                     table.dialect == Dialect::postgres ? "TIMESTAMP(3)" : "DATETIME(3)", table.index.empty() ? "" : ", ", table.index);
}

}  // namespace

std::string insert_row(const KeyTable& table, size_t i, size_t seed) {
  const Values x = values_of(table, seed);
  return fmt::format("INSERT INTO {} ({}, v, n, amount, at, body) VALUES ({}, {}, {}, {}, {}, {})", table.name, fmt::join(table.key, ", "),
                     fmt::join(table.literals(i), ", "), x.v, x.n, x.amount, x.at, x.body);
}

std::string where_key(const KeyTable& table, size_t i) {
  const bool postgres = table.dialect == Dialect::postgres;
  const auto values = table.literals(i);
  std::string out;
  for (size_t k = 0; k < values.size(); ++k) {
    // an index is used for no other comparison than =
    const char* equal = !postgres ? "<=>" : values[k] == "NULL" ? "IS NOT DISTINCT FROM" : "=";
    out += fmt::format("{}{} {} {}", k ? " AND " : "", table.key[k], equal, values[k]);
  }
  if (table.unique) return out;
  if (!postgres) return out + " LIMIT 1";
  return fmt::format("ctid = (SELECT ctid FROM {} WHERE {} LIMIT 1)", table.name, out);
}

std::string set_key(const KeyTable& table, size_t i) {
  const auto values = table.literals(i);
  std::string out;
  for (size_t k = 0; k < values.size(); ++k) out += fmt::format("{}{} = {}", k ? ", " : "", table.key[k], values[k]);
  return out;
}

std::string set_values(const KeyTable& table, size_t seed) {
  const Values x = values_of(table, seed);
  switch (seed % 3) {
    case 0: return fmt::format("v = {}, n = {}", x.v, x.n);
    case 1: return fmt::format("amount = {}, body = {}", x.amount, x.body);
    default: return fmt::format("n = {}, at = {}", x.n, x.at);
  }
}

void create_tables(DatabaseServer& server, const std::string& database, const std::vector<KeyTable>& tables) {
  const bool postgres = server.dialect() == Dialect::postgres;
  server.exec("CREATE SCHEMA " + database);
  const auto client = server.client(database);
  for (const KeyTable& table : tables) {
    if (!table.before.empty()) client->exec(table.before);
    client->exec(
        fmt::format("CREATE TABLE {} ({}) {} {}", table.name, columns_and_index(table), postgres ? "" : "ENGINE=InnoDB", table.options));
    if (!table.after.empty()) client->exec(table.after);
    // out of line and not compressed: a change of the others leaves it out of the log
    if (postgres && table.body_factor > 1) client->exec(fmt::format("ALTER TABLE {} ALTER body SET STORAGE EXTERNAL", table.name));
    client->exec("BEGIN");
    for (size_t i = 0; i < table.filled; ++i) {
      // spread over the key space, so that writers find room everywhere
      const size_t key = table.filled * 2 > table.space && table.space > 1000 ? i : i * table.space / table.filled;
      try {
        client->exec(insert_row(table, key, i) + (postgres ? " ON CONFLICT DO NOTHING" : ""));
      } catch (const DatabaseFailure& failure) {
        if (failure.kind != DatabaseFailure::Kind::duplicate) throw;  // two keys that are one for the collation
      }
    }
    client->exec("COMMIT");
  }
}

}  // namespace tidemark::test
