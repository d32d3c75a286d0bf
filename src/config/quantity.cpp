#include "config/quantity.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

#include "tidemark/value.h"

namespace tidemark {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};
constexpr std::array<Unit, 5> kDurations = {{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 9> kSizes = {{{"B", 1},
                                         {"KB", 1000},
                                         {"MB", 1'000'000},
                                         {"GB", 1'000'000'000},
                                         {"TB", 1'000'000'000'000},
                                         {"KiB", 1u << 10},
                                         {"MiB", 1u << 20},
                                         {"GiB", 1u << 30},
                                         {"TiB", uint64_t{1} << 40}}};

template <size_t N>
std::optional<uint64_t> parse_quantity(std::string_view text, const std::array<Unit, N>& units, std::string_view example,
                                       std::string_view kind, std::string& why) {
  uint64_t number = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec == std::errc::result_out_of_range) {
    why = "is too large";
    return std::nullopt;
  }
  if (ec != std::errc()) {
    why = fmt::format("is not a {}: write a whole number and its unit, such as {}", kind, example);
    return std::nullopt;
  }
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  if (unit.empty()) {
    why = fmt::format("has no unit: write a whole number and its unit, such as {}", example);
    return std::nullopt;
  }
  for (const Unit& known : units) {
    if (unit != known.name) continue;
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / known.factor) {
      why = "is too large";
      return std::nullopt;
    }
    return number * known.factor;
  }
  why = fmt::format("has the unknown unit '{}': write a whole number and its unit, such as {}", unit, example);
  return std::nullopt;
}

/// Exactly `digits` decimal digits from the front of `text`, or -1.
int take_digits(std::string_view& text, size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// ".123456" at the front, as microseconds; 0 when there is none, -1 when malformed.
int64_t take_fraction(std::string_view& text) {
  if (!take(text, ".")) return 0;
  int64_t micros = 0;
  int64_t scale = 100'000;
  size_t digits = 0;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9' && digits < 6; ++digits, scale /= 10) {
    micros += (text[0] - '0') * scale;
    text.remove_prefix(1);
  }
  return digits == 0 ? -1 : micros;
}

/// "Z" or "+02:00" at the end, as minutes east of UTC.
std::optional<int> take_zone(std::string_view& text) {
  if (take(text, "Zz")) return 0;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hours = take_digits(text, 2);
  if (hours < 0 || hours > 14 || !take(text, ":")) return std::nullopt;
  int minutes = take_digits(text, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  return sign * (hours * 60 + minutes);
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, std::string& why) {
  auto ms = parse_quantity(text, kDurations, "500ms, 10s, 5m or 1h", "duration", why);
  if (!ms) return std::nullopt;
  return std::chrono::milliseconds(static_cast<int64_t>(*ms));
}

std::optional<uint64_t> parse_size(std::string_view text, std::string& why) {
  return parse_quantity(text, kSizes, "64KiB, 8MiB or 1GiB", "size", why);
}

std::optional<int64_t> parse_timestamp(std::string_view text, std::string& why) {
  why = "is not a point in time: write it as 2026-01-31T12:00:00Z";
  Civil c;
  c.year = take_digits(text, 4);
  if (c.year < 1970 || !take(text, "-")) return std::nullopt;
  int month = take_digits(text, 2);
  if (month < 1 || month > 12 || !take(text, "-")) return std::nullopt;
  int day = take_digits(text, 2);
  if (day < 1 || day > 31 || !take(text, "Tt ")) return std::nullopt;
  c.month = static_cast<uint8_t>(month);
  c.day = static_cast<uint8_t>(day);
  if (!is_real_date(c)) return std::nullopt;
  int hour = take_digits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ":")) return std::nullopt;
  int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ":")) return std::nullopt;
  int second = take_digits(text, 2);
  if (second < 0 || second > 59) return std::nullopt;
  int64_t fraction = take_fraction(text);
  if (fraction < 0) return std::nullopt;
  if (text.empty()) {
    why = "has no time zone: end it with Z for UTC, or with an offset such as +02:00";
    return std::nullopt;
  }
  std::optional<int> zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  int64_t seconds = days_from_civil(c.year, c.month, c.day) * 86400 + hour * 3600 + minute * 60 + second - int64_t{*zone} * 60;
  if (seconds < 0) return std::nullopt;
  why.clear();
  return seconds * 1'000'000 + fraction;
}

std::string duration_text(std::chrono::milliseconds duration) {
  auto ms = static_cast<uint64_t>(duration.count());
  if (ms == 0) return "0s";
  for (size_t i = kDurations.size(); i-- > 0;) {
    if (ms % kDurations[i].factor == 0) return fmt::format("{}{}", ms / kDurations[i].factor, kDurations[i].name);
  }
  return fmt::format("{}ms", ms);
}

std::string size_text(uint64_t bytes) {
  if (bytes == 0) return "0B";
  for (size_t i = kSizes.size(); i-- > 5;) {
    if (bytes % kSizes[i].factor == 0) return fmt::format("{}{}", bytes / kSizes[i].factor, kSizes[i].name);
  }
  return fmt::format("{}B", bytes);
}

std::string timestamp_text(int64_t micros) {
  int64_t seconds = micros / 1'000'000;
  int64_t fraction = micros % 1'000'000;
  int64_t days = seconds / 86400;
  int64_t of_day = seconds % 86400;
  Civil c = civil_from_days(days);
  std::string out =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day, of_day / 3600, of_day / 60 % 60, of_day % 60);
  if (fraction != 0) out += fmt::format(".{:06}", fraction);
  return out + "Z";
}

}  // namespace tidemark
