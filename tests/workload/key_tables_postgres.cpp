#include <fmt/format.h>

#include <cmath>

#include "servers/postgres_client.h"
#include "workload/key_table_parts.h"

namespace tidemark::test {
namespace {

using namespace key_table_parts;

KeyTable table(const std::string& name, const std::string& columns, std::vector<std::string> key,
               std::function<Literals(size_t)> literals) {
  KeyTable out;
  out.dialect = Dialect::postgres;
  out.name = name;
  out.columns = columns;
  out.index = fmt::format("PRIMARY KEY ({})", fmt::join(key, ", "));
  out.key = std::move(key);
  out.literals = std::move(literals);
  return out;
}

KeyTable single(const std::string& name, const std::string& type, std::function<std::string(size_t)> literal) {
  return table(name, "k " + type + " NOT NULL", {"k"}, [literal](size_t i) { return Literals{literal(i)}; });
}

std::string bytea(const std::string& bytes) { return "decode('" + hex_of(bytes) + "', 'hex')"; }

void add_numbers(std::vector<KeyTable>& out) {
  out.push_back(single("k_bigint", "BIGINT", [](size_t i) { return std::to_string(static_cast<int64_t>(scattered(i))); }));
  out.push_back(single("k_negative", "INT", [](size_t i) { return std::to_string((static_cast<int>(i) - 200) * 79); }));
  out.push_back(single("k_small", "SMALLINT", [](size_t i) { return std::to_string(static_cast<int>(i) * 7 - 1400); }));
  out.push_back(single("k_uneven", "BIGINT", [](size_t i) { return std::to_string(i < 200 ? i : 1000000000000ULL + i); }));
  out.push_back(single("k_decimal", "NUMERIC(38,10)", [](size_t i) {
    return fmt::format("{}{}{:012}.{:010}", i % 2 ? "-" : "", i % 5 ? "" : "9999999999999999", scattered(i) % 1000000000000,
                       scattered(i + 7) % 10000000000);
  }));
  out.push_back(single("k_double", "DOUBLE PRECISION", [](size_t i) {
    return fmt::format("{:.17e}", (i % 2 ? -1 : 1) * std::pow(1.37, static_cast<double>(i) - 200) * 0.1);
  }));
  KeyTable labels = table("k_enum", "e word NOT NULL, k SMALLINT NOT NULL", {"e", "k"}, [](size_t i) {
    static const char* const words[] = {"zulu", "alpha", "Mike", "ünder", "bravo"};
    return Literals{fmt::format("'{}'", words[i % 5]), std::to_string(i / 5)};
  });
  labels.before = "CREATE TYPE word AS ENUM ('zulu','alpha','Mike','ünder','bravo')";
  out.push_back(labels);
}

void add_times(std::vector<KeyTable>& out) {
  out.push_back(single("k_date", "DATE", [](size_t i) {
    return fmt::format("'{:04}-{:02}-{:02}'", i % 3 ? 1000 + i * 20 : 2024 + i / 84, i % 12 + 1, i % 28 + 1);
  }));
  out.push_back(single("k_timestamp", "TIMESTAMP",
                       [](size_t i) { return fmt::format("'{}.{:06}'", moment(i / 4, 7), i % 4 ? scattered(i) % 1000000 : 0); }));
  // around the hour that the server's time zone has twice
  out.push_back(single("k_timestamptz", "TIMESTAMPTZ", [](size_t i) { return "'" + moment(i, 17) + "+00'"; }));
}

void add_texts(std::vector<KeyTable>& out) {
  out.push_back(single("k_uuid", "UUID", [](size_t i) { return "'" + uuid_text(i) + "'"; }));
  out.push_back(single("k_bytea", "BYTEA", [](size_t i) { return bytea(awkward_bytes(i)); }));
  out.push_back(single("k_padded", "VARCHAR(40) COLLATE \"C\"", [](size_t i) { return postgres_quote(padded_word(i)); }));
  // an order that only the server knows
  out.push_back(single("k_collated", "VARCHAR(40) COLLATE \"und-x-icu\"", [](size_t i) { return postgres_quote(collated_word(i)); }));
  // equal for the source where it is not byte for byte
  KeyTable loose = single("k_loose", "VARCHAR(40) COLLATE loose", [](size_t i) { return postgres_quote(collated_word(i)); });
  loose.before = "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)";
  out.push_back(loose);
  out.push_back(table("k_composite", "a INT NOT NULL, b VARCHAR(20) COLLATE \"und-x-icu\" NOT NULL", {"a", "b"}, [](size_t i) {
    return Literals{std::to_string(static_cast<int>(i % 7) - 3), postgres_quote(collated_word(i / 7))};
  }));
}

void add_identities(std::vector<KeyTable>& out) {
  // equal rows, and NULLs in what would be a key
  KeyTable none = table("no_key", "a INT, b VARCHAR(20)", {"a", "b"}, [](size_t i) {
    return Literals{i % 4 ? std::to_string(i % 50) : "NULL", i % 3 ? fmt::format("'b{}'", i % 20) : "NULL"};
  });
  none.index.clear();
  none.unique = false;
  none.after = "ALTER TABLE no_key REPLICA IDENTITY FULL";
  out.push_back(none);

  KeyTable nullable = table("nullable_unique", "u BIGINT", {"u"},
                            [](size_t i) { return Literals{i % 9 ? std::to_string(scattered(i) % 1000003) : "NULL"}; });
  nullable.index = "UNIQUE (u)";
  nullable.unique = false;
  nullable.after = "ALTER TABLE nullable_unique REPLICA IDENTITY FULL";
  out.push_back(nullable);

  KeyTable by_index = table("by_index", "tenant INT NOT NULL, id BIGINT NOT NULL", {"tenant", "id"}, [](size_t i) {
    return Literals{std::to_string(i % 5), std::to_string(i)};
  });
  by_index.index = "CONSTRAINT by_index_key UNIQUE (tenant, id)";
  by_index.after = "ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_key";
  out.push_back(by_index);

  // whole old rows, with a primary key; large values out of line
  KeyTable full = single("k_full", "INT", [](size_t i) { return std::to_string(i * 3); });
  full.after = "ALTER TABLE k_full REPLICA IDENTITY FULL";
  full.body_factor = 60;
  out.push_back(full);

  // large values that do not come with a change of the others
  KeyTable toast = single("k_toast", "INT", [](size_t i) { return std::to_string(i * 5); });
  toast.body_factor = 60;
  out.push_back(toast);

  // keys move from one partition to another
  KeyTable parted = single("k_parted", "INT", [](size_t i) { return std::to_string(i); });
  parted.options = "PARTITION BY RANGE (k)";
  parted.after =
      "CREATE TABLE k_parted_low PARTITION OF k_parted FOR VALUES FROM (MINVALUE) TO (100);"
      "CREATE TABLE k_parted_mid PARTITION OF k_parted FOR VALUES FROM (100) TO (300);"
      "CREATE TABLE k_parted_high PARTITION OF k_parted DEFAULT";
  out.push_back(parted);
}

void add_shapes(std::vector<KeyTable>& out) {
  KeyTable triple = table("k_triple", "a INT NOT NULL, b BIGINT NOT NULL, c SMALLINT NOT NULL", {"a", "b", "c"}, [](size_t i) {
    return Literals{i < 10500 ? "7" : "8", std::to_string(i / 40), std::to_string(static_cast<int64_t>(i % 40) - 20)};
  });
  triple.space = 11000;
  triple.filled = 10000;
  out.push_back(triple);

  KeyTable empty = single("empty_table", "INT", [](size_t i) { return std::to_string(i); });
  empty.filled = 0;
  empty.quiet = true;
  out.push_back(empty);

  KeyTable one = single("one_row", "INT", [](size_t i) { return std::to_string(i); });
  one.filled = one.space = 1;
  out.push_back(one);
}

}  // namespace

std::vector<KeyTable> postgres_key_tables() {
  std::vector<KeyTable> out;
  add_numbers(out);
  add_times(out);
  add_texts(out);
  add_identities(out);
  add_shapes(out);
  return out;
}

}  // namespace tidemark::test
