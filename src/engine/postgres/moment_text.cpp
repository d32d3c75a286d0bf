#include "engine/postgres/moment_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace tidemark::postgres {
namespace {

constexpr int64_t kMicrosPerSecond = 1000000;

/// Reads a text from its front; false is sticky only in that every caller gives up at once.
struct Reader {
  const char* p;
  const char* end;

  bool skip(char c) {
    if (p == end || *p != c) return false;
    ++p;
    return true;
  }
  bool two(unsigned& out) {
    if (end - p < 2) return false;
    const auto high = static_cast<unsigned>(p[0] - '0'), low = static_cast<unsigned>(p[1] - '0');
    if (high > 9 || low > 9) return false;
    out = 10 * high + low;
    p += 2;
    return true;
  }
  /// At least four digits; PostgreSQL's years have seven at most.
  bool year(int32_t& out) {
    const char* const from = p;
    out = 0;
    while (p < end && p - from < 7 && *p >= '0' && *p <= '9') out = 10 * out + (*p++ - '0');
    return p - from >= 4;
  }
  bool date(Civil& out) {
    unsigned month = 0, day = 0;
    if (!year(out.year) || !skip('-') || !two(month) || !skip('-') || !two(day)) return false;
    out.month = static_cast<uint8_t>(month);
    out.day = static_cast<uint8_t>(day);
    return true;
  }
  bool time(int64_t& micros) {
    unsigned hour = 0, minute = 0, second = 0;
    if (!two(hour) || !skip(':') || !two(minute) || !skip(':') || !two(second)) return false;
    if (hour > 24 || minute > 59 || second > 59) return false;
    int64_t fraction = 0;
    if (skip('.')) {
      int64_t weight = kMicrosPerSecond;
      for (; p < end && weight > 1 && *p >= '0' && *p <= '9'; ++p) {
        weight /= 10;
        fraction += weight * (*p - '0');
      }
      if (weight == kMicrosPerSecond) return false;
    }
    micros = ((hour * 60LL + minute) * 60 + second) * kMicrosPerSecond + fraction;
    return true;
  }
  /// What may come last; the year becomes an astronomical one.
  bool finish(Civil& c) {
    constexpr std::string_view kBc = " BC";
    if (std::string_view(p, static_cast<size_t>(end - p)) == kBc) {
      c.year = 1 - c.year;
    } else if (p != end || c.year == 0) {
      return false;
    }
    return is_real_date(c);
  }
};

bool parse_infinity(std::string_view text, Civil& out) {
  if (text != "infinity" && text != "-infinity") return false;
  out = {text[0] == '-' ? -kInfinityYear : kInfinityYear, 1, 1, 0};
  return true;
}

Reader reader_of(std::string_view text) { return {text.data(), text.data() + text.size()}; }

/// "2024-02-29"; `bc` says whether " BC" must follow.
std::string day_text(const Civil& c, bool& bc) {
  bc = c.year <= 0;
  return fmt::format("{:04}-{:02}-{:02}", bc ? 1 - int64_t{c.year} : int64_t{c.year}, c.month, c.day);
}

std::string infinity_text(const Civil& c) { return c.year > 0 ? "infinity" : "-infinity"; }

}  // namespace

bool parse_date(std::string_view text, Civil& out) {
  Reader in = reader_of(text);
  out.micros = 0;
  return (in.date(out) && in.finish(out)) || parse_infinity(text, out);
}

bool parse_moment(std::string_view text, bool zone, Civil& out) {
  Reader in = reader_of(text);
  if (!in.date(out)) return parse_infinity(text, out);
  if (!in.skip(' ') || !in.time(out.micros) || out.micros >= 86400 * kMicrosPerSecond) return false;
  if (zone && !(in.skip('+') && in.skip('0') && in.skip('0'))) return false;
  return in.finish(out);
}

bool parse_time_of_day(std::string_view text, int64_t& micros) {
  Reader in = reader_of(text);
  return in.time(micros) && in.p == in.end && micros <= 86400 * kMicrosPerSecond;
}

std::string date_text(const Civil& date) {
  if (is_infinite(date)) return infinity_text(date);
  bool bc = false;
  const std::string day = day_text(date, bc);
  return bc ? day + " BC" : day;
}

std::string moment_text(const Civil& moment, bool zone) {
  if (is_infinite(moment)) return infinity_text(moment);
  bool bc = false;
  const std::string day = day_text(moment, bc);
  return fmt::format("{} {}{}{}", day, time_of_day_text(moment.micros), zone ? "+00" : "", bc ? " BC" : "");
}

std::string time_of_day_text(int64_t micros) {
  const int64_t seconds = micros / kMicrosPerSecond, fraction = micros % kMicrosPerSecond;
  std::string out = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (fraction == 0) return out;
  out += fmt::format(".{:06}", fraction);
  out.resize(out.find_last_not_of('0') + 1);
  return out;
}

size_t print_interval(int32_t months, int32_t days, int64_t micros, char* to) {
  const auto copy = [&](std::string_view text) { return std::copy(text.begin(), text.end(), to) - to; };
  if (months == INT32_MAX && days == INT32_MAX && micros == INT64_MAX) return static_cast<size_t>(copy("infinity"));
  if (months == INT32_MIN && days == INT32_MIN && micros == INT64_MIN) return static_cast<size_t>(copy("-infinity"));
  if (months == 0 && days == 0 && micros == 0) return static_cast<size_t>(copy("PT0S"));
  char* p = to;
  const auto part = [&](int64_t value, char unit) {
    if (value == 0) return;
    p = fmt::format_to(p, "{}{}", value, unit);
  };
  *p++ = 'P';
  part(months / 12, 'Y');
  part(months % 12, 'M');
  part(days, 'D');
  if (micros == 0) return static_cast<size_t>(p - to);
  *p++ = 'T';
  // each part has the sign of the whole, as C divides
  const int64_t seconds = micros / kMicrosPerSecond, fraction = micros % kMicrosPerSecond;
  part(seconds / 3600, 'H');
  part(seconds / 60 % 60, 'M');
  if (seconds % 60 != 0 || fraction != 0) {
    if (micros < 0) *p++ = '-';
    p = fmt::format_to(p, "{}", std::abs(seconds % 60));
    if (fraction != 0) {
      p = fmt::format_to(p, ".{:06}", std::abs(fraction));
      while (p[-1] == '0') --p;
    }
    *p++ = 'S';
  }
  return static_cast<size_t>(p - to);
}

}  // namespace tidemark::postgres
