#include "engine/mysql/decimal.h"

#include <cstring>

namespace tidemark::mysql {

namespace {

constexpr uint8_t kGroupBytes[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
constexpr uint32_t kPowers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

/// The next group of `digits` digits; `invert` undoes the complement of negative numbers, `flip` the sign bit of the first byte.
uint32_t group(const char*& in, unsigned digits, uint8_t invert, uint8_t& flip) {
  uint32_t v = 0;
  for (unsigned i = 0; i < kGroupBytes[digits]; ++i) {
    v = v << 8 | static_cast<uint8_t>(static_cast<uint8_t>(*in++) ^ invert ^ flip);
    flip = 0;
  }
  return v;
}

/// Exactly `digits` digits.
void put_digits(uint32_t v, unsigned digits, char* out) {
  for (unsigned i = digits; i-- > 0; v /= 10) out[i] = static_cast<char>('0' + v % 10);
}

}  // namespace

size_t decimal_bytes(uint8_t precision, uint8_t scale) {
  return precision > kDecimalPrecisionMax || scale > kDecimalScaleMax ? 0 : json_decimal_bytes(precision, scale);
}

size_t json_decimal_bytes(uint8_t precision, uint8_t scale) {
  if (precision == 0 || precision > kJsonDecimalPrecisionMax || scale > precision) return 0;
  unsigned whole = precision - scale;
  return whole / 9 * 4u + kGroupBytes[whole % 9] + scale / 9 * 4u + kGroupBytes[scale % 9];
}

size_t print_decimal(const char* in, uint8_t precision, uint8_t scale, char* out) {
  const bool negative = (static_cast<uint8_t>(*in) & 0x80) == 0;
  const uint8_t invert = negative ? 0xFF : 0;
  uint8_t flip = 0x80;
  char* p = out;
  *p++ = '-';  // taken back below when there is no sign to print
  char* const digits = p;
  bool any = false;      // a digit of the whole part has been written
  uint32_t nonzero = 0;  // any bit of any group
  unsigned whole = precision - scale;
  for (unsigned left = whole; left > 0;) {
    unsigned n = left % 9 == 0 ? 9 : left % 9;
    uint32_t v = group(in, n, invert, flip);
    if (v >= kPowers[n]) return 0;
    nonzero |= v;
    left -= n;
    if (any) {
      put_digits(v, n, p);
      p += n;
    } else if (v != 0) {
      unsigned significant = 1;
      while (significant < n && v >= kPowers[significant]) ++significant;
      put_digits(v, significant, p);
      p += significant;
      any = true;
    }
  }
  if (!any) *p++ = '0';
  if (scale > 0) {
    *p++ = '.';
    for (unsigned left = scale; left > 0;) {
      unsigned n = left >= 9 ? 9 : left;
      uint32_t v = group(in, n, invert, flip);
      if (v >= kPowers[n]) return 0;
      nonzero |= v;
      put_digits(v, n, p);
      p += n;
      left -= n;
    }
  }
  auto length = static_cast<size_t>(p - digits);
  if (negative && nonzero != 0) return length + 1;
  std::memmove(out, digits, length);
  return length;
}

bool canonical_decimal(std::string_view text, uint8_t scale, char* out, size_t& length) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  size_t point = text.find('.');
  std::string_view whole = text.substr(0, point), fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (whole.empty() && fraction.empty()) return false;
  bool nonzero = false;
  for (std::string_view part : {whole, fraction}) {
    for (char c : part) {
      if (c < '0' || c > '9') return false;
      nonzero |= c != '0';
    }
  }
  while (!whole.empty() && whole[0] == '0') whole.remove_prefix(1);
  if (whole.size() > kDecimalPrecisionMax || fraction.size() > scale || scale > kDecimalScaleMax) return false;
  char* p = out;
  if (negative && nonzero) *p++ = '-';
  if (whole.empty()) *p++ = '0';
  for (char c : whole) *p++ = c;
  if (scale > 0) *p++ = '.';
  for (size_t i = 0; i < scale; ++i) *p++ = i < fraction.size() ? fraction[i] : '0';
  length = static_cast<size_t>(p - out);
  return true;
}

}  // namespace tidemark::mysql
