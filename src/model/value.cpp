#include "tidemark/value.h"

#include <bit>
#include <cstring>

namespace tidemark {

std::string_view kind_name(ValueKind kind) {
  switch (kind) {
    case ValueKind::absent: return "absent";
    case ValueKind::null: return "null";
    case ValueKind::boolean: return "boolean";
    case ValueKind::int64: return "int64";
    case ValueKind::uint64: return "uint64";
    case ValueKind::float32: return "float32";
    case ValueKind::float64: return "float64";
    case ValueKind::decimal: return "decimal";
    case ValueKind::text: return "text";
    case ValueKind::bytes: return "bytes";
    case ValueKind::date: return "date";
    case ValueKind::time: return "time";
    case ValueKind::datetime: return "datetime";
    case ValueKind::timestamp: return "timestamp";
    case ValueKind::interval: return "interval";
    case ValueKind::uuid: return "uuid";
    case ValueKind::json: return "json";
    case ValueKind::bits: return "bits";
    case ValueKind::array: return "array";
    case ValueKind::vector: return "vector";
    case ValueKind::geometry: return "geometry";
    case ValueKind::other: return "other";
  }
  return "other";
}

Value Value::float32(float v) { return of_int(ValueKind::float32, std::bit_cast<int32_t>(v)); }
Value Value::float64(double v) { return of_int(ValueKind::float64, std::bit_cast<int64_t>(v)); }
float Value::float32() const { return std::bit_cast<float>(static_cast<int32_t>(data_.i)); }
double Value::float64() const { return std::bit_cast<double>(data_.i); }

bool operator==(const Value& a, const Value& b) {
  if (a.kind_ != b.kind_) return false;
  if (a.has_bytes()) return a.bytes() == b.bytes();
  return a.data_.i == b.data_.i && a.size_ == b.size_ && a.month_ == b.month_ && a.day_ == b.day_;
}

// Both algorithms: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
int64_t days_from_civil(int32_t year, unsigned month, unsigned day) {
  int64_t y = int64_t{year} - (month <= 2 ? 1 : 0);
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  auto yoe = static_cast<unsigned>(y - era * 400);
  unsigned doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<int64_t>(doe) - 719468;
}

Civil civil_from_days(int64_t days) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  auto doe = static_cast<unsigned>(days - era * 146097);
  unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t y = static_cast<int64_t>(yoe) + era * 400;
  unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  unsigned mp = (5 * doy + 2) / 153;
  unsigned day = doy - (153 * mp + 2) / 5 + 1;
  unsigned month = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<int32_t>(y + (month <= 2 ? 1 : 0)), static_cast<uint8_t>(month), static_cast<uint8_t>(day), 0};
}

bool is_real_date(const Civil& c) {
  if (c.month < 1 || c.month > 12 || c.day < 1) return false;
  constexpr uint8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = c.year % 4 == 0 && (c.year % 100 != 0 || c.year % 400 == 0);
  return c.day <= kDays[c.month - 1] + (leap && c.month == 2 ? 1 : 0);
}

}  // namespace tidemark
