// The source's codec. Texts and bytes are what PostgreSQL 15 prints and sends in a pinned session:
// SELECT concat(x), encode(<type>send(x), 'hex').
#include "engine/postgres/value_decoding.h"

#include <cmath>
#include <limits>
#include <string>

#include "engine/postgres/moment_text.h"
#include "support/catch.h"
#include "tidemark/key.h"

using namespace tidemark;
using namespace tidemark::postgres;

namespace {

Column column_of(ValueKind kind, const std::string& native, uint32_t length = 0, uint8_t scale = 0) {
  Column c;
  c.name = std::string(1, 'c');
  c.family = TypeFamily::postgres;
  c.kind = kind;
  c.native_type = native;
  c.length = length;
  c.scale = scale;
  return c;
}

std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(static_cast<char>(16 * digit(hex[i]) + digit(hex[i + 1])));
  return out;
}

struct Known {
  ValueKind kind;
  const char* native;
  uint32_t length;
  uint8_t scale;
  const char* text;
  const char* hex;
};

const Known kKnown[] = {
    {ValueKind::boolean, "boolean", 0, 0, "t", "01"},
    {ValueKind::boolean, "boolean", 0, 0, "f", "00"},
    {ValueKind::int64, "smallint", 0, 0, "0", "0000"},
    {ValueKind::int64, "smallint", 0, 0, "-1", "ffff"},
    {ValueKind::int64, "smallint", 0, 0, "32767", "7fff"},
    {ValueKind::int64, "smallint", 0, 0, "-32768", "8000"},
    {ValueKind::int64, "integer", 0, 0, "0", "00000000"},
    {ValueKind::int64, "integer", 0, 0, "-1", "ffffffff"},
    {ValueKind::int64, "integer", 0, 0, "2147483647", "7fffffff"},
    {ValueKind::int64, "integer", 0, 0, "-2147483648", "80000000"},
    {ValueKind::int64, "bigint", 0, 0, "0", "0000000000000000"},
    {ValueKind::int64, "bigint", 0, 0, "-1", "ffffffffffffffff"},
    {ValueKind::int64, "bigint", 0, 0, "9223372036854775807", "7fffffffffffffff"},
    {ValueKind::int64, "bigint", 0, 0, "-9223372036854775808", "8000000000000000"},
    {ValueKind::uint64, "oid", 0, 0, "0", "00000000"},
    {ValueKind::uint64, "oid", 0, 0, "1", "00000001"},
    {ValueKind::uint64, "oid", 0, 0, "4294967295", "ffffffff"},
    {ValueKind::float32, "real", 0, 0, "0", "00000000"},
    {ValueKind::float32, "real", 0, 0, "-0", "80000000"},
    {ValueKind::float32, "real", 0, 0, "1.5", "3fc00000"},
    {ValueKind::float32, "real", 0, 0, "-1e-45", "80000001"},
    {ValueKind::float32, "real", 0, 0, "3.4028235e+38", "7f7fffff"},
    {ValueKind::float32, "real", 0, 0, "0.1", "3dcccccd"},
    {ValueKind::float32, "real", 0, 0, "1.6777216e+07", "4b800000"},
    {ValueKind::float32, "real", 0, 0, "NaN", "7fc00000"},
    {ValueKind::float32, "real", 0, 0, "Infinity", "7f800000"},
    {ValueKind::float32, "real", 0, 0, "-Infinity", "ff800000"},
    {ValueKind::float64, "double precision", 0, 0, "0", "0000000000000000"},
    {ValueKind::float64, "double precision", 0, 0, "-0", "8000000000000000"},
    {ValueKind::float64, "double precision", 0, 0, "1.5", "3ff8000000000000"},
    {ValueKind::float64, "double precision", 0, 0, "5e-324", "0000000000000001"},
    {ValueKind::float64, "double precision", 0, 0, "-1.7976931348623157e+308", "ffefffffffffffff"},
    {ValueKind::float64, "double precision", 0, 0, "0.1", "3fb999999999999a"},
    {ValueKind::float64, "double precision", 0, 0, "1.2345678901234568e+17", "437b69b4ba630f35"},
    {ValueKind::float64, "double precision", 0, 0, "1e+15", "430c6bf526340000"},
    {ValueKind::float64, "double precision", 0, 0, "1e+16", "4341c37937e08000"},
    {ValueKind::float64, "double precision", 0, 0, "NaN", "7ff8000000000000"},
    {ValueKind::float64, "double precision", 0, 0, "Infinity", "7ff0000000000000"},
    {ValueKind::float64, "double precision", 0, 0, "-Infinity", "fff0000000000000"},
    {ValueKind::decimal, "numeric(10,2)", 10, 2, "0.00", "0000000000000002"},
    {ValueKind::decimal, "numeric(10,2)", 10, 2, "-0.01", "0001ffff400000020064"},
    {ValueKind::decimal, "numeric(10,2)", 10, 2, "1.00", "00010000000000020001"},
    {ValueKind::decimal, "numeric(10,2)", 10, 2, "99999999.99", "0003000100000002270f270f26ac"},
    {ValueKind::decimal, "numeric(10,2)", 10, 2, "-99999999.99", "0003000140000002270f270f26ac"},
    {ValueKind::decimal, "numeric(10,2)", 10, 2, "10000.00", "00010001000000020001"},
    {ValueKind::decimal, "numeric(10,2)", 10, 2, "-12345.60", "0003000140000002000109291770"},
    {ValueKind::decimal, "numeric(10,2)", 10, 2, "NaN", "00000000c0000000"},
    {ValueKind::decimal, "numeric(6,6)", 6, 6, "0.000000", "0000000000000006"},
    {ValueKind::decimal, "numeric(6,6)", 6, 6, "0.000001", "0001fffe000000060064"},
    {ValueKind::decimal, "numeric(6,6)", 6, 6, "-0.999999", "0002ffff40000006270f26ac"},
    {ValueKind::decimal, "numeric(6,6)", 6, 6, "0.000100", "0001ffff000000060001"},
    {ValueKind::decimal, "numeric(3,-2)", 0, 0, "0", "0000000000000000"},
    {ValueKind::decimal, "numeric(3,-2)", 0, 0, "12300", "0002000100000000000108fc"},
    {ValueKind::decimal, "numeric(3,-2)", 0, 0, "-99900", "0002000140000000000926ac"},
    {ValueKind::decimal, "numeric(3,-2)", 0, 0, "NaN", "00000000c0000000"},
    {ValueKind::decimal, "numeric", 0, 0, "0", "0000000000000000"},
    {ValueKind::decimal, "numeric", 0, 0, "0.000", "0000000000000003"},
    {ValueKind::decimal, "numeric", 0, 0, "-1.10", "0002000040000002000103e8"},
    {ValueKind::decimal, "numeric", 0, 0, "100000000", "00010002000000000001"},
    {ValueKind::decimal, "numeric", 0, 0, "0.00000000000000000001", "0001fffb000000140001"},
    {ValueKind::decimal, "numeric", 0, 0, "-1000000000000000000000000000000", "00010007400000000064"},
    {ValueKind::decimal, "numeric", 0, 0, "12345678901234567890.123456789", "000800040000000904d2162e23340d801ed204d2162e2328"},
    {ValueKind::decimal, "numeric", 0, 0, "0.00010000", "0001ffff000000080001"},
    {ValueKind::decimal, "numeric", 0, 0, "NaN", "00000000c0000000"},
    {ValueKind::decimal, "numeric", 0, 0, "Infinity", "00000000d0000020"},
    {ValueKind::decimal, "numeric", 0, 0, "-Infinity", "00000000f0000020"},
    {ValueKind::text, "text", 0, 0, "", ""},
    {ValueKind::text, "text", 0, 0, "a", "61"},
    {ValueKind::text, "text", 0, 0, "äöü 漢字 😀", "c3a4c3b6c3bc20e6bca2e5ad9720f09f9880"},
    {ValueKind::text, "text", 0, 0, "with \\ and ' and \" and newline", "77697468205c20616e64202720616e64202220616e64206e65776c696e65"},
    {ValueKind::text, "character varying(5)", 5, 0, "", ""},
    {ValueKind::text, "character varying(5)", 5, 0, "abc", "616263"},
    {ValueKind::text, "character varying(5)", 5, 0, "ab  ", "61622020"},
    {ValueKind::text, "character(5)", 5, 0, "     ", "2020202020"},
    {ValueKind::text, "character(5)", 5, 0, "abc  ", "6162632020"},
    {ValueKind::text, "character(5)", 5, 0, "ä    ", "c3a420202020"},
    {ValueKind::text, "name", 0, 0, "", ""},
    {ValueKind::text, "name", 0, 0, "pg_class", "70675f636c617373"},
    {ValueKind::bytes, "bytea", 0, 0, "\\x", ""},
    {ValueKind::bytes, "bytea", 0, 0, "\\x00", "00"},
    {ValueKind::bytes, "bytea", 0, 0, "\\x00ff10abcd", "00ff10abcd"},
    {ValueKind::uuid, "uuid", 0, 0, "00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"},
    {ValueKind::uuid, "uuid", 0, 0, "ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffffffffffffffffffffffffffff"},
    {ValueKind::uuid, "uuid", 0, 0, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11"},
    {ValueKind::json, "json", 0, 0, "{}", "7b7d"},
    {ValueKind::json, "json", 0, 0, " {\"a\" : 1,\"a\":2} ", "207b226122203a20312c2261223a327d20"},
    {ValueKind::json, "json", 0, 0, "\"\\u0000\"", "225c753030303022"},
    {ValueKind::json, "json", 0, 0, "1e400", "3165343030"},
    {ValueKind::json, "jsonb", 0, 0, "{}", "017b7d"},
    {ValueKind::json, "jsonb", 0, 0, "{\"a\": 3, \"b\": 1}", "017b2261223a20332c202262223a20317d"},
    {ValueKind::json, "jsonb", 0, 0, "null", "016e756c6c"},
    {ValueKind::json, "jsonb", 0, 0, "\"é\"", "0122c3a922"},
    {ValueKind::date, "date", 0, 0, "2000-01-01", "00000000"},
    {ValueKind::date, "date", 0, 0, "1970-01-01", "ffffd533"},
    {ValueKind::date, "date", 0, 0, "2024-02-29", "00002279"},
    {ValueKind::date, "date", 0, 0, "0001-01-01", "fff4dbf9"},
    {ValueKind::date, "date", 0, 0, "0001-12-31 BC", "fff4dbf8"},
    {ValueKind::date, "date", 0, 0, "4713-01-01 BC", "ffda97cd"},
    {ValueKind::date, "date", 0, 0, "5874897-12-31", "7fda970c"},
    {ValueKind::date, "date", 0, 0, "infinity", "7fffffff"},
    {ValueKind::date, "date", 0, 0, "-infinity", "80000000"},
    {ValueKind::datetime, "timestamp(6) without time zone", 0, 6, "2000-01-01 00:00:00", "0000000000000000"},
    {ValueKind::datetime, "timestamp(6) without time zone", 0, 6, "1999-12-31 23:59:59.999999", "ffffffffffffffff"},
    {ValueKind::datetime, "timestamp(6) without time zone", 0, 6, "1970-01-01 00:00:00", "fffca2fec4c82000"},
    {ValueKind::datetime, "timestamp(6) without time zone", 0, 6, "2024-02-29 12:34:56.5", "0002b583416e1d20"},
    {ValueKind::datetime, "timestamp(6) without time zone", 0, 6, "0044-03-15 12:00:00.25 BC", "ff1af9e8fb4aa090"},
    {ValueKind::datetime, "timestamp(6) without time zone", 0, 6, "4713-01-01 00:00:00 BC", "fd0f7fbdaf17e000"},
    {ValueKind::datetime, "timestamp(6) without time zone", 0, 6, "294276-12-31 23:59:59.999999", "7fffff5bb3b29fff"},
    {ValueKind::datetime, "timestamp(6) without time zone", 0, 6, "infinity", "7fffffffffffffff"},
    {ValueKind::datetime, "timestamp(6) without time zone", 0, 6, "-infinity", "8000000000000000"},
    {ValueKind::datetime, "timestamp(3) without time zone", 0, 3, "2024-02-29 12:34:56.789", "0002b58341728608"},
    {ValueKind::timestamp, "timestamp(6) with time zone", 0, 6, "1999-12-31 22:00:00+00", "fffffffe52d8b800"},
    {ValueKind::timestamp, "timestamp(6) with time zone", 0, 6, "1999-12-31 23:59:59.999999+00", "ffffffffffffffff"},
    {ValueKind::timestamp, "timestamp(6) with time zone", 0, 6, "2024-03-01 02:04:56.5+00", "0002b58e92374320"},
    {ValueKind::timestamp, "timestamp(6) with time zone", 0, 6, "0044-03-15 12:00:00.25+00 BC", "ff1af9e8fb4aa090"},
    {ValueKind::timestamp, "timestamp(6) with time zone", 0, 6, "294276-12-31 23:59:59.999999+00", "7fffff5bb3b29fff"},
    {ValueKind::timestamp, "timestamp(6) with time zone", 0, 6, "infinity", "7fffffffffffffff"},
    {ValueKind::timestamp, "timestamp(6) with time zone", 0, 6, "-infinity", "8000000000000000"},
    {ValueKind::time, "time(6) without time zone", 0, 6, "00:00:00", "0000000000000000"},
    {ValueKind::time, "time(6) without time zone", 0, 6, "23:59:59.999999", "000000141dd75fff"},
    {ValueKind::time, "time(6) without time zone", 0, 6, "24:00:00", "000000141dd76000"},
    {ValueKind::time, "time(6) without time zone", 0, 6, "12:34:56.7", "0000000a8be4ca60"},
    {ValueKind::interval, "interval", 0, 0, "PT0S", "00000000000000000000000000000000"},
    {ValueKind::interval, "interval", 0, 0, "P1Y2M3DT4H5M6.7S", "000000036c966ee0000000030000000e"},
    {ValueKind::interval, "interval", 0, 0, "P-1Y", "000000000000000000000000fffffff4"},
    {ValueKind::interval, "interval", 0, 0, "P-1M3DT-0.5S", "fffffffffff85ee000000003ffffffff"},
    {ValueKind::interval, "interval", 0, 0, "P1Y-1D", "0000000000000000ffffffff0000000c"},
    {ValueKind::interval, "interval", 0, 0, "PT59.999999S", "00000000039386ff0000000000000000"},
    {ValueKind::interval, "interval", 0, 0, "PT-0.000001S", "ffffffffffffffff0000000000000000"},
    {ValueKind::interval, "interval", 0, 0, "PT-100H", "ffffffac2e53f0000000000000000000"},
    {ValueKind::interval, "interval", 0, 0, "P178956970Y", "0000000000000000000000007ffffff8"},
    {ValueKind::interval, "interval", 0, 0, "P1Y1MT-12H-59M-50S", "fffffff51b194280000000000000000d"},
    {ValueKind::bits, "bit(1)", 1, 0, "0", "0000000100"},
    {ValueKind::bits, "bit(1)", 1, 0, "1", "0000000180"},
    {ValueKind::bits, "bit(3)", 3, 0, "101", "00000003a0"},
    {ValueKind::bits, "bit(3)", 3, 0, "001", "0000000320"},
    {ValueKind::bits, "bit(8)", 8, 0, "10000001", "0000000881"},
    {ValueKind::bits, "bit(12)", 12, 0, "100000000001", "0000000c8010"},
    {ValueKind::bits, "bit(12)", 12, 0, "111111111110", "0000000cffe0"},
};

Arena arena;  // of the values that the tests look at

Value decode_text(const Column& column, std::string_view text) {
  Value out;
  REQUIRE(FieldDecoder(column).text(text, out, arena));
  return out;
}

bool refuses_text(const Column& column, std::string_view text) {
  Value out;
  return !FieldDecoder(column).text(text, out, arena);
}

bool refuses_binary(const Column& column, std::string_view hex) {
  Value out;
  const std::string bytes = from_hex(hex);
  return !FieldDecoder(column).binary(bytes, out, arena);
}

const Column kInteger = column_of(ValueKind::int64, "integer");
const Column kReal = column_of(ValueKind::float32, "real");
const Column kNumeric = column_of(ValueKind::decimal, "numeric");
const Column kPrice = column_of(ValueKind::decimal, "numeric(10,2)", 10, 2);
const Column kMoney = column_of(ValueKind::decimal, "money", 19, 2);
const Column kDate = column_of(ValueKind::date, "date");
const Column kDatetime = column_of(ValueKind::datetime, "timestamp without time zone", 0, 6);
const Column kTimestamp = column_of(ValueKind::timestamp, "timestamp with time zone", 0, 6);
const Column kTime = column_of(ValueKind::time, "time without time zone", 0, 6);
const Column kInterval = column_of(ValueKind::interval, "interval");
const Column kUuid = column_of(ValueKind::uuid, "uuid");
const Column kBytea = column_of(ValueKind::bytes, "bytea");
const Column kBit3 = column_of(ValueKind::bits, "bit(3)", 3);
const Column kOther = column_of(ValueKind::other, "inet");

}  // namespace

TEST_CASE("text and binary form give the same value") {
  for (const Known& known : kKnown) {
    INFO(known.native << " " << known.text);
    const Column column = column_of(known.kind, known.native, known.length, known.scale);
    REQUIRE(binary_is_exact(column));
    const FieldDecoder decoder(column);
    const std::string text = known.text, bytes = from_hex(known.hex);
    Value from_text, from_binary;
    REQUIRE(decoder.text(text, from_text, arena));
    REQUIRE(decoder.binary(bytes, from_binary, arena));
    CHECK(from_text.kind() == known.kind);
    CHECK(from_text == from_binary);
    CHECK(from_text.fsp() == from_binary.fsp());
    std::string a, b;
    encode_value(from_text, a);
    encode_value(from_binary, b);
    CHECK(a == b);
  }
}

TEST_CASE("each kind's value is the one that was meant") {
  CHECK(decode_text(kInteger, "-2147483648").int64() == -2147483648LL);
  CHECK(decode_text(column_of(ValueKind::uint64, "oid"), "4294967295").uint64() == 4294967295u);
  CHECK(decode_text(column_of(ValueKind::boolean, "boolean"), "t").int64() == 1);
  CHECK(decode_text(kReal, "1e-45").float32() == std::numeric_limits<float>::denorm_min());
  CHECK(std::isnan(decode_text(kReal, "NaN").float32()));
  CHECK(decode_text(kPrice, "-12345.60").bytes() == "-12345.60");
  CHECK(decode_text(kBytea, "\\x00fF").bytes() == std::string_view("\x00\xff", 2));
  CHECK(decode_text(kUuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11").bytes() == from_hex("a0eebc999c0b4ef8bb6d6bb9bd380a11"));
  CHECK(decode_text(kBit3, "101").bytes() == "\x05");
  CHECK(decode_text(column_of(ValueKind::bits, "bit(12)", 12), "100000000001").bytes() == "\x08\x01");
  CHECK(decode_text(kDate, "0001-12-31 BC").civil() == Civil{0, 12, 31, 0});
  CHECK(decode_text(kDate, "-infinity").civil() == Civil{-kInfinityYear, 1, 1, 0});
  CHECK(decode_text(kDatetime, "0044-03-15 12:00:00.25 BC").civil() == Civil{-43, 3, 15, 43200250000});
  CHECK(decode_text(kTimestamp, "2024-02-29 12:34:56.5+00").civil() == Civil{2024, 2, 29, 45296500000});
  CHECK(decode_text(kTime, "24:00:00").int64() == 86400000000);
  CHECK(decode_text(kOther, "").bytes().empty());
}

TEST_CASE("money is a decimal, also where it is the base of a domain") {
  CHECK(decode_text(kMoney, "$1,234.50").bytes() == "1234.50");
  CHECK(decode_text(kMoney, "-$92,233,720,368,547,758.08").bytes() == "-92233720368547758.08");
  CHECK(decode_text(column_of(ValueKind::decimal, "public.price", 19, 2), "$0.00").bytes() == "0.00");
  CHECK_FALSE(binary_is_exact(kMoney));
  CHECK(refuses_text(kMoney, "$"));
  CHECK(refuses_text(kMoney, "1$.00"));
  CHECK(refuses_text(kMoney, "-"));
  CHECK(refuses_text(kMoney, "$1.5"));
}

TEST_CASE("what no type prints is refused") {
  for (const char* text : {"", "-", "1 ", " 1", "+1", "1.0", "9223372036854775808", "0x1"}) CHECK(refuses_text(kInteger, text));
  for (const char* text : {"", "true", "T", "1"}) CHECK(refuses_text(column_of(ValueKind::boolean, "boolean"), text));
  for (const char* text : {"", "nan", "inf", "infinity", "1e39", "1.5x", "-"}) CHECK(refuses_text(kReal, text));
  for (const char* text : {"", "-", ".", "1.", ".5", "1e5", "--1", "nan", "1.2.3", "+1"}) CHECK(refuses_text(kNumeric, text));
  for (const char* text : {"1", "1.5", "1.555", "$1.5"}) CHECK(refuses_text(kPrice, text));
  for (const char* text : {"", "2024-02-30", "2024-13-01", "24-01-01", "0000-01-01", "2024-01-01 ", "2024-01-01 AD", "02/29/2024"})
    CHECK(refuses_text(kDate, text));
  for (const char* text : {"", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01 24:00:00", "2024-01-01 00:60:00", "2024-01-01 00:00:00.",
                           "2024-01-01 00:00:00+00", "2024-01-01 00:00:00.1234567"})
    CHECK(refuses_text(kDatetime, text));
  for (const char* text : {"2024-01-01 00:00:00", "2024-01-01 00:00:00+01", "2024-01-01 00:00:00+00:00"})
    CHECK(refuses_text(kTimestamp, text));
  for (const char* text : {"", "24:00:00.000001", "25:00:00", "1:00:00", "-01:00:00", "00:00:00+00"}) CHECK(refuses_text(kTime, text));
  for (const char* text : {"", "1 day", "00:00:01"}) CHECK(refuses_text(kInterval, text));
  for (const char* text : {"", "x00", "\\x0", "\\xg0", "\\000"}) CHECK(refuses_text(kBytea, text));
  for (const char* text :
       {"", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g", "a0eebc999-c0b-4ef8-bb6d-6bb9bd380a11"})
    CHECK(refuses_text(kUuid, text));
  for (const char* text : {"", "10", "1010", "102"}) CHECK(refuses_text(kBit3, text));
}

TEST_CASE("bytes that no type sends are refused") {
  for (const char* hex : {"", "00", "000000", "000000000000000000"}) CHECK(refuses_binary(kInteger, hex));
  for (const char* hex : {"", "02", "0101"}) CHECK(refuses_binary(column_of(ValueKind::boolean, "boolean"), hex));
  for (const char* hex : {"", "0000000000000000"}) CHECK(refuses_binary(kReal, hex));
  for (const char* hex : {"", "00", "000000000000", "0001000000000000", "00010000000000002710", "0000000080000000", "0000000000004000"})
    CHECK(refuses_binary(kNumeric, hex));
  CHECK(refuses_binary(kPrice, "00010000000000030001"));
  for (const char* hex : {"", "0000000000000000"}) CHECK(refuses_binary(kDate, hex));
  for (const char* hex : {"", "00000000"}) CHECK(refuses_binary(kDatetime, hex));
  for (const char* hex : {"", "ffffffffffffffff", "000000141dd76001"}) CHECK(refuses_binary(kTime, hex));
  CHECK(refuses_binary(kInterval, "0000000000000000000000"));
  CHECK(refuses_binary(kUuid, "00"));
  for (const char* hex : {"", "000000", "00000003", "00000003a000", "00000004a0", "ffffffffa0"}) CHECK(refuses_binary(kBit3, hex));
  CHECK(refuses_binary(kOther, "0220000401020304"));
}

TEST_CASE("a NaN has one form") {
  Value out;
  REQUIRE(FieldDecoder(kReal).binary(from_hex("ffc00001"), out, arena));
  CHECK(out == decode_text(kReal, "NaN"));
  REQUIRE(FieldDecoder(column_of(ValueKind::float64, "double precision")).binary(from_hex("fff8000000000000"), out, arena));
  CHECK(out == Value::float64(std::numeric_limits<double>::quiet_NaN()));
}

TEST_CASE("infinite intervals of PostgreSQL 17") {
  Value out;
  REQUIRE(FieldDecoder(kInterval).binary(from_hex("7fffffffffffffff7fffffff7fffffff"), out, arena));
  CHECK(out == decode_text(kInterval, "infinity"));
  REQUIRE(FieldDecoder(kInterval).binary(from_hex("80000000000000008000000080000000"), out, arena));
  CHECK(out == decode_text(kInterval, "-infinity"));
}

TEST_CASE("the binary form is asked for where it has all") {
  Column mood = column_of(ValueKind::text, "public.mood");
  CHECK_FALSE(binary_is_exact(mood));  // may as well be a domain over xml
  mood.labels = {"sad", "ok"};
  CHECK(binary_is_exact(mood));
  for (const char* native : {"xml", "tsvector", "public.citext", "\"char\"", "text2"}) {
    CHECK_FALSE(binary_is_exact(column_of(ValueKind::text, native)));
  }
  CHECK_FALSE(binary_is_exact(column_of(ValueKind::decimal, "public.price", 10, 2)));
  CHECK_FALSE(binary_is_exact(column_of(ValueKind::array, "integer[]")));
  CHECK_FALSE(binary_is_exact(kOther));
  CHECK(binary_is_exact(Oid{23}));
  CHECK_FALSE(binary_is_exact(Oid{0}));
  CHECK_FALSE(binary_is_exact(Oid{142}));
  CHECK_FALSE(binary_is_exact(Oid{869}));
}

TEST_CASE("dates and times print as they were") {
  for (const Known& known : kKnown) {
    const Column column = column_of(known.kind, known.native, known.length, known.scale);
    INFO(known.text);
    if (known.kind == ValueKind::date) CHECK(date_text(decode_text(column, known.text).civil()) == known.text);
    if (known.kind == ValueKind::datetime) CHECK(moment_text(decode_text(column, known.text).civil(), false) == known.text);
    if (known.kind == ValueKind::timestamp) CHECK(moment_text(decode_text(column, known.text).civil(), true) == known.text);
    if (known.kind == ValueKind::time) CHECK(time_of_day_text(decode_text(column, known.text).int64()) == known.text);
  }
}

TEST_CASE("an error names the column and has no value") {
  const Error error = malformed_field({"shop", "orders"}, kPrice);
  CHECK(error.kind() == ErrorKind::corrupt);
  CHECK(std::string(error.what()) == "reading column c of shop.orders: the server sent what is no value of type numeric(10,2)");
}
