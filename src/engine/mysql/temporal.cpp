#include "engine/mysql/temporal.h"

#include <fmt/format.h>

namespace tidemark::mysql {

namespace {

constexpr int64_t kMicrosPerSecond = 1000000;
constexpr uint32_t kScale[] = {1000000, 10000, 100, 1};                         // of a fraction of 0, 1, 2, 3 bytes, in microseconds
constexpr uint32_t kUnitMicros[] = {1000000, 100000, 10000, 1000, 100, 10, 1};  // of the last of 0 to 6 digits
constexpr uint32_t kHoursMax = 838;                                             // of TIME

uint64_t big_endian(const char* p, size_t n) {
  uint64_t v = 0;
  for (size_t i = 0; i < n; ++i) v = v << 8 | static_cast<uint8_t>(p[i]);
  return v;
}

/// Microseconds; -1: out of range.
int64_t time_of_day(uint64_t hour, uint64_t minute, uint64_t second, uint32_t hours_max) {
  if (hour > hours_max || minute > 59 || second > 59) return -1;
  return static_cast<int64_t>(hour * 3600 + minute * 60 + second) * kMicrosPerSecond;
}

/// The same of hhhhh'mmmmmm'ssssss bits.
int64_t time_of_day(uint32_t hms, uint32_t hours_max) { return time_of_day(hms >> 12, hms >> 6 & 63, hms & 63, hours_max); }

/// A DATETIME of parts, if there is such a one.
bool civil_value(uint64_t year, uint64_t month, uint64_t day, int64_t micros, uint8_t fsp, Value& out) {
  if (year > 9999 || month > 12 || day > 31) return false;
  Civil civil;
  civil.year = static_cast<int32_t>(year);
  civil.month = static_cast<uint8_t>(month);
  civil.day = static_cast<uint8_t>(day);
  civil.micros = micros;
  out = Value::datetime(civil, fsp);
  return true;
}

size_t print_fraction(int64_t micros, uint8_t fsp, char* out) {
  if (fsp == 0) return 0;
  auto rest = static_cast<uint32_t>(micros % kMicrosPerSecond);
  *out = '.';
  uint32_t unit = 100000;
  for (uint8_t i = 1; i <= fsp; ++i, unit /= 10) out[i] = static_cast<char>('0' + rest / unit % 10);
  return fsp + 1u;
}

}  // namespace

Value date_value(uint32_t packed) {
  return Value::date(static_cast<int32_t>(packed >> 9), static_cast<uint8_t>(packed >> 5 & 15), static_cast<uint8_t>(packed & 31));
}

Value timestamp_value(uint32_t seconds, uint32_t micros, uint8_t fsp) {
  if (seconds == 0 && micros == 0) return Value::timestamp(Civil{}, fsp);
  Civil civil = civil_from_days(seconds / 86400);
  civil.micros = static_cast<int64_t>(seconds % 86400) * kMicrosPerSecond + micros;
  return Value::timestamp(civil, fsp);
}

bool old_datetime_value(uint64_t digits, Value& out) {
  const uint64_t date = digits / 1000000, time = digits % 1000000;
  const int64_t micros = time_of_day(time / 10000, time / 100 % 100, time % 100, 23);
  if (micros < 0) return false;
  return civil_value(date / 10000, date / 100 % 100, date % 100, micros, 0, out);
}

bool old_time_value(uint32_t digits, Value& out) {
  auto v = static_cast<int32_t>(digits << 8) >> 8;  // 24 bits, signed
  auto magnitude = static_cast<uint64_t>(v < 0 ? -v : v);
  const int64_t micros = time_of_day(magnitude / 10000, magnitude / 100 % 100, magnitude % 100, kHoursMax);
  out = Value::time(v < 0 ? -micros : micros, 0);
  return micros >= 0;
}

bool mariadb_timestamp_value(const char* bytes, uint8_t fsp, Value& out) {
  auto seconds = static_cast<uint32_t>(big_endian(bytes, 4));
  const uint64_t micros = big_endian(bytes + 4, fraction_bytes(fsp)) * kUnitMicros[fsp];
  if (micros >= kMicrosPerSecond) return false;
  out = timestamp_value(seconds, static_cast<uint32_t>(micros), fsp);
  return true;
}

bool mariadb_datetime_value(const char* bytes, uint8_t fsp, Value& out) {
  uint64_t left = big_endian(bytes, mariadb_datetime_bytes(fsp));
  const auto next = [&left](uint64_t many) {
    const uint64_t part = left % many;
    left /= many;
    return part;
  };
  auto micros = static_cast<int64_t>(next(kMicrosPerSecond / kUnitMicros[fsp]) * kUnitMicros[fsp]);
  const uint64_t second = next(60), minute = next(60), hour = next(24), day = next(32), month = next(13);
  return civil_value(left, month, day, time_of_day(hour, minute, second, 23) + micros, fsp, out);
}

bool mariadb_time_value(const char* bytes, uint8_t fsp, Value& out) {
  // counted from the lowest time, -838:59:59.999..
  constexpr int64_t kZeroSeconds = int64_t{kHoursMax + 1} * 3600;
  const auto per_second = static_cast<int64_t>(kMicrosPerSecond / kUnitMicros[fsp]);
  const int64_t units = static_cast<int64_t>(big_endian(bytes, mariadb_time_bytes(fsp))) - kZeroSeconds * per_second;
  if (units <= -kZeroSeconds * per_second || units >= kZeroSeconds * per_second) return false;
  out = Value::time(units * kUnitMicros[fsp], fsp);
  return true;
}

bool timestamp2_value(const char* bytes, uint8_t fsp, Value& out) {
  size_t fraction = fraction_bytes(fsp);
  auto seconds = static_cast<uint32_t>(big_endian(bytes, 4));
  auto micros = static_cast<uint32_t>(big_endian(bytes + 4, fraction)) * kScale[fraction];
  if (micros >= kMicrosPerSecond) return false;
  out = timestamp_value(seconds, micros, fsp);
  return true;
}

bool datetime2_value(const char* bytes, uint8_t fsp, Value& out) {
  constexpr uint64_t kOffset = 0x8000000000;
  size_t fraction = fraction_bytes(fsp);
  uint64_t packed = big_endian(bytes, 5);
  if (packed < kOffset) return false;
  packed -= kOffset;
  auto ymd = static_cast<uint32_t>(packed >> 17);
  uint32_t ym = ymd >> 5;
  int64_t time = time_of_day(static_cast<uint32_t>(packed & 0x1FFFF), 23);
  auto micros = static_cast<int64_t>(big_endian(bytes + 5, fraction)) * kScale[fraction];
  if (time < 0 || micros >= kMicrosPerSecond) return false;
  Civil civil;
  civil.year = static_cast<int32_t>(ym / 13);
  civil.month = static_cast<uint8_t>(ym % 13);
  civil.day = static_cast<uint8_t>(ymd & 31);
  civil.micros = time + micros;
  out = Value::datetime(civil, fsp);
  return true;
}

bool time2_value(const char* bytes, uint8_t fsp, Value& out) {
  // The whole with its fraction is one offset number; a negative time is the negated one, so the fraction borrows.
  size_t fraction = fraction_bytes(fsp);
  auto packed = static_cast<int64_t>(big_endian(bytes, 3 + fraction)) - (int64_t{0x800000} << (8 * fraction));
  bool negative = packed < 0;
  if (negative) packed = -packed;
  auto hms = static_cast<uint32_t>(packed >> (8 * fraction));
  int64_t micros = (packed & ((int64_t{1} << (8 * fraction)) - 1)) * kScale[fraction];
  int64_t time = time_of_day(hms, 1023);
  if (time < 0 || (fraction != 0 && micros >= kMicrosPerSecond)) return false;
  if (fraction != 0) time += micros;
  out = Value::time(negative ? -time : time, fsp);
  return true;
}

std::string_view print_date(const Civil& civil, char (&out)[32]) {
  auto end = fmt::format_to_n(out, sizeof out, "{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
  return {out, end.size};
}

std::string_view print_datetime(const Civil& civil, uint8_t fsp, char (&out)[32]) {
  auto seconds = civil.micros / kMicrosPerSecond;
  auto end = fmt::format_to_n(out, sizeof out, "{:04}-{:02}-{:02} {:02}:{:02}:{:02}", civil.year, civil.month, civil.day, seconds / 3600,
                              seconds / 60 % 60, seconds % 60);
  return {out, end.size + print_fraction(civil.micros, fsp, out + end.size)};
}

std::string_view print_time(int64_t micros, uint8_t fsp, char (&out)[32]) {
  int64_t magnitude = micros < 0 ? -micros : micros;
  auto seconds = magnitude / kMicrosPerSecond;
  auto end =
      fmt::format_to_n(out, sizeof out, "{}{:02}:{:02}:{:02}", micros < 0 ? "-" : "", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return {out, end.size + print_fraction(magnitude, fsp, out + end.size)};
}

}  // namespace tidemark::mysql
