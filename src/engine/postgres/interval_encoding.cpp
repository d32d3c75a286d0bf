#include "engine/postgres/interval_encoding.h"

#include <charconv>
#include <limits>

namespace tidemark::postgres {
namespace {

constexpr int64_t kSecond = 1000000;

bool add_product(int64_t& sum, int64_t count, int64_t unit) {
  int64_t product = 0;
  return !__builtin_mul_overflow(count, unit, &product) && !__builtin_add_overflow(sum, product, &sum);
}

/// "-5.25" in front of S: microseconds.
std::optional<int64_t> parse_seconds(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  const std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (point != std::string_view::npos && (fraction.empty() || fraction.size() > 6)) return std::nullopt;
  int64_t micros = 0;
  for (char c : text.substr(0, point)) {
    if (c < '0' || c > '9' || micros > INT64_MAX / 20) return std::nullopt;
    micros = micros * 10 + (c - '0');
  }
  if (micros > INT64_MAX / kSecond - 1 || text.substr(0, point).empty()) return std::nullopt;
  micros *= kSecond;
  int64_t unit = kSecond / 10;
  for (char c : fraction) {
    if (c < '0' || c > '9') return std::nullopt;
    micros += unit * (c - '0');
    unit /= 10;
  }
  return negative ? -micros : micros;
}

}  // namespace

std::optional<Interval> parse_interval(std::string_view iso) {
  if (iso == "infinity") return kIntervalInfinity;
  if (iso == "-infinity") return kIntervalMinusInfinity;
  if (iso.size() < 3 || iso[0] != 'P') return std::nullopt;
  iso.remove_prefix(1);
  int64_t months = 0, days = 0, micros = 0;
  bool of_day = false;
  while (!iso.empty()) {
    if (iso[0] == 'T') {
      if (of_day || iso.size() == 1) return std::nullopt;
      of_day = true;
      iso.remove_prefix(1);
    }
    const size_t end = iso.find_first_not_of("-0123456789.");
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    const std::string_view digits = iso.substr(0, end);
    const char unit = iso[end];
    iso.remove_prefix(end + 1);
    if (of_day && unit == 'S') {
      auto seconds = parse_seconds(digits);
      if (!seconds || !add_product(micros, *seconds, 1)) return std::nullopt;
      continue;
    }
    int64_t count = 0;
    auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc() || stop != digits.data() + digits.size()) return std::nullopt;
    bool fits = false;
    if (!of_day && unit == 'Y') fits = add_product(months, count, 12);
    if (!of_day && unit == 'M') fits = add_product(months, count, 1);
    if (!of_day && unit == 'D') fits = add_product(days, count, 1);
    if (of_day && unit == 'H') fits = add_product(micros, count, 3600 * kSecond);
    if (of_day && unit == 'M') fits = add_product(micros, count, 60 * kSecond);
    if (!fits) return std::nullopt;
  }
  auto in_range = [](int64_t v) { return v >= std::numeric_limits<int32_t>::min() && v <= std::numeric_limits<int32_t>::max(); };
  if (!in_range(months) || !in_range(days)) return std::nullopt;
  return Interval{micros, static_cast<int32_t>(days), static_cast<int32_t>(months)};
}

}  // namespace tidemark::postgres
