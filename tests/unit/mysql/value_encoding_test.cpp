// The forms in which values go to a MySQL or MariaDB sink, what is refused, and what a user's rule puts in its place.
#include "engine/mysql/value_encoding.h"

#include <limits>

#include "engine/mysql/foreign_forms.h"
#include "engine/mysql/json_decimal.h"
#include "engine/mysql/json_fit.h"
#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::mysql;

namespace {

Column source(ValueKind kind, const char* native, uint8_t scale = 0, uint32_t length = 0) {
  Column c;
  c.family = TypeFamily::postgres;
  c.kind = kind;
  c.native_type = native;
  c.scale = scale;
  c.length = length;
  return c;
}

ColumnCodec codec(const Column& column, const char* data_type, const char* column_type, Unfit unfit = Unfit::by_default,
                  uint64_t length = 0, uint64_t precision = 0, uint64_t scale = 0, const char* charset = "utf8mb4", bool in_key = false) {
  ColumnFacts facts;
  facts.name = "c";
  facts.data_type = data_type;
  facts.column_type = column_type;
  facts.charset = charset;
  facts.collation = std::string(charset) + "_bin";
  facts.character_length = length;
  if (precision > 0) facts.numeric_precision = precision, facts.numeric_scale = scale;
  facts.datetime_precision = scale;
  ColumnRule rule;
  rule.unfit = unfit;
  return make_codec(column, make_target_column(facts), {Flavour::mysql, 90704}, in_key, rule);
}

std::string literal(const ColumnCodec& c, const Value& value) {
  std::string out;
  const Encoded e = append_literal(c, value, out);
  return is_fault(e) ? "fault: " + std::string(fault_text(e)) : out;
}
std::string field(const ColumnCodec& c, const Value& value) {
  std::string out;
  const Encoded e = append_load_field(c, value, out);
  return is_fault(e) ? "fault: " + std::string(fault_text(e)) : out;
}
std::string bound(const ColumnCodec& c, const Value& value) {
  std::string out;
  const Encoded e = append_parameter(c, value, out);
  return is_fault(e) ? "fault: " + std::string(fault_text(e)) : out;
}
Value text(ValueKind kind, std::string_view bytes) { return Value::of_bytes(kind, bytes); }

}  // namespace

TEST_CASE("literals and fields") {
  const ColumnCodec varchar = codec(source(ValueKind::text, "text"), "longtext", "longtext");
  CHECK(literal(varchar, Value::null()) == "NULL");
  CHECK(literal(varchar, text(ValueKind::text, "it's")) == "_utf8mb4'it''s'");
  CHECK(literal(varchar, text(ValueKind::text, "a\\b")) == "_utf8mb4 X'615C62'");
  CHECK(field(varchar, Value::null()) == "\\N");
  CHECK(field(varchar, text(ValueKind::text, "a\tb\nc\\N")) == "a\\tb\\nc\\\\N");
  CHECK(field(varchar, text(ValueKind::text, {"\0", 1})) == "\\0");
  CHECK(literal(codec(source(ValueKind::bytes, "bytea"), "longblob", "longblob"), text(ValueKind::bytes, "\xff'")) == "X'FF27'");
  CHECK(literal(codec(source(ValueKind::int64, "bigint"), "bigint", "bigint"), Value::int64(INT64_MIN)) == "-9223372036854775808");
  Column year = source(ValueKind::int64, "year");
  year.family = TypeFamily::mysql;
  CHECK(literal(codec(year, "year", "year"), Value::int64(0)) == "_utf8mb4'0000'");
  std::string unused;
  CHECK(append_literal(varchar, Value::absent(), unused) == Encoded::absent);
  CHECK(load_expression(varchar, "@a").empty());
  CHECK(load_expression(codec(source(ValueKind::json, "jsonb"), "json", "json"), "@a") == "CONVERT(@a USING utf8mb4)");
}

TEST_CASE("bound values") {
  using namespace std::string_literals;
  const ColumnCodec signed_8 = codec(source(ValueKind::int64, "bigint"), "bigint", "bigint");
  const ColumnCodec unsigned_8 = codec(source(ValueKind::uint64, "bigint unsigned"), "bigint", "bigint unsigned");
  CHECK(parameter_type(signed_8) == 0x0008);
  CHECK(parameter_type(unsigned_8) == 0x8008);
  CHECK(bound(signed_8, Value::null()) == "\1"s);
  CHECK(bound(signed_8, Value::int64(-2)) == "\0\xfe\xff\xff\xff\xff\xff\xff\xff"s);
  CHECK(bound(signed_8, Value::int64(INT64_MIN)) == "\0\0\0\0\0\0\0\0\x80"s);
  CHECK(bound(unsigned_8, Value::uint64(UINT64_MAX)) == "\0\xff\xff\xff\xff\xff\xff\xff\xff"s);
  const ColumnCodec real = codec(source(ValueKind::float64, "double"), "double", "double");
  CHECK(parameter_type(real) == 5);
  CHECK(bound(real, Value::float64(1)) == "\0\0\0\0\0\0\0\xf0\x3f"s);
  CHECK(bound(real, Value::float64(-0.0)) == "\0\0\0\0\0\0\0\0\0"s);
  CHECK(bound(codec(source(ValueKind::float32, "float"), "float", "float"), Value::float32(1)) == "\0\0\0\0\0\0\0\xf0\x3f"s);
  const ColumnCodec decimal = codec(source(ValueKind::decimal, "decimal"), "decimal", "decimal(4,1)", Unfit::by_default, 0, 4, 1);
  CHECK(parameter_type(decimal) == 246);
  CHECK(bound(decimal, text(ValueKind::decimal, "-12.5")) == "\0\5-12.5"s);
  CHECK(bound(decimal, text(ValueKind::decimal, "12.55")).rfind("fault", 0) == 0);
  const ColumnCodec words = codec(source(ValueKind::text, "longtext"), "longtext", "longtext");
  CHECK(parameter_type(words) == 253);
  CHECK(parameter_type(codec(source(ValueKind::bytes, "longblob"), "longblob", "longblob")) == 252);
  // the protocol's lengths
  for (const auto& [size, head] : {std::pair<size_t, std::string>{0, "\0"s},
                                   {250, "\xfa"s},
                                   {251, "\xfc\xfb\0"s},
                                   {65535, "\xfc\xff\xff"s},
                                   {65536, "\xfd\0\0\1"s},
                                   {16777216, "\xfe\0\0\0\1\0\0\0\0"s}}) {
    INFO(size);
    const std::string bytes(size, 'x');
    CHECK((bound(words, text(ValueKind::text, bytes)) == "\0"s + head + bytes));
  }
}

TEST_CASE("a value that the type cannot hold is refused, or what the rule says") {
  const Column numeric = source(ValueKind::decimal, "numeric");
  const auto decimal = [&](Unfit unfit) { return codec(numeric, "decimal", "decimal(4,1)", unfit, 0, 4, 1); };
  struct Case {
    const char *value, *clamped;
  };
  for (const Case& c : {Case{"1000", "999.9"},
                        {"-1000", "-999.9"},
                        {"1.25", "1.3"},
                        {"-1.25", "-1.3"},
                        {"999.95", "999.9"},
                        {"0.04", "0.0"},
                        {"Infinity", "999.9"},
                        {"-Infinity", "-999.9"}}) {
    INFO(c.value);
    const Value value = text(ValueKind::decimal, c.value);
    CHECK(literal(decimal(Unfit::by_default), value).rfind("fault", 0) == 0);
    CHECK(literal(decimal(Unfit::error), value).rfind("fault", 0) == 0);
    CHECK(literal(decimal(Unfit::null), value) == "NULL");
    std::string out;
    CHECK(append_literal(decimal(Unfit::clamp), value, out) == Encoded::clamped);
    CHECK((out == c.clamped || (out == "0" && std::string(c.clamped) == "0.0")));
  }
  CHECK(literal(decimal(Unfit::clamp), text(ValueKind::decimal, "NaN")).rfind("fault", 0) == 0);
  CHECK(literal(codec(numeric, "decimal", "decimal(4,1)", Unfit::null, 0, 4, 1, "", true), text(ValueKind::decimal, "NaN"))
            .rfind("fault", 0) == 0);

  const auto integer = [&](Unfit unfit) { return codec(source(ValueKind::int64, "bigint"), "tinyint", "tinyint", unfit); };
  CHECK(literal(integer(Unfit::clamp), Value::int64(128)) == "127");
  CHECK(literal(integer(Unfit::clamp), Value::int64(-129)) == "-128");
  CHECK(literal(integer(Unfit::error), Value::int64(127)) == "127");
  const auto real = codec(source(ValueKind::float64, "double precision"), "double", "double", Unfit::clamp);
  CHECK(literal(real, Value::float64(-std::numeric_limits<double>::infinity())) == "_utf8mb4'-1.7976931348623157e+308'");
  const auto date = codec(source(ValueKind::date, "date"), "date", "date", Unfit::clamp);
  CHECK(literal(date, Value::date(kInfinityYear, 1, 1)) == "_utf8mb4'9999-12-31'");
  CHECK(literal(date, Value::date(-43, 3, 15)) == "_utf8mb4'0001-01-01'");
  const auto moment = codec(source(ValueKind::timestamp, "timestamp with time zone", 6), "timestamp", "timestamp", Unfit::clamp);
  CHECK(literal(moment, Value::timestamp({2040, 1, 1, 0}, 6)) == "_utf8mb4'2038-01-19 03:14:07'");
  CHECK(literal(moment, Value::timestamp({1900, 1, 1, 0}, 6)) == "_utf8mb4'1970-01-01 00:00:01'");
  CHECK(literal(moment, Value::timestamp({2024, 1, 1, 1999999}, 6)) == "_utf8mb4'2024-01-01 00:00:01'");
}

TEST_CASE("texts are held to the column's length, padding and character set") {
  const Column plain = source(ValueKind::text, "character varying(9)", 0, 9);
  CHECK(literal(codec(plain, "varchar", "varchar(2)", Unfit::error, 2), text(ValueKind::text, "漢字")) == "_utf8mb4'漢字'");
  CHECK(literal(codec(plain, "varchar", "varchar(2)", Unfit::error, 2), text(ValueKind::text, "ab ")) ==
        "fault: " + std::string(fault_text(Encoded::too_long)));
  CHECK(literal(codec(plain, "char", "char(3)", Unfit::error, 3), text(ValueKind::text, "ab ")) ==
        "fault: " + std::string(fault_text(Encoded::trailing_space)));
  for (const char* charset : {"latin1", "koi8r", "sjis", "ascii", "ujis", "gbk"}) {
    INFO(charset);
    const ColumnCodec c = codec(plain, "varchar", "varchar(9)", Unfit::error, 9, 0, 0, charset);
    CHECK(literal(c, text(ValueKind::text, "plain")) == "_utf8mb4'plain'");
    CHECK(literal(c, text(ValueKind::text, "😀")) == "fault: " + std::string(fault_text(Encoded::charset)));
    const bool has_kanji = std::string(charset) == "sjis" || std::string(charset) == "ujis" || std::string(charset) == "gbk";
    CHECK((literal(c, text(ValueKind::text, "漢")) == "_utf8mb4'漢'") == has_kanji);
  }
  CHECK(literal(codec(plain, "varchar", "varchar(9)", Unfit::error, 9, 0, 0, "utf8mb3"), text(ValueKind::text, "😀")) ==
        "fault: " + std::string(fault_text(Encoded::charset)));
}

TEST_CASE("JSON that the server would change or refuse") {
  for (const char* good : {"1.0", "[1e22, 0.1]", "18446744073709551615", "-9223372036854775808", "\"123456789012345678901234567890\"",
                           "5e-324", "{\"a\\\"1e999\": 1}", "\"\\ud83d\\ude00\"", "0.30000000000000004"}) {
    INFO(good);
    CHECK(check_json_for_mysql(good) == JsonFault::none);
  }
  for (const char* rounded : {"18446744073709551616", "[1, 0.10000000000000000001]", "1e400", "{\"a\": 1.00000000000000000001}"}) {
    INFO(rounded);
    CHECK(check_json_for_mysql(rounded) == JsonFault::number);
    CHECK(check_json_for_mariadb(rounded) == JsonFault::none);
  }
  CHECK(check_json_for_mysql(std::string(100, '[') + std::string(100, ']')) == JsonFault::none);
  CHECK(check_json_for_mysql(std::string(101, '[') + std::string(101, ']')) == JsonFault::deep);
  CHECK(check_json_for_mariadb(std::string(31, '[') + std::string(31, ']')) == JsonFault::none);
  CHECK(check_json_for_mariadb(std::string(32, '[') + std::string(32, ']')) == JsonFault::deep);
  CHECK(check_json_for_mysql("{\"" + std::string(65536, 'k') + "\" : 1}") == JsonFault::refused);
  CHECK(check_json_for_mysql("[\"" + std::string(65536, 'k') + "\"]") == JsonFault::none);
  CHECK(check_json_for_mysql("\"\\ud83dx\"") == JsonFault::refused);
  CHECK(check_json_for_mysql("\"\\ud83d") == JsonFault::refused);
  CHECK(check_json_for_mysql("[1e400, \"\\ud83d") == JsonFault::refused);
}

TEST_CASE("numbers that MySQL would round in JSON become DECIMALs") {
  const auto hex = [](std::string_view text) { return "_utf8mb4 X'" + hex_text(text) + "'"; };
  const auto made = [&](std::string_view json) { return json_with_decimals(json).value_or("none"); };
  CHECK(made("-18446744073709551616") == "JSON_REPLACE(" + hex("0") + ", " + hex("$") + ", -18446744073709551616)");
  CHECK(made(R"({"a b": [1, {"": 1.00000000000000000001e5}], "\"": 2})") ==
        "JSON_REPLACE(" + hex(R"({"a b": [1, {"": 0}], "\"": 2})") + ", " + hex(R"($."a b"[1]."")") + ", 100000.000000000000001)");
  // the last member of a name is kept
  CHECK(made(R"({"a": 1e400, "a": 18446744073709551616})") ==
        "JSON_REPLACE(" + hex(R"({"a": 0, "a": 0})") + ", " + hex(R"($."a")") + ", 18446744073709551616)");
  const std::string nines(81, '9'), small = "0." + std::string(71, '0') + "9";
  CHECK(made(nines) != "none");
  CHECK(made("-" + small) != "none");
  for (const std::string& too_long :
       {nines + "9", nines + ".5", small + "0000000000000000123", std::string(73, '9') + ".5", std::string("1e300000000")})
    CHECK(made(too_long) == "none");
  const ColumnCodec c = codec(source(ValueKind::json, "jsonb"), "json", "json");
  Arena arena;
  const Value value = text(ValueKind::json, "[18446744073709551616]");
  std::string field;
  CHECK(append_load_field(c, value, field) == Encoded::by_literal);
  CHECK(field.empty());
  CHECK(literal(c, value) == made(value.bytes()));
  CHECK(represent(c, value, arena) == value);
}

TEST_CASE("UUIDs that MariaDB's type refuses") {
  const auto uuid = [](char version, char variant) {
    std::string bytes(16, '\x11');
    bytes[6] = version, bytes[8] = variant;
    return bytes;
  };
  ColumnCodec c = codec(source(ValueKind::uuid, "uuid"), "uuid", "uuid");
  const auto fits = [&](const std::string& bytes) { return literal(c, text(ValueKind::uuid, bytes)).rfind("fault", 0) != 0; };
  CHECK(fits(uuid('\x8f', '\x01')));
  c.limits_uuid = true;
  for (const auto& good : {uuid('\x40', '\x80'), uuid('\x7f', '\x01'), uuid('\x80', '\x00'), uuid('\xf0', '\x81')}) CHECK(fits(good));
  for (const auto& bad : {uuid('\x80', '\x80'), uuid('\xff', '\x01'), uuid('\x8f', '\x7f')}) CHECK_FALSE(fits(bad));
}

TEST_CASE("PostgreSQL's shapes as JSON and WKB") {
  CHECK(array_as_json(source(ValueKind::array, "integer[]"), "{1,NULL}") == "[1,null]");
  CHECK(array_as_json(source(ValueKind::array, "integer[]"), "[0:1]={1,2}") == "{\"[0:1]\": [1,2]}");
  CHECK(array_as_json(source(ValueKind::array, "numeric[]"), "{12345678901234567890.5,1}") == "[\"12345678901234567890.5\",\"1\"]");
  CHECK(array_as_json(source(ValueKind::array, "jsonb[]"), "{\"null\",NULL}") == "[\"null\",null]");
  CHECK_FALSE(array_as_json(source(ValueKind::array, "integer[]"), "{1").has_value());
  CHECK(vector_text(vector_from_text("[1,-2.5,3e-05]").value()) == "[1,-2.5,3e-05]");
  CHECK(point_text(point_from_text("(1.5,-2)").value()) == "(1.5,-2)");
  for (const char* bad : {"", "(1,2", "(1;2)", "(1,2)x"}) CHECK_FALSE(point_from_text(bad).has_value());
  CHECK(hex_text(geometry_from_ewkb("0101000020E6100000000000000000F03F0000000000000040").value()) ==
        "E61000000101000000000000000000F03F0000000000000040");
  for (const char* bad : {"", "01", "zz01000000", "0101000080000000000000F03F00000000000000400000000000000840"})
    CHECK_FALSE(geometry_from_ewkb(bad).has_value());
}

TEST_CASE("what the sink holds for a value") {
  Arena arena;
  const auto held = [&](const ColumnCodec& c, const Value& v) { return represent(c, v, arena); };
  const ColumnCodec numeric = codec(source(ValueKind::decimal, "numeric"), "decimal", "decimal(65,30)", Unfit::null, 0, 65, 30);
  CHECK(held(numeric, text(ValueKind::decimal, "1.50")) == text(ValueKind::decimal, "1.5"));
  CHECK(held(numeric, text(ValueKind::decimal, "NaN")) == Value::null());
  CHECK(held(numeric, Value::null()) == Value::null());
  CHECK(held(codec(source(ValueKind::json, "jsonb"), "json", "json"), text(ValueKind::json, "{\"b\": 1.50, \"a\": 1}")) ==
        text(ValueKind::json, "{\"a\":1,\"b\":1.5}"));
  CHECK(held(codec(source(ValueKind::array, "integer[]"), "json", "json"), text(ValueKind::array, "{1,2}")) ==
        text(ValueKind::array, "[1,2]"));
  CHECK(held(codec(source(ValueKind::decimal, "numeric(9,2)", 2, 9), "bigint", "bigint", Unfit::clamp), text(ValueKind::decimal, "2.50")) ==
        text(ValueKind::decimal, "3.00"));
  CHECK(held(codec(source(ValueKind::date, "date"), "date", "date", Unfit::clamp), Value::date(kInfinityYear, 1, 1)) ==
        Value::date(9999, 12, 31));
}
