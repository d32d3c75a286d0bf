// One value of a row, as decoded from a SELECT or from the log: the two give identical bytes (design rule "one value codec").
// Owned by nobody: a Value is 16 bytes and trivially copyable; the bytes it may point to live in an Arena.
// Any thread may read it while that arena lives. Nothing here fails.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark {

enum class ValueKind : uint8_t {
  absent,  // not in the row image (MINIMAL image, unchanged TOAST): unknown here, never NULL
  null,
  boolean,  // int64() is 0 or 1
  int64,
  uint64,  // columns declared UNSIGNED, whatever their width
  float32,
  float64,
  decimal,  // canonical text: optional '-', digits, '.', exactly `scale` fraction digits; never "-0". PostgreSQL also: "NaN", "Infinity",
            // "-Infinity"; a column without precision (Column::length 0) has as many fraction digits as the value was given
  text,     // UTF-8
  bytes,
  date,       // civil(): year, month, day; zero and partial dates are kept; 1 BC is year 0; kInfinityYear, -kInfinityYear: no date
  time,       // int64() is signed microseconds; may pass 24 h
  datetime,   // civil() without a zone
  timestamp,  // civil() in UTC; the zero timestamp has year 0, month 0, day 0
  interval,   // ISO 8601 text as PostgreSQL prints it (IntervalStyle iso_8601): "P1Y2M3DT4H5M6.7S"
  uuid,       // 16 bytes in text order
  json,       // JSON text, UTF-8, exactly as the source prints it
  bits,       // big-endian bytes, right-aligned; the column's length says how many bits
  array,      // PostgreSQL's text form: {1,NULL,"a b"}, with lower bounds where they are not 1: [0:1]={1,2}
  vector,     // little-endian float32 items
  geometry,   // 4 bytes little-endian SRID, then WKB (MySQL's storage form)
  other,      // text form of a type that we only pass on
};

/// Name of a kind for messages, status and `decode` output, e.g. "datetime".
std::string_view kind_name(ValueKind kind);

/// A date and time of day as stored: no zone, no normalisation, so 0000-00-00 and 2023-05-00 survive.
struct Civil {
  int32_t year = 0;
  uint8_t month = 0;
  uint8_t day = 0;
  int64_t micros = 0;  // of the day
  friend bool operator==(const Civil&, const Civil&) = default;
};
/// PostgreSQL's 'infinity' as a date, datetime or timestamp is {kInfinityYear, 1, 1, 0}, '-infinity' {-kInfinityYear, 1, 1, 0}.
inline constexpr int32_t kInfinityYear = INT32_MAX;
inline bool is_infinite(const Civil& c) { return c.year == kInfinityYear || c.year == -kInfinityYear; }

class Value {
 public:
  constexpr Value() = default;  // absent

  static constexpr Value absent() { return {}; }
  static constexpr Value null() { return of_int(ValueKind::null, 0); }
  static constexpr Value boolean(bool v) { return of_int(ValueKind::boolean, v ? 1 : 0); }
  static constexpr Value int64(int64_t v) { return of_int(ValueKind::int64, v); }
  static constexpr Value uint64(uint64_t v) { return of_int(ValueKind::uint64, static_cast<int64_t>(v)); }
  static Value float32(float v);
  static Value float64(double v);
  /// Signed microseconds; `fsp` is the column's number of fraction digits, 0..6.
  static constexpr Value time(int64_t micros, uint8_t fsp) { return of_int(ValueKind::time, micros, fsp); }
  static constexpr Value date(int32_t year, uint8_t month, uint8_t day) { return of_civil(ValueKind::date, {year, month, day, 0}, 0); }
  static constexpr Value datetime(const Civil& c, uint8_t fsp) { return of_civil(ValueKind::datetime, c, fsp); }
  static constexpr Value timestamp(const Civil& c, uint8_t fsp) { return of_civil(ValueKind::timestamp, c, fsp); }
  /// A kind whose payload is bytes: decimal, text, bytes, uuid, json, bits, vector, geometry, interval, array, other.
  /// The bytes are borrowed: they must live in the arena of the batch that holds the row. At most 4 GiB - 1.
  static constexpr Value of_bytes(ValueKind kind, std::string_view bytes) {
    Value v;
    v.kind_ = kind;
    v.size_ = static_cast<int32_t>(bytes.size());
    v.data_.p = bytes.data();
    return v;
  }

  constexpr ValueKind kind() const { return kind_; }
  constexpr bool is_absent() const { return kind_ == ValueKind::absent; }
  constexpr bool is_null() const { return kind_ == ValueKind::null; }
  /// Fraction digits of time, datetime and timestamp.
  constexpr uint8_t fsp() const { return fsp_; }

  constexpr int64_t int64() const { return data_.i; }
  constexpr uint64_t uint64() const { return static_cast<uint64_t>(data_.i); }
  float float32() const;
  double float64() const;
  constexpr Civil civil() const { return {size_, month_, day_, data_.i}; }
  constexpr std::string_view bytes() const { return {data_.p, static_cast<uint32_t>(size_)}; }
  /// True for the kinds whose payload is bytes (see of_bytes).
  constexpr bool has_bytes() const {
    switch (kind_) {
      case ValueKind::decimal:
      case ValueKind::text:
      case ValueKind::bytes:
      case ValueKind::uuid:
      case ValueKind::json:
      case ValueKind::bits:
      case ValueKind::vector:
      case ValueKind::geometry:
      case ValueKind::interval:
      case ValueKind::array:
      case ValueKind::other: return true;
      default: return false;
    }
  }

  /// Same kind and same stored bytes; fsp is ignored. -0.0 differs from 0.0. Absent equals only absent.
  friend bool operator==(const Value& a, const Value& b);

 private:
  static constexpr Value of_int(ValueKind kind, int64_t v, uint8_t fsp = 0) {
    Value r;
    r.kind_ = kind;
    r.fsp_ = fsp;
    r.data_.i = v;
    return r;
  }
  static constexpr Value of_civil(ValueKind kind, const Civil& c, uint8_t fsp) {
    Value r = of_int(kind, c.micros, fsp);
    r.month_ = c.month;
    r.day_ = c.day;
    r.size_ = c.year;
    return r;
  }

  ValueKind kind_ = ValueKind::absent;
  uint8_t fsp_ = 0;
  uint8_t month_ = 0;
  uint8_t day_ = 0;
  int32_t size_ = 0;  // length of bytes, or the year of a civil date
  union {
    int64_t i;
    const char* p;
  } data_ = {0};
};
static_assert(sizeof(Value) == 16);

/// Days since 1970-01-01 of a proleptic Gregorian date. Month and day must be real (not 0).
int64_t days_from_civil(int32_t year, unsigned month, unsigned day);
/// The inverse of days_from_civil.
Civil civil_from_days(int64_t days);
/// False for zero and partial dates and for days that the calendar does not have.
bool is_real_date(const Civil& c);

}  // namespace tidemark
