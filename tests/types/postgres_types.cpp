#include <fmt/core.h>

#include "types/type_case.h"

// PostgreSQL's types with the values that every sink can hold, and for each sink the values and types that only it has room for.
namespace tidemark::test {
namespace {

using Values = std::vector<std::string>;

constexpr const char* kWithoutSignOfZero = "({}::float8 + 0)::text";
constexpr const char* kAsPrinted = "to_jsonb({}::text[])::text";  // lists of the texts that the elements print

struct Catalogue {
  bool to_postgres, to_sqlite, to_mariadb;
  TypeTable table;

  Catalogue(std::string name, const std::string& sink)
      : to_postgres(sink == "postgres"),
        to_sqlite(sink == "sqlite"),
        to_mariadb(sink == "mariadb"),
        table{std::move(name), {}, {}, {}, {}} {}
  bool is_mysql() const { return !to_postgres && !to_sqlite; }
  void add(const std::string& column, const std::string& type, TypeForm form, Values values) {
    table.columns.push_back({column, type, form, std::move(values), {}, Dialect::postgres});
  }
  /// More values of the last column, for sinks that have them.
  void more(bool here, const Values& values) {
    Values& all = table.columns.back().values;
    if (here) all.insert(all.end(), values.begin(), values.end());
  }
  /// How the source prints the last column as a sink other than PostgreSQL is to hold it.
  void print(const std::string& sql) { table.columns.back().printed = sql; }
  void add_plain(const std::string& column, const std::string& type, Values values) {
    add(column, type, TypeForm::plain, std::move(values));
  }
};

TypeTable numbers(const std::string& sink) {
  Catalogue c("numbers", sink);
  c.add("yes", "boolean", TypeForm::boolean, {"true", "false"});
  c.add("i16", "smallint", TypeForm::integer, {"-32768", "32767", "0"});
  c.add("i32", "integer", TypeForm::integer, {"-2147483648", "2147483647", "0"});
  c.add("i64", "bigint", TypeForm::integer, {"-9223372036854775808", "9223372036854775807", "9007199254740993"});
  c.add("o", "oid", TypeForm::integer, {"0", "4294967295", "2147483648"});
  c.add("f32", "real", TypeForm::real, {"0.1", "'3.4028235e38'", "'-1.17549435e-38'", "16777216", "'1e-40'", "'-0'"});
  c.more(c.to_postgres, {"'NaN'"});
  c.more(!c.is_mysql(), {"'Infinity'", "'-Infinity'"});
  if (c.to_mariadb) c.print(kWithoutSignOfZero);
  c.add("f64", "double precision", TypeForm::real,
        {"0.1", "'1.7976931348623157e308'", "'2.2250738585072014e-308'", "'5e-324'", "9007199254740993", "0.30000000000000004", "'1e23'",
         "'-0'"});
  c.more(c.to_postgres, {"'NaN'"});
  c.more(!c.is_mysql(), {"'Infinity'", "'-Infinity'"});
  if (c.to_mariadb) c.print(kWithoutSignOfZero);
  c.add("n10_2", "numeric(10,2)", TypeForm::decimal, {"99999999.99", "-99999999.99", "0", "0.01", "-0.5"});
  c.more(!c.is_mysql(), {"'NaN'"});
  c.add("n38_10", "numeric(38,10)", TypeForm::decimal, {"9999999999999999999999999999.9999999999", "-0.0000000001", "1"});
  c.add("n65_30", "numeric(65,30)", TypeForm::decimal,
        {"99999999999999999999999999999999999.999999999999999999999999999999", "-0.000000000000000000000000000001"});
  c.add("n5_0", "numeric(5)", TypeForm::decimal, {"99999", "-1"});
  c.add("cash", "money", TypeForm::decimal, {"'92233720368547758.07'", "'-92233720368547758.08'", "'0.05'", "'-1234.50'"});
  c.print("{}::numeric::text");
  c.add("n", "numeric", TypeForm::decimal, {"0.1", "1.10", "123456789012345678901234567890.123456789", "-0.0"});
  c.more(!c.is_mysql(), {"'NaN'", "'Infinity'", "'-Infinity'", "'1e-50'", "'1e100'"});
  if (c.is_mysql()) c.print("{}::numeric(65,30)::text");
  c.add_plain("n300", "numeric(300,100)", {"1.5", "'1e199'", "'-1e-100'"});
  c.add_plain("down", "numeric(5,-3)", {"99999000", "-1000", "0"});
  return c.table;
}

TypeTable times(const std::string& sink) {
  Catalogue c("times", sink);
  const Values far_days{"'infinity'", "'-infinity'", "'0044-03-15 BC'", "'4713-01-01 BC'", "'5874897-12-31'", "'0001-01-01 BC'"};
  const Values far{"'infinity'", "'-infinity'", "'0044-03-15 12:00:00.5 BC'", "'294276-12-31 23:59:59.999999'"};
  c.add("d", "date", TypeForm::date, {"'2024-02-29'", "'1000-01-01'", "'9999-12-31'", "'1970-01-01'", "'1582-10-10'"});
  c.more(!c.is_mysql(), far_days);
  c.add("ts", "timestamp", TypeForm::datetime, {"'2024-02-29 23:59:59.999999'", "'1000-01-01 00:00:00'", "'1969-12-31 23:59:59.5'"});
  c.more(!c.is_mysql(), far);
  c.add("ts3", "timestamp(3)", TypeForm::datetime, {"'2024-02-29 23:59:59.999'", "'2000-01-01 00:00:00'"});
  c.add("ts0", "timestamp(0)", TypeForm::datetime, {"'2024-02-29 23:59:59'"});
  c.add("tz", "timestamptz", TypeForm::timestamp,
        {"'2024-02-29 23:59:59.999999+00'", "'2024-11-03 01:30:00-04'", "'2024-11-03 01:30:00-05'", "'1900-01-01 00:00:00+05:53:28'"});
  c.more(!c.is_mysql(), far);
  c.add("tz0", "timestamptz(0)", TypeForm::timestamp, {"'2024-02-29 23:59:59-12'"});
  c.add("t", "time", TypeForm::time, {"'00:00:00'", "'23:59:59.999999'", "'12:30:00.5'", "'24:00:00'"});
  c.add("t2", "time(2)", TypeForm::time, {"'23:59:59.25'", "'00:00:00'"});
  c.add_plain("ttz", "timetz", {"'12:30:00.5+05:30'", "'00:00:00-12'", "'24:00:00+00'", "'01:02:03+15:59:59'"});
  c.add("iv", "interval", TypeForm::interval,
        {"'1 year 2 months 3 days 04:05:06.789'", "'-1 year +2 days -00:00:01'", "'0'", "'178000000 years'", "'-0.000001 seconds'",
         "'100000000 hours'"});
  c.add("ivm", "interval year to month", TypeForm::interval, {"'3 years -1 month'"});
  return c.table;
}

TypeTable texts(const std::string& sink) {
  Catalogue c("texts", sink);
  const Values words{
      "''", "'a'", "'A'", "'a '", "'né 漢字 😀'", "E'tab\\tand\\nnewline\\r\\\\'", "'O''Brien \"quoted\"'", "E'\\x01\\x7f'", "'NULL'"};
  Values long_ones = words;
  long_ones.insert(long_ones.end(), {"repeat('x', 70000)", "repeat('né😀', 30000)"});
  c.add("t", "text", TypeForm::text, long_ones);
  c.add("vc", "varchar(40)", TypeForm::text, words);
  c.add("v", "varchar", TypeForm::text, long_ones);
  c.add("ch", "char(12)", TypeForm::padded, {"''", "'a'", "'né😀'", "'twelve chars'"});
  c.add("n", "name", TypeForm::text, {"'a'", "repeat('n', 63)"});
  c.add("ci", "public.citext", TypeForm::text, {"'MiXed'", "'mixed'"});
  c.add("mood", "types.mood", TypeForm::text, {"'sad'", "'ok'", "'it''s \"fine\"'", "'höchst'"});
  c.add("x", "xml", TypeForm::text, {"'<a b=\"1\">né</a>'", "'<e/>'"});
  c.add("lex", "tsvector", TypeForm::text, {"'a:1 fat:2A cat:3,5B'", "''"});
  c.add("path", "public.ltree", TypeForm::text, {"'top.science.astronomy'", "''"});
  c.add("own", "types.short_text", TypeForm::text, {"'abc'", "''"});
  c.add("own_number", "types.positive", TypeForm::integer, {"1", "2147483647"});
  c.table.before =
      "CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s \"fine\"', 'höchst'); ALTER TYPE mood ADD VALUE 'better' BEFORE 'ok';"
      "CREATE DOMAIN short_text AS varchar(10); CREATE DOMAIN positive AS integer CHECK (value > 0)";
  return c.table;
}

TypeTable bytes_and_documents(const std::string& sink) {
  Catalogue c("documents", sink);
  c.add("b", "bytea", TypeForm::bytes, {"''", "'\\x00'", "'\\x00ff41275c0a'", "decode(repeat('00ff', 70000), 'hex')"});
  c.add("u", "uuid", TypeForm::uuid,
        {"'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
         "'01234567-89ab-8def-8023-456789abcdef'", "'fedcba98-7654-c210-7edc-ba9876543210'", "'11111111-2222-1333-1444-555555555555'"});
  c.add("b1", "bit(1)", TypeForm::bits, {"B'0'", "B'1'"});
  c.add("b9", "bit(9)", TypeForm::bits, {"B'100000001'", "B'000000000'"});
  c.add("b64", "bit(64)", TypeForm::bits, {"repeat('1', 64)::bit(64)", "('1' || repeat('0', 63))::bit(64)"});
  c.add_plain("vb", "varbit(80)", {"B''", "B'0'", "B'101'", "repeat('10', 40)::varbit"});
  const Values documents{"'null'",
                         "'{}'",
                         "'[]'",
                         "'\"\"'",
                         "'{\"b\": 1, \"a\": {\"x\": [true, false, null, [[]]]}, \"\": \"né😀\"}'",
                         "'[1.5, -1, 0, 9223372036854775807]'",
                         "'\"\\u00e9 \\ud83d\\ude00 \\\\ \\\" \\n\"'",
                         "('[\"' || repeat('x', 70000) || '\"]')::json"};
  const Values exact{"'{\"a\": 1,   \"a\": 2}'", "'[1.10, 1e400, 123456789012345678901234567890]'"};
  const std::string nines(81, '9'), small = "-0." + std::string(71, '0') + "9";
  const Values decimals{"'[123456789012345678901234567890, {\"k \\\"\": -18446744073709551616.5, \"\": [[0.1000000000000000055]]}]'",
                        "'" + nines + "'", "'[" + small + "]'"};
  c.add("j", "json", TypeForm::json, documents);
  c.more(!c.is_mysql(), exact);
  c.more(true, decimals);
  c.add("jb", "jsonb", TypeForm::json, documents);
  c.more(!c.is_mysql(), exact);
  c.more(true, decimals);
  return c.table;
}

TypeTable arrays(const std::string& sink) {
  Catalogue c("arrays", sink);
  c.add("ints", "integer[]", TypeForm::array, {"'{}'", "'{1,NULL,-3}'", "'{{1,2},{3,4}}'", "'[0:1]={5,6}'", "'[-1:0][2:3]={{1,2},{3,4}}'"});
  c.add("texts", "text[]", TypeForm::array,
        {"'{}'", "ARRAY['a','',NULL,'NULL','né😀']", "ARRAY['q\"uote','back\\slash','{brace}','com,ma',' sp ']"});
  c.add("flags", "boolean[]", TypeForm::array, {"'{t,f,NULL}'"});
  c.add("longs", "bigint[]", TypeForm::array, {"'{9223372036854775807,-9223372036854775808}'"});
  c.add("stamps", "timestamptz[]", TypeForm::array, {"'{\"2024-02-29 12:00:00+02\",infinity}'"});
  c.print(kAsPrinted);
  c.add("blobs", "bytea[]", TypeForm::array, {"ARRAY['\\x00ff'::bytea, NULL]"});
  c.print(kAsPrinted);
  c.add("boxes", "box[]", TypeForm::array, {"'{(1,1),(0,0);(2,2),(1,1)}'"});
  c.print(kAsPrinted);
  c.add("moods", "types.colour[]", TypeForm::array, {"'{red,\"dark blue\"}'"});
  c.print(kAsPrinted);
  c.table.before = "CREATE TYPE colour AS ENUM ('red', 'dark blue')";
  return c.table;
}

TypeTable others(const std::string& sink) {
  Catalogue c("others", sink);
  c.add_plain("ip", "inet", {"'192.168.0.1'", "'10.1.2.3/8'", "'2001:db8::1'", "'::ffff:1.2.3.4/120'"});
  c.print("inet_out({})::text");  // a cast would say /32 where the type itself does not
  c.add_plain("net", "cidr", {"'10.0.0.0/8'", "'2001:db8::/32'"});
  c.add_plain("mac", "macaddr", {"'08:00:2b:01:02:03'"});
  c.add_plain("mac8", "macaddr8", {"'08:00:2b:01:02:03:04:05'"});
  c.add_plain("r4", "int4range", {"'[1,5)'", "'empty'", "'(,)'", "'[3,]'"});
  c.add_plain("rn", "numrange", {"'[1.5,2.75]'", "'(-1,0)'"});
  c.add_plain("rd", "daterange", {"'[2024-02-29,2024-03-01)'", "'(,2000-01-01)'"});
  c.add_plain("rt", "tstzrange", {"'[2024-02-29 12:00:00+02,infinity)'"});
  c.add_plain("multi", "int4multirange", {"'{[1,3),[7,9)}'", "'{}'"});
  c.add_plain("comp", "types.pair", {"ROW(1,'two')", "ROW(NULL,'')", "ROW(-1,'q\"uote, (comma) \\')"});
  c.add_plain("bx", "box", {"'(1,1),(0,0)'"});
  c.add_plain("lineseg", "lseg", {"'[(0,0),(1,1.5)]'"});
  c.add_plain("ring", "circle", {"'<(1,2),3.5>'"});
  c.add_plain("way", "path", {"'((0,0),(1,1),(2,0))'", "'[(0,0),(1,1)]'"});
  c.add_plain("poly", "polygon", {"'((0,0),(0,1),(1,1))'"});
  c.add_plain("snap", "pg_snapshot", {"'10:20:10,14'"});
  c.add_plain("lsn", "pg_lsn", {"'16/B374D848'"});
  c.add_plain("query", "tsquery", {"'fat & (rat | !cat)'"});
  c.add("h", "public.hstore", TypeForm::array, {"'a=>1, b=>NULL, \"k \\\"q\\\\\"=>\"v, w\"'", "''"});
  c.print("public.hstore_to_jsonb({})::text");
  c.add("pt", "point", c.is_mysql() ? TypeForm::geometry : TypeForm::plain, {"'(1.5,-2.25)'", "'(0,1e+300)'"});
  if (c.is_mysql()) c.print("'POINT(' || translate({}::text, ',()+', ' ') || ')'");
  c.table.before = "CREATE TYPE pair AS (a integer, b text)";
  return c.table;
}

}  // namespace

std::vector<TypeTable> postgres_type_tables(const std::string& sink) {
  return {numbers(sink), times(sink), texts(sink), bytes_and_documents(sink), arrays(sink), others(sink)};
}

}  // namespace tidemark::test
