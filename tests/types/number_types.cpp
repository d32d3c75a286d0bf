#include <fmt/core.h>

#include "types/type_case.h"

namespace tidemark::test {
namespace {

/// A column with the largest, the smallest and the values between whose digits fill or cross the groups of nine of the storage form.
TypeCase decimal(int precision, int scale, const std::string& attributes = {}) {
  const auto number = [&](const std::string& sign, const std::string& whole, const std::string& fraction) {
    return sign + (whole.empty() ? "0" : whole) + (fraction.empty() ? "" : "." + fraction);
  };
  const auto times = [](int n, char digit) { return std::string(static_cast<size_t>(n), digit); };
  const int whole = precision - scale;
  std::string counting;
  for (int i = 1; i <= precision; ++i) counting += static_cast<char>('0' + i % 10);
  const std::string last = scale > 0 ? times(scale - 1, '0') + "1" : "";
  TypeCase out{fmt::format("d{}_{}{}", precision, scale, attributes.empty() ? "" : "u"),
               fmt::format("DECIMAL({},{}) {}", precision, scale, attributes),
               TypeForm::decimal,
               {},
               {}};
  for (const std::string sign : {"", "-"}) {
    if (!sign.empty() && !attributes.empty()) break;
    out.values.push_back(number(sign, times(whole, '9'), times(scale, '9')));
    out.values.push_back(number(sign, "", scale > 0 ? last : ""));
    out.values.push_back(number(sign, counting.substr(0, static_cast<size_t>(whole)), counting.substr(static_cast<size_t>(whole))));
    if (whole > 0) out.values.push_back(number(sign, "1" + times(whole - 1, '0'), times(scale, '0')));
    if (whole > 9) out.values.push_back(number(sign, times(whole - whole % 9, '9'), times(scale, '0')));
    if (scale > 9) out.values.push_back(number(sign, "", times(9, '0') + times(scale - 9, '9')));
    if (scale > 9) out.values.push_back(number(sign, "", times(9, '9') + times(scale - 9, '0')));
  }
  if (!attributes.empty()) out.printed = fmt::format("CAST({{}} AS DECIMAL({},{}))", precision, scale);  // without the zeros in front
  return out;
}

}  // namespace

TypeTable integer_types() {
  const auto i = TypeForm::integer;
  // unsigned columns between those that have no sign bit in the log's metadata
  return {"integers",
          {{"u8", "TINYINT UNSIGNED", i, {"255", "0", "128", "127"}, {}},
           {"y", "YEAR", i, {"'0000'", "1901", "2155", "1970", "2000"}, "{} + 0"},
           {"i8", "TINYINT", i, {"-128", "127", "0", "-1"}, {}},
           {"flag", "BOOLEAN", i, {"1", "0", "-128", "127"}, {}},
           {"between", "DECIMAL(5,2)", TypeForm::decimal, {"-999.99"}, {}},
           {"u16", "SMALLINT UNSIGNED", i, {"65535", "0", "32768", "32767"}, {}},
           {"i16", "SMALLINT", i, {"-32768", "32767", "0", "-1"}, {}},
           {"y2", "YEAR", i, {"2155", "'0000'"}, "{} + 0"},
           {"u24", "MEDIUMINT UNSIGNED", i, {"16777215", "0", "8388608", "8388607"}, {}},
           {"i24", "MEDIUMINT", i, {"-8388608", "8388607", "0", "-1"}, {}},
           {"u32", "INT UNSIGNED", i, {"4294967295", "0", "2147483648", "2147483647"}, {}},
           {"i32", "INT", i, {"-2147483648", "2147483647", "0", "-1"}, {}},
           {"u64", "BIGINT UNSIGNED", i, {"18446744073709551615", "0", "9223372036854775808", "9223372036854775807"}, {}},
           {"i64", "BIGINT", i, {"-9223372036854775808", "9223372036854775807", "0", "-1", "9007199254740993"}, {}},
           {"filled", "INT(10) ZEROFILL", i, {"42", "4294967295", "0"}, "{} + 0"},
           {"sum", "BIGINT AS (i8 + u8) VIRTUAL", i, {}, {}},
           {"kept", "BIGINT AS (i16 - 1) STORED", i, {}, {}},
           {"last", "INT UNSIGNED", i, {"4294967295", "1"}, {}},
           {"unseen", "BIGINT UNSIGNED INVISIBLE", i, {"18446744073709551615", "1"}, {}}},
          "STRICT_ALL_TABLES",
          {},
          {}};
}

TypeTable decimal_types() {
  TypeTable out{"decimals", {}, "STRICT_ALL_TABLES", {}, {}};
  for (int whole : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 19, 35}) {
    for (int scale : {0, 1, 2, 8, 9, 10, 18, 30}) {
      if (whole + scale > 0) out.columns.push_back(decimal(whole + scale, scale));
    }
  }
  out.columns.push_back(decimal(65, 0));
  out.columns.push_back(decimal(30, 30));
  for (auto it = out.columns.begin(); it != out.columns.end(); ++it) {
    for (auto other = it + 1; other != out.columns.end();) other = other->column == it->column ? out.columns.erase(other) : other + 1;
  }
  out.columns.push_back(decimal(12, 3, "UNSIGNED ZEROFILL"));
  return out;
}

TypeTable float_and_bit_types() {
  const auto real = TypeForm::real;
  const auto bits = TypeForm::bits;
  const std::string exact = "CAST({} AS DOUBLE)";  // a FLOAT itself is printed with six digits
  return {"floats_and_bits",
          {{"f",
            "FLOAT",
            real,
            {"16777217", "0.1", "-0.0", "3.402823466e38", "-3.402823466e38", "1.175494351e-38", "1.4e-45", "-1e-40", "123456.7", "1e10",
             "0", "0.3333333333333333", "-16777216"},
            exact},
           {"fu", "FLOAT UNSIGNED", real, {"0.1", "16777217"}, exact},
           {"fd", "FLOAT(10,3)", real, {"0.1", "1234567.125", "-0.001"}, "{} * 1e0"},
           {"f24", "FLOAT(24)", real, {"0.7"}, exact},
           {"f25", "FLOAT(25)", real, {"0.7"}, exact},
           {"d",
            "DOUBLE",
            real,
            {"1.7976931348623157e308", "-1.7976931348623157e308", "2.2250738585072014e-308", "5e-324", "-5e-324", "0.1", "-0e0", "0",
             "9007199254740993", "1e22", "1e23", "2.2250738585072011e-308", "0.30000000000000004", "123456789012345680000"},
            exact},
           {"du", "DOUBLE UNSIGNED", real, {"0.1", "1e300"}, exact},
           {"dd", "DOUBLE(20,4)", real, {"0.1", "1234567890.1234", "-0.0001"}, "{} * 1e0"},
           {"b1", "BIT(1)", bits, {"b'0'", "b'1'"}, {}},
           {"b7", "BIT(7)", bits, {"b'1000000'", "b'1111111'", "b'0'", "b'1'"}, {}},
           {"b8", "BIT(8)", bits, {"b'10000000'", "b'11111111'", "b'0'", "b'1'"}, {}},
           {"b9", "BIT(9)", bits, {"b'100000000'", "b'111111111'", "b'0'", "b'11111111'"}, {}},
           {"b33", "BIT(33)", bits, {"b'100000000000000000000000000000000'", "b'1'", "0x0102030405 & 0x1ffffffff"}, {}},
           {"b63", "BIT(63)", bits, {"0x7fffffffffffffff", "0x4000000000000001", "0"}, {}},
           {"b64", "BIT(64)", bits, {"0xffffffffffffffff", "0x8000000000000000", "0", "0x0102030405060708"}, {}}},
          "STRICT_ALL_TABLES",
          {},
          {}};
}

}  // namespace tidemark::test
