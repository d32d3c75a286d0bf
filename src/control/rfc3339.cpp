// RFC 3339 times in UTC, with microseconds; the calendar is model's.
#include <fmt/format.h>

#include "control/status_json.h"
#include "tidemark/value.h"

namespace tidemark {
namespace {

constexpr int64_t kMicrosPerSecond = 1000000;
constexpr int64_t kSecondsPerDay = 86400;
constexpr int64_t kMicrosPerDay = kSecondsPerDay * kMicrosPerSecond;

[[noreturn]] void bad_time(std::string_view text) {
  throw Error(ErrorKind::internal, "reading a time", fmt::format("'{}' is not a UTC time of RFC 3339", printable(text)));
}

/// `count` digits at `at`.
int64_t digits(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size()) bad_time(text);
  int64_t value = 0;
  for (char c : text.substr(at, count)) {
    if (c < '0' || c > '9') bad_time(text);
    value = value * 10 + (c - '0');
  }
  return value;
}

void expect(std::string_view text, size_t at, char c) {
  if (at >= text.size() || text[at] != c) bad_time(text);
}

}  // namespace

std::string rfc3339(int64_t unix_micros) {
  int64_t days = unix_micros / kMicrosPerDay;
  int64_t micros = unix_micros % kMicrosPerDay;
  if (micros < 0) {
    micros += kMicrosPerDay;
    --days;
  }
  const Civil date = civil_from_days(days);
  const int64_t seconds = micros / kMicrosPerSecond;
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", date.year, int{date.month}, int{date.day}, seconds / 3600,
                                 seconds / 60 % 60, seconds % 60);
  if (int64_t fraction = micros % kMicrosPerSecond; fraction != 0) text += fmt::format(".{:06}", fraction);
  return text + "Z";
}

int64_t parse_rfc3339(std::string_view text) {
  for (auto [at, c] : {std::pair<size_t, char>{4, '-'}, {7, '-'}, {10, 'T'}, {13, ':'}, {16, ':'}}) expect(text, at, c);
  const auto year = static_cast<int32_t>(digits(text, 0, 4));
  const auto month = static_cast<unsigned>(digits(text, 5, 2));
  const auto day = static_cast<unsigned>(digits(text, 8, 2));
  if (!is_real_date({year, static_cast<uint8_t>(month), static_cast<uint8_t>(day), 0})) bad_time(text);
  const int64_t hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (hour > 23 || minute > 59 || second > 59) bad_time(text);
  int64_t fraction = 0;
  size_t end = 19;
  if (end < text.size() && text[end] == '.') {
    fraction = digits(text, 20, 6);
    end = 26;
  }
  expect(text, end, 'Z');
  if (end + 1 != text.size()) bad_time(text);
  const int64_t seconds = days_from_civil(year, month, day) * kSecondsPerDay + hour * 3600 + minute * 60 + second;
  return seconds * kMicrosPerSecond + fraction;
}

}  // namespace tidemark
