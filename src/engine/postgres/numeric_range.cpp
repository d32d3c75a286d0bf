#include "engine/postgres/numeric_range.h"

#include <algorithm>

namespace tidemark::postgres {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Places {
  int precision, scale;
};
// the scale is an 11-bit signed number since PostgreSQL 15
Places places_of(int32_t modifier) {
  const int32_t packed = modifier - 4;
  return {packed >> 16 & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024};
}

}  // namespace

bool numeric_fits(std::string_view decimal, int32_t modifier) {
  if (decimal == "NaN") return true;
  if (decimal.empty() || !is_digit(decimal.back())) return false;  // a column with a precision holds no infinity
  const Places places = places_of(modifier);
  if (decimal[0] == '-') decimal.remove_prefix(1);
  const size_t point = decimal.find('.');
  std::string digits(decimal.substr(0, point));
  int fraction = 0;
  if (point != std::string_view::npos) {
    digits += decimal.substr(point + 1);
    fraction = static_cast<int>(decimal.size() - point - 1);
  }
  const size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return true;
  const size_t last = digits.find_last_not_of('0');
  const int lowest = static_cast<int>(digits.size() - 1 - last) - fraction;    // power of ten of the last digit that counts
  const int highest = static_cast<int>(digits.size() - 1 - first) - fraction;  // and of the first
  return lowest >= -places.scale && highest < places.precision - places.scale;
}

unsigned numeric_scale(int32_t modifier) { return static_cast<unsigned>(std::max(0, places_of(modifier).scale)); }

std::string numeric_cut(std::string_view decimal, int32_t modifier) {
  const size_t point = decimal.find('.');
  const int scale = places_of(modifier).scale;
  if (point == std::string_view::npos) return std::string(decimal);
  return std::string(decimal.substr(0, scale <= 0 ? point : point + 1 + static_cast<size_t>(scale)));
}

std::string numeric_limit(std::string_view decimal, int32_t modifier) {
  const Places places = places_of(modifier);
  std::string out = !decimal.empty() && decimal[0] == '-' ? "-" : "";
  const int whole = places.precision - places.scale;
  if (whole <= 0) out += '0';
  for (int i = 0; i < whole; ++i) out += i < places.precision ? '9' : '0';
  if (places.scale > 0) out += '.';
  for (int i = 0; i < places.scale; ++i) out += i < -whole ? '0' : '9';
  return out;
}

}  // namespace tidemark::postgres
