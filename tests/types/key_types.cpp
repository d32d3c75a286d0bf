#include "types/key_types.h"

#include <fmt/format.h>

#include <vector>

namespace tidemark::test {
namespace {

struct KeyCase {
  const char* type;
  std::vector<const char*> values;  // the last one is what a key is changed to
};

const std::vector<KeyCase> kPostgres = {
    {"numeric", {"1.10", "12345678901234567890.5", "-1e-30", "0", "7.000"}},
    {"numeric(10,2)", {"1.10", "-1.10", "0", "99999999.99", "5.55"}},
    {"float8", {"0.1", "1e300", "-5e-324", "0", "123456789.123456789", "3"}},
    {"float4", {"0.1", "3.4028235e38", "-1e-40", "0", "16777216", "3"}},
    {"bytea", {"''", "'\\x00'", "'\\x0000'", "'a'", "'A'", "'a '", "decode(repeat('ff', 700), 'hex')", "'z'"}},
    {"text", {"''", "'a'", "'A'", "'a '", "'á'", "U&'a\\0301'", "'ß'", "'ss'", "E'a\\t'", "'NULL'", "repeat('x', 700)", "'zz'"}},
    {"varchar(20)", {"''", "'a'", "'A'", "'a '", "'a  '", "'zz'"}},
    {"char(5)", {"''", "'a'", "'A'", "'zz'"}},
    {"public.citext", {"'a'", "'B'", "'b '", "'Q'"}},
    {"timestamp", {"'2024-02-29 23:59:59.999999'", "'1000-01-01'", "'2000-01-01 00:00:00.000001'", "'2001-01-01'"}},
    {"timestamptz(3)", {"'2024-02-29 23:59:59.999+05'", "'1000-01-01'", "'2001-01-01'"}},
    {"interval", {"'1 year 2 months'", "'-1 day'", "'24:00:00.000001'", "'2 days'"}},
    {"uuid", {"md5('a')::uuid", "md5('b')::uuid", "md5('d')::uuid", "'01234567-89ab-8def-8023-456789abcdef'", "md5('zz')::uuid"}},
    {"types.mood", {"'sad'", "'ok'", "'höchst'"}},
    {"inet", {"'1.2.3.4'", "'1.2.3.4/8'", "'::1'", "'9.9.9.9'"}},
    {"varbit", {"B''", "B'0'", "B'00'", "B'101'"}},
    {"text[]", {"'{}'", "ARRAY['a', 'NULL', NULL, 'A ']", "ARRAY['a']", "ARRAY['A']", "'[0:0]={zz}'"}},
    {"jsonb", {"'{}'", "'[1, 2]'", "'\"a\"'", "'\"A\"'", "'{\"a\": 1.50}'", "'9'"}},
};

const std::vector<KeyCase> kFamily = {
    {"DECIMAL(65,30)", {"1.1", "-1.1", "0", "99999999999999999999999999999999999.999999999999999999999999999999", "5"}},
    {"DOUBLE", {"0.1", "1e300", "-5e-324", "0", "3"}},
    {"FLOAT", {"0.1", "3.4028234e38", "0", "16777216", "3"}},
    {"VARBINARY(300)", {"''", "X'00'", "X'0000'", "'a'", "'A'", "'a '", "'zz'"}},
    {"BINARY(4)", {"''", "'a'", "'A'", "X'61000001'", "X'ffffffff'", "'zz'"}},
    {"VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", {"'a'", "'B'", "'é'", "''", "'Q'"}},
    {"VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", {"'a'", "'A'", "'á'", "''", "'zz'"}},
    {"CHAR(5) CHARACTER SET sjis COLLATE sjis_bin", {"'a'", "'ア'", "'漢'", "'zz'"}},
    {"ENUM('b', 'a', 'A b')", {"'b'", "'a'", "'A b'"}},
    {"SET('b', 'a', 'c')", {"''", "'b,a'", "'a'", "'c'"}},
    {"BIT(64)", {"18446744073709551615", "0", "1"}},
    {"YEAR", {"0", "1901", "2155", "2000"}},
    {"DATETIME(6)", {"'2024-02-29 23:59:59.999999'", "'1000-01-01'", "'2001-01-01'"}},
    {"TIMESTAMP(6)", {"'2024-02-29 23:59:59.999999'", "'1970-01-01 12:00:01'", "'2001-01-01'"}},
    {"TIME(6)", {"'838:59:58.999999'", "'-838:59:59'", "'00:00:00.000001'", "'01:01'"}},
    {"BIGINT UNSIGNED", {"18446744073709551615", "9223372036854775808", "5"}},
};

const std::vector<KeyCase>& cases(const std::string& engine) { return engine == "postgres" ? kPostgres : kFamily; }

std::string insert(size_t table, const KeyCase& key, size_t value) {
  return fmt::format("INSERT INTO key_{} VALUES ({}, {});", table, key.values[value], value);
}

}  // namespace

std::string key_type_tables(const std::string& engine) {
  std::string sql;
  size_t table = 0;
  for (const KeyCase& key : cases(engine)) {
    sql += fmt::format("CREATE TABLE key_{} (k {} NOT NULL PRIMARY KEY, v INT);", ++table, key.type);
    for (size_t i = 0; i + 1 < key.values.size(); i += 2) sql += insert(table, key, i);
  }
  return sql;
}

std::string key_type_changes(const std::string& engine) {
  std::string sql;
  size_t table = 0;
  for (const KeyCase& key : cases(engine)) {
    ++table;
    for (size_t i = 1; i + 1 < key.values.size(); i += 2) sql += insert(table, key, i);
    sql += fmt::format("UPDATE key_{0} SET v = v + 100; DELETE FROM key_{0} WHERE v = 100;", table) + insert(table, key, 0);
    sql += fmt::format("UPDATE key_{} SET k = {} WHERE v = 101;", table, key.values.back());
  }
  return sql;
}

}  // namespace tidemark::test
