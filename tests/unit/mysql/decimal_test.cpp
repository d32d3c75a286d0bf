#include "engine/mysql/decimal.h"

#include <cstdint>
#include <random>
#include <string>

#include "row_text.h"
#include "support/catch.h"

namespace tidemark::mysql {

namespace {

std::string print(const std::string& hex, uint8_t precision, uint8_t scale) {
  std::string bytes = from_hex(hex);
  REQUIRE(bytes.size() == decimal_bytes(precision, scale));
  char out[kDecimalTextMax];
  return {out, print_decimal(bytes.data(), precision, scale, out)};
}

/// The server's packing, written down independently: groups of nine digits, counted from the point.
std::string pack(bool negative, const std::string& whole, const std::string& fraction) {
  static const size_t kBytes[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
  std::string out;
  auto put = [&](const std::string& digits) {
    uint64_t v = digits.empty() ? 0 : std::stoull(digits);
    for (size_t i = kBytes[digits.size()]; i-- > 0;) out += static_cast<char>(v >> (8 * i));
  };
  put(whole.substr(0, whole.size() % 9));
  for (size_t i = whole.size() % 9; i < whole.size(); i += 9) put(whole.substr(i, 9));
  for (size_t i = 0; i < fraction.size(); i += 9) put(fraction.substr(i, 9));
  out[0] = static_cast<char>(out[0] ^ 0x80);
  if (negative) {
    for (char& c : out) c = static_cast<char>(~c);
  }
  return out;
}

}  // namespace

TEST_CASE("decimals print canonically") {
  CHECK(print("800000", 5, 2) == "0.00");
  CHECK(print("7FFFFF", 5, 2) == "0.00");  // "-0.00" of old servers
  CHECK(print("807B2D", 5, 2) == "123.45");
  CHECK(print("7F84D2", 5, 2) == "-123.45");
  CHECK(print("8005", 4, 2) == "0.05");
  CHECK(print("80", 1, 0) == "0");
  CHECK(print("89", 1, 0) == "9");
  CHECK(print("76", 1, 0) == "-9");
  CHECK(print("B2", 2, 2) == "0.50");
}

TEST_CASE("decimals of every shape, packed and printed again") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 50000; ++i) {
    auto precision = static_cast<uint8_t>(1 + random() % 65);
    auto scale = static_cast<uint8_t>(random() % (std::min<unsigned>(precision, 30) + 1));
    std::string whole(precision - scale, '0'), fraction(scale, '0');
    const unsigned kind = static_cast<unsigned>(random() % 4);
    for (std::string* part : {&whole, &fraction}) {
      for (char& c : *part) c = kind == 0 ? '9' : kind == 1 && random() % 4 != 0 ? '0' : static_cast<char>('0' + random() % 10);
    }
    bool negative = random() % 2 == 0;
    bool zero = (whole + fraction).find_first_not_of('0') == std::string::npos;
    std::string trimmed = whole.substr(std::min(whole.find_first_not_of('0'), whole.size()));
    std::string expected = (negative && !zero ? "-" : "") + (trimmed.empty() ? "0" : trimmed) + (scale > 0 ? "." + fraction : "");
    std::string packed = pack(negative, whole, fraction);
    REQUIRE(packed.size() == decimal_bytes(precision, scale));
    char out[kDecimalTextMax];
    REQUIRE(std::string(out, print_decimal(packed.data(), precision, scale, out)) == expected);
  }
}

TEST_CASE("a group that holds more than its digits is refused") {
  char out[kDecimalTextMax];
  CHECK(print_decimal(from_hex("8A").data(), 1, 0, out) == 0);
  CHECK(print_decimal(from_hex("80FF").data(), 4, 2, out) == 0);
  CHECK(print_decimal(from_hex("FFFFFFFF").data(), 9, 0, out) == 0);
}

TEST_CASE("there is no such decimal") {
  CHECK(decimal_bytes(0, 0) == 0);
  CHECK(decimal_bytes(66, 0) == 0);
  CHECK(decimal_bytes(65, 31) == 0);
  CHECK(decimal_bytes(3, 4) == 0);
  CHECK(decimal_bytes(65, 30) == 30);
}

TEST_CASE("a server's text becomes canonical") {
  auto canonical = [](std::string_view text, uint8_t scale) {
    char out[kDecimalTextMax];
    size_t length = 0;
    return canonical_decimal(text, scale, out, length) ? std::string(out, length) : "!";
  };
  CHECK(canonical("-0.00", 2) == "0.00");
  CHECK(canonical("-0.05", 2) == "-0.05");
  CHECK(canonical(".5", 1) == "0.5");
  CHECK(canonical("007.1", 3) == "7.100");
  CHECK(canonical("5", 0) == "5");
  CHECK(canonical("5.", 0) == "5");
  for (std::string_view text : {"", "-", ".", "1e5", "1.2.3", " 1", "1.234"}) CHECK(canonical(text, 2) == "!");
}

}  // namespace tidemark::mysql
