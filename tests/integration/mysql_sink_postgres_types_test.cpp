// PostgreSQL's types at the MySQL and the MariaDB sink, with values at their edges as the source's codec yields them. What is written must
// read back as represent() says; what cannot be held must be refused before the server sees it, and nothing else.
#include <algorithm>
#include <limits>
#include <memory>

#include "mysql_sink_values.h"
#include "shared_servers.h"
#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

constexpr float kNan32 = std::numeric_limits<float>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

struct Case {
  Column column;
  std::vector<Value> values;
  std::vector<std::pair<Value, mysql::Encoded>> refused;
  bool at_mysql_only = false;  // refusals: MariaDB keeps JSON's text
};

Column column(const char* native, ValueKind kind, uint32_t length = 0, uint8_t scale = 0) {
  Column c;
  c.family = TypeFamily::postgres;
  c.native_type = native;
  c.kind = kind;
  c.length = length;
  c.scale = scale;
  return c;
}

Value text(ValueKind kind, std::string_view bytes) { return Value::of_bytes(kind, bytes); }
std::vector<Value> texts(ValueKind kind, std::initializer_list<std::string_view> list) {
  std::vector<Value> out;
  for (const std::string_view t : list) out.push_back(text(kind, t));
  return out;
}

using Refused = std::vector<std::pair<Value, mysql::Encoded>>;
using mysql::Encoded;
constexpr auto kText = ValueKind::text;
constexpr auto kOther = ValueKind::other;
constexpr auto kArray = ValueKind::array;
constexpr auto kJson = ValueKind::json;
constexpr auto kDecimal = ValueKind::decimal;

std::vector<Case> number_cases() {
  const auto i64 = [](int64_t v) { return Value::int64(v); };
  return {
      {column("boolean", ValueKind::boolean), {Value::boolean(true), Value::boolean(false)}, {}},
      {column("smallint", ValueKind::int64), {i64(-32768), i64(32767)}, {}},
      {column("integer", ValueKind::int64), {i64(-2147483648), i64(2147483647)}, {}},
      {column("bigint", ValueKind::int64), {i64(INT64_MIN), i64(INT64_MAX), i64(0)}, {}},
      {column("oid", ValueKind::uint64), {Value::uint64(4294967295), Value::uint64(0)}, {}},
      {column("real", ValueKind::float32),
       {Value::float32(0.1f), Value::float32(3.4028235e38f), Value::float32(1.4e-45f), Value::float32(-0.0f), Value::float32(16777217.0f)},
       Refused{{Value::float32(kNan32), Encoded::not_a_number}, {Value::float32(static_cast<float>(-kInf)), Encoded::infinite}}},
      {column("double precision", ValueKind::float64),
       {Value::float64(0.1), Value::float64(1.7976931348623157e308), Value::float64(5e-324), Value::float64(-0.0), Value::float64(1e22)},
       Refused{{Value::float64(kInf), Encoded::infinite}}},
      {column("numeric(10,2)", kDecimal, 10, 2), texts(kDecimal, {"99999999.99", "-0.01", "0.00"}),
       Refused{{text(kDecimal, "NaN"), Encoded::not_a_number}}},
      {column("numeric(3,5)", kDecimal, 3, 5), texts(kDecimal, {"0.00999", "-0.00001"}), {}},
      {column("numeric(5,-2)", kDecimal), texts(kDecimal, {"9999900", "-100", "0"}), {}},
      {column("numeric(80,40)", kDecimal, 80, 40),
       texts(kDecimal, {"9999999999999999999999999999999999999999.9999999999999999999999999999999999999999",
                        "0.0000000000000000000000000000000000000001"}),
       {}},
      {column("numeric", kDecimal),
       texts(kDecimal, {"1.50", "1.5", "-0.1", "0", "100", "99999999999999999999999999999999999.123456789012345678901234567890"}),
       Refused{{text(kDecimal, "123456789012345678901234567890123456"), Encoded::out_of_range},
               {text(kDecimal, "0.1234567890123456789012345678901"), Encoded::digits_lost},
               {text(kDecimal, "Infinity"), Encoded::infinite},
               {text(kDecimal, "-Infinity"), Encoded::infinite}}},
      {column("money", kDecimal, 19, 2), texts(kDecimal, {"-92233720368547758.08", "92233720368547758.07"}), {}},
      {column("bit(7)", ValueKind::bits, 7), texts(ValueKind::bits, {"\x7f", "\x01"}), {}},
      {column("bit(64)", ValueKind::bits, 64), texts(ValueKind::bits, {"\xff\xff\xff\xff\xff\xff\xff\xff", {"\0\0\0\0\0\0\0\1", 8}}), {}},
      {column("bit(70)", ValueKind::bits, 70),
       texts(ValueKind::bits, {"\x3f\xff\xff\xff\xff\xff\xff\xff\xff", {"\0\0\0\0\0\0\0\0\1", 9}}),
       {}},
      {column("bit varying(9)", kOther, 9), texts(kOther, {"", "101010101"}), {}},
      {column("bit varying", kOther), texts(kOther, {"", "1"}), {}},
      {column("positive", ValueKind::int64), {i64(7)}, {}},  // a domain
  };
}

std::vector<Case> moment_cases() {
  const Civil last{9999, 12, 31, 86399999999}, first{1, 1, 1, 0}, before{0, 12, 31, 0}, later{10000, 1, 1, 0},
      never{kInfinityYear, 1, 1, 0};
  return {
      {column("date", ValueKind::date),
       {Value::date(9999, 12, 31), Value::date(1, 1, 1), Value::date(2024, 2, 29), Value::date(1582, 10, 10)},
       Refused{{Value::date(0, 12, 31), Encoded::out_of_range},
               {Value::date(-43, 3, 15), Encoded::out_of_range},
               {Value::date(10000, 1, 1), Encoded::out_of_range},
               {Value::date(kInfinityYear, 1, 1), Encoded::infinite},
               {Value::date(-kInfinityYear, 1, 1), Encoded::infinite}}},
      {column("timestamp without time zone", ValueKind::datetime, 0, 6),
       {Value::datetime(last, 6), Value::datetime(first, 6)},
       Refused{{Value::datetime(before, 6), Encoded::out_of_range},
               {Value::datetime(later, 6), Encoded::out_of_range},
               {Value::datetime(never, 6), Encoded::infinite}}},
      {column("timestamp(3) with time zone", ValueKind::timestamp, 0, 3),
       {Value::timestamp({1969, 12, 31, 86399999000}, 3), Value::timestamp({2038, 1, 20, 0}, 3)},
       Refused{{Value::timestamp(never, 3), Encoded::infinite}, {Value::timestamp({2024, 1, 1, 1}, 3), Encoded::digits_lost}}},
      {column("time without time zone", ValueKind::time, 0, 6), {Value::time(86400000000, 6), Value::time(0, 6), Value::time(1, 6)}, {}},
      {column("time(6) with time zone", kOther), texts(kOther, {"24:00:00+15:59:59", "23:59:59.999999-15:59:59"}), {}},
      {column("interval", ValueKind::interval),
       texts(ValueKind::interval, {"P1Y2M3DT4H5M6.7S", "P-178956970Y-8M-2147483648DT-2562047788H-54.775807S", "PT0S"}),
       {}},
  };
}

std::vector<Case> text_cases() {
  Column padded = column("character(5)", kText, 5), mood = column("public.mood", kText);
  padded.fixed_length = true;
  mood.labels = {"sad", "it's", "a,b ", "A,B"};
  return {
      {column("character varying(5)", kText, 5), texts(kText, {"", "a ", "\\N", "i'\"x", "漢字😀é"}),
       Refused{{text(kText, "abcdef"), Encoded::too_long}}},
      {padded, texts(kText, {"     ", "ab   ", "漢    ", "12345"}), {}},
      {column("text", kText), texts(kText, {"", " ", "a\tb\nc\\d'e\"f`g", "\\", "\\N", "\x1a\x7f\r", "😀", "NULL"}),
       Refused{{text(kText, "\xff"), Encoded::invalid_utf8}}},
      {column("name", kText), texts(kText, {"pg_class"}), {}},
      {column("public.citext", kText), texts(kText, {"Ab", "aB "}), {}},
      {column("xml", kText), texts(kText, {"<a b=\"c\">'</a>"}), {}},
      {column("tsvector", kText), texts(kText, {"'fat':2 'rat''s':3A"}), {}},
      {mood, texts(kText, {"sad", "it's", "a,b ", "A,B", "new one"}), {}},
      {column("bytea", ValueKind::bytes), texts(ValueKind::bytes, {"", {"\0\t\n\\'\xff", 6}, "\\N", "\\x00"}), {}},
      {column("uuid", ValueKind::uuid),
       texts(ValueKind::uuid,
             {{"\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf", 16}, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"}),
       {}},
      {column("inet", kOther), texts(kOther, {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127", "10.0.0.1"}), {}},
      {column("macaddr8", kOther), texts(kOther, {"08:00:2b:01:02:03:04:05"}), {}},
      {column("int4range", kOther), texts(kOther, {"[-2147483648,2147483647)", "empty", "(,)"}), {}},
      {column("tstzrange", kOther), texts(kOther, {"[\"4713-01-01 00:00:00.123456+00 BC\",\"294276-12-31 23:59:59.999999+00\")"}), {}},
      {column("nummultirange", kOther), texts(kOther, {"{[1.5,2.5),(3,)}"}), {}},
      {column("public.pair", kOther), texts(kOther, {"(1,\"a \"\"b\"\" \\\\ c\",)"}), {}},
      {column("polygon", kOther), texts(kOther, {"((0,0),(1,1),(1,0))"}), {}},
  };
}

std::vector<Case> shaped_cases() {
  return {
      {column("jsonb", kJson),
       texts(kJson, {"{\"a\": 1, \"bb\": [1.5, null, \"\\u0000\"]}", "null", "\"\\\\\"", "18446744073709551615", "[1.0, 1e22, -0.5]",
                     "1.7976931348623157e308", "5e-324", "\"it's\""}),
       Refused{{text(kJson, "[1e400]"), Encoded::json_number}}, true},
      {column("json", kJson), texts(kJson, {"{\"a\": 1,  \"a\": 2}", "\"\\ud83d\\ude00\""}),
       Refused{{text(kJson, "\"\\ud800\""), Encoded::json_refused}, {text(kJson, "\"\\udc00\""), Encoded::json_refused}}},
      {column("integer[]", kArray),
       texts(kArray, {"{}", "{1,NULL,-2147483648}", "{{1,2},{3,4}}", "[0:1]={1,2}", "[-1:0][2:3]={{1,2},{3,4}}"}),
       {}},
      {column("text[]", kArray), texts(kArray, {"{\"NULL\",NULL,\"\",\"a b\",\"\\\"q\\\"\",\"back\\\\slash\",\"comma,brace}\",é}"}), {}},
      {column("numeric[]", kArray), texts(kArray, {"{1.50,NaN,NULL}", "{12345678901234567890.12345,1}"}), {}},
      {column("double precision[]", kArray), texts(kArray, {"{0.1,Infinity,-Infinity,NaN,1e+22,-0}"}), {}},
      {column("boolean[]", kArray), texts(kArray, {"{t,f,NULL}"}), {}},
      {column("jsonb[]", kArray), texts(kArray, {"{\"null\",NULL,\"{\\\"a\\\": 1}\"}"}), {}},
      {column("timestamp with time zone[]", kArray), texts(kArray, {"{\"2024-01-01 00:00:00+00\",infinity}"}), {}},
      {column("public.hstore", kOther), texts(kOther, {"", "\"a\"=>\"1\", \"b\"=>NULL", "\"q\\\"\"=>\"\\\\\""}), {}},
      {column("point", kOther), texts(kOther, {"(1.5,-2.25)", "(0,-0)", "(1e+300,1e-300)"}),
       Refused{{text(kOther, "(1,2"), Encoded::malformed}}},
      {column("public.vector(3)", kOther), texts(kOther, {"[1,2.5,-3e-05]"}), {}},
      {column("public.geometry(Point,4326)", kOther),
       texts(kOther, {"0101000020E6100000CDCCCCCCCCCC2A400000000000404A40", "0101000000000000000000F03F0000000000000040"}),
       Refused{{text(kOther, "01010000800000000000000000000000000000000000000000000000"), Encoded::geometry_kind}}},
  };
}

/// One table: the number of the row, and a column a case with its k-th value, NULL behind its last.
ValueRows table_of(const std::vector<Case>& cases, const char* name) {
  auto schema = std::make_shared<TableSchema>();
  schema->name = {"given", name};
  Column id = column("bigint", ValueKind::int64);
  id.name = "id";
  id.nullable = false;
  schema->columns.push_back(id);
  schema->key = {0};
  size_t rows = 1;
  for (const Case& c : cases) {
    schema->columns.push_back(c.column);
    schema->columns.back().name = fmt::format("{} {}", schema->columns.size(), c.column.native_type);
    rows = std::max(rows, c.values.size() + 1);
  }
  ValueRows out;
  for (size_t r = 0; r < rows; ++r) {
    auto& row = out.rows.emplace_back();
    row.push_back(Value::int64(static_cast<int64_t>(r)));
    for (const Case& c : cases) row.push_back(r < c.values.size() ? c.values[r] : Value::null());
  }
  out.schema = schema;
  return out;
}

void check_cases(const std::vector<Case>& cases, const char* name) {
  for (MysqlFamilyServer* server : {&test::mysql(), &mariadb()}) {
    SinkValues values(*server);
    const std::vector<std::string> lines = values.check(table_of(cases, name));
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    INFO(server->engine() << "\n" << all);
    CHECK(lines.empty());
    for (size_t i = 0; i < cases.size(); ++i) {
      if (cases[i].at_mysql_only && server->engine() != "mysql") continue;
      for (const auto& [value, why] : cases[i].refused) {
        INFO(cases[i].column.native_type << ": " << mysql::fault_text(why));
        std::string literal, field;
        CHECK(mysql::append_literal(values.codecs()[i + 1], value, literal) == why);
        CHECK(mysql::append_load_field(values.codecs()[i + 1], value, field) == why);
        CHECK((literal.empty() && field.empty()));
      }
    }
  }
}

}  // namespace

TEST_CASE("PostgreSQL's numbers", "[sink-types]") { check_cases(number_cases(), "numbers"); }
TEST_CASE("PostgreSQL's dates and times", "[sink-types]") { check_cases(moment_cases(), "moments"); }
TEST_CASE("PostgreSQL's texts and bytes", "[sink-types]") { check_cases(text_cases(), "texts"); }
TEST_CASE("PostgreSQL's JSON, arrays and shapes", "[sink-types]") { check_cases(shaped_cases(), "shapes"); }

TEST_CASE("keys that PostgreSQL tells apart stay apart", "[sink-types]") {
  ValueRows table = table_of({{column("text", kText), texts(kText, {"a", "a ", "A", "á", "", " "}), {}},
                              {column("bytea", ValueKind::bytes), texts(ValueKind::bytes, {"a", "a ", {"a\0", 2}, "A", "", "b"}), {}}},
                             "keys");
  table.rows.pop_back();  // a key has no NULL
  for (const std::vector<uint16_t>& key : {std::vector<uint16_t>{1}, std::vector<uint16_t>{2}, std::vector<uint16_t>{1, 2}}) {
    auto schema = std::make_shared<TableSchema>(*table.schema);
    schema->key = key;
    for (const uint16_t i : key) schema->columns[i].nullable = false;
    table.schema = schema;
    for (MysqlFamilyServer* server : {&test::mysql(), &mariadb()}) {
      SinkValues values(*server);
      const std::vector<std::string> lines = values.check(table);
      INFO(server->engine() << ": " << (lines.empty() ? "" : lines[0]));
      CHECK(lines.empty());
    }
  }
}

TEST_CASE("a type that the user names holds what the server's own cannot", "[sink-types]") {
  const ValueRows table =
      table_of({{column("date", ValueKind::date),
                 {Value::date(kInfinityYear, 1, 1), Value::date(-kInfinityYear, 1, 1), Value::date(-43, 3, 15), Value::date(10000, 1, 1)},
                 {}},
                {column("timestamp with time zone", ValueKind::timestamp, 0, 6),
                 {Value::timestamp({0, 12, 31, 1}, 6), Value::timestamp({294276, 12, 31, 86399999999}, 6)},
                 {}},
                {column("numeric", kDecimal), texts(kDecimal, {"NaN", "Infinity", "1.50", "0.1234567890123456789012345678901"}), {}},
                {column("double precision", ValueKind::float64), {Value::float64(kInf), Value::float64(-0.0), Value::float64(0.1)}, {}},
                {column("integer[]", kArray), texts(kArray, {"[0:1]={1,NULL}", "{}"}), {}}},
               "named");
  std::vector<ColumnRule> rules(table.schema->columns.size());
  for (size_t i = 1; i < rules.size(); ++i) rules[i].type = "varchar(60)";
  for (MysqlFamilyServer* server : {&test::mysql(), &mariadb()}) {
    SinkValues values(*server);
    const std::vector<std::string> lines = values.check(table, rules);
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    INFO(server->engine() << "\n" << all);
    CHECK(lines.empty());
  }
}
