// numeric's binary form. The bytes were taken from PostgreSQL 15: SELECT encode(numeric_send(...), 'hex').
#include <array>
#include <random>

#include "engine/postgres/numeric_encoding.h"
#include "engine/postgres/numeric_range.h"
#include "support/catch.h"

using namespace tidemark::postgres;

namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) {
    out.push_back("0123456789abcdef"[static_cast<unsigned char>(c) >> 4]);
    out.push_back("0123456789abcdef"[c & 15]);
  }
  return out;
}

std::string encoded(std::string_view decimal) {
  ByteBuffer out;
  return append_numeric(decimal, out) ? hex(out.view()) : "refused";
}

}  // namespace

TEST_CASE("numeric is written as the server writes it") {
  const std::array<std::array<const char*, 2>, 12> known = {{
      {"0", "0000000000000000"},
      {"0.00", "0000000000000002"},
      {"1", "00010000000000000001"},
      {"-1", "00010000400000000001"},
      {"9999", "0001000000000000270f"},
      {"10000", "00010001000000000001"},
      {"0.0001", "0001ffff000000040001"},
      {"-0.00010", "0001ffff400000050001"},
      {"12345678.9", "000300010000000104d2162e2328"},
      {"100000000", "00010002000000000001"},
      {"-99999999999999999999999999999999999.999999999999999999999999999999",
       "001100084000001e03e7270f270f270f270f270f270f270f270f270f270f270f270f270f270f270f26ac"},
      {"0.000000000000000000000000000001", "0001fff80000001e0064"},
  }};
  for (const auto& [decimal, bytes] : known) {
    INFO(decimal);
    CHECK(encoded(decimal) == bytes);
  }
}

TEST_CASE("what is not a decimal is refused and leaves nothing behind") {
  for (const char* text : {"", "-", ".", "1e5", "12a", "1.2.3", "nan", "-NaN", "Infinityy", " 1", "0.12345x"}) {
    INFO(text);
    CHECK(encoded(text) == "refused");
  }
  ByteBuffer out;
  out.reserve_more(1);
  out.put8(7);
  CHECK_FALSE(append_numeric("12345.x", out));
  CHECK(out.size() == 1);
}

TEST_CASE("numeric comes back as the text it was, with the column's fraction digits") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20000; ++round) {
    const int scale = static_cast<int>(random() % 31), whole = 1 + static_cast<int>(random() % 35);
    std::string text(1, static_cast<char>('1' + random() % 9));
    while (static_cast<int>(text.size()) < whole) text.push_back(random() % 3 ? '0' : static_cast<char>('0' + random() % 10));
    if (random() % 4 == 0) text = "0";
    if (scale > 0) text.push_back('.');
    for (int i = 0; i < scale; ++i) text.push_back(random() % 3 ? '0' : static_cast<char>('0' + random() % 10));
    if (random() % 2 && text.find_first_not_of("0.") != std::string::npos) text.insert(0, 1, '-');
    ByteBuffer out;
    REQUIRE(append_numeric(text, out));
    CHECK(numeric_text(out.view(), scale) == text);
  }
}

TEST_CASE("integers as numeric") {
  for (uint64_t v : {uint64_t{0}, uint64_t{1}, uint64_t{9999}, uint64_t{10000}, uint64_t{120000000}, UINT64_MAX}) {
    ByteBuffer as_integer, as_text;
    append_numeric(v, v == 1, as_integer);
    REQUIRE(append_numeric((v == 1 ? "-" : "") + std::to_string(v), as_text));
    CHECK(hex(as_integer.view()) == hex(as_text.view()));
  }
}

TEST_CASE("broken numeric bytes are refused") {
  ByteBuffer out;
  REQUIRE(append_numeric("12345.678", out));
  for (size_t size = 0; size < out.size(); ++size) CHECK_FALSE(numeric_text(out.view().substr(0, size), 3).has_value());
  CHECK_FALSE(numeric_text(std::string_view("\0\0\0\0\x80\0\0\0", 8), 0).has_value());  // no such sign
}

TEST_CASE("NaN and the infinities are numbers of their own") {
  for (const char* text : {"NaN", "Infinity", "-Infinity"}) {
    ByteBuffer out;
    REQUIRE(append_numeric(text, out));
    CHECK(numeric_text(out.view(), -1) == text);
    CHECK(numeric_text(out.view(), 2) == text);
  }
}

TEST_CASE("what a numeric column holds without rounding, and what is nearest to the rest") {
  struct Case {
    int precision, scale;
    const char* text;
    bool fits;
    const char *limit, *cut;
  };
  const std::vector<Case> cases = {
      {5, 2, "999.99", true, "999.99", "999.99"},
      {5, 2, "1000", false, "999.99", "1000"},
      {5, 2, "-1000.00", false, "-999.99", "-1000.00"},
      {5, 2, "1.005", false, "999.99", "1.00"},
      {5, 2, "1.00000", true, "999.99", "1.00"},
      {5, 2, "0", true, "999.99", "0"},
      {5, 2, "NaN", true, "999.99", "NaN"},
      {5, 2, "Infinity", false, "999.99", "Infinity"},
      {3, 0, "999", true, "999", "999"},
      {3, 0, "999.5", false, "999", "999"},
      {3, -2, "12300", true, "99900", "12300"},
      {3, -2, "12345", false, "99900", "12345"},
      {3, -2, "100000", false, "99900", "100000"},
      {2, 5, "0.00099", true, "0.00099", "0.00099"},
      {2, 5, "0.001", false, "0.00099", "0.001"},
  };
  for (const Case& c : cases) {
    const int32_t modifier = (c.precision << 16 | (c.scale & 0x7ff)) + 4;
    INFO(c.text << " in numeric(" << c.precision << "," << c.scale << ")");
    CHECK(numeric_fits(c.text, modifier) == c.fits);
    CHECK(numeric_limit(c.text, modifier) == c.limit);
    CHECK(numeric_cut(c.text, modifier) == c.cut);
    CHECK(numeric_fits(numeric_limit(c.text, modifier), modifier));
  }
}

TEST_CASE("a column with a precision prints every number with its scale") {
  CHECK(numeric_scale((6 << 16 | 2) + 4) == 2);
  CHECK(numeric_scale((5 << 16) + 4) == 0);
  CHECK(numeric_scale((5 << 16 | (-3 & 0x7ff)) + 4) == 0);  // numeric(5,-3)
}
