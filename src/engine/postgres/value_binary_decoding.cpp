// The binary half of FieldDecoder.
#include <bit>
#include <cmath>
#include <limits>

#include "base/byte_cursor.h"
#include "engine/postgres/binary_encoding.h"
#include "engine/postgres/byte_buffer.h"
#include "engine/postgres/moment_text.h"
#include "engine/postgres/numeric_encoding.h"
#include "engine/postgres/value_decoding.h"

namespace tidemark::postgres {
namespace {

template <typename Int>
Int load_big(const char* p) {
  Int v;
  std::memcpy(&v, p, sizeof v);
  return to_big(v);
}

bool integer_field(std::string_view field, int64_t& out) {
  switch (field.size()) {
    case 2: out = static_cast<int16_t>(load_big<uint16_t>(field.data())); return true;
    case 4: out = static_cast<int32_t>(load_big<uint32_t>(field.data())); return true;
    case 8: out = static_cast<int64_t>(load_big<uint64_t>(field.data())); return true;
    default: return false;
  }
}

/// A NaN has many forms in memory, and one text.
template <typename Float>
Float plain_nan(Float v) {
  return std::isnan(v) ? std::numeric_limits<Float>::quiet_NaN() : v;
}

bool date_field(std::string_view field, Value& out) {
  if (field.size() != 4) return false;
  const auto days = static_cast<int32_t>(load_big<uint32_t>(field.data()));
  if (days == INT32_MAX || days == INT32_MIN) {
    out = Value::date(days > 0 ? kInfinityYear : -kInfinityYear, 1, 1);
    return true;
  }
  const Civil c = civil_from_days(days + kUnixToPostgresDays);
  out = Value::date(c.year, c.month, c.day);
  return true;
}

bool moment_field(std::string_view field, Civil& out) {
  if (field.size() != 8) return false;
  const auto micros = static_cast<int64_t>(load_big<uint64_t>(field.data()));
  if (micros == INT64_MAX || micros == INT64_MIN) {
    out = {micros > 0 ? kInfinityYear : -kInfinityYear, 1, 1, 0};
    return true;
  }
  int64_t days = micros / kMicrosPerDay, of_day = micros % kMicrosPerDay;
  if (of_day < 0) --days, of_day += kMicrosPerDay;
  out = civil_from_days(days + kUnixToPostgresDays);
  out.micros = of_day;
  return true;
}

bool interval_field(std::string_view field, Value& out, Arena& arena) {
  if (field.size() != 16) return false;
  const auto micros = static_cast<int64_t>(load_big<uint64_t>(field.data()));
  const auto days = static_cast<int32_t>(load_big<uint32_t>(field.data() + 8));
  const auto months = static_cast<int32_t>(load_big<uint32_t>(field.data() + 12));
  char* const to = arena.allocate(kIntervalTextMax);
  const size_t size = print_interval(months, days, micros, to);
  arena.trim_last(to, kIntervalTextMax, size);
  out = Value::of_bytes(ValueKind::interval, {to, size});
  return true;
}

bool numeric_field(std::string_view field, int scale, Value& out, Arena& arena) {
  const size_t room = numeric_text_room(field, scale);
  if (room == 0) return false;
  // as the text form: a column with a scale has values of that scale only
  const uint16_t sign = load_big<uint16_t>(field.data() + 4), own_scale = load_big<uint16_t>(field.data() + 6);
  if (scale >= 0 && sign < 0xc000 && own_scale != scale) return false;
  char* const to = arena.allocate(room);
  const size_t size = print_numeric(field, scale, to);
  arena.trim_last(to, room, size);
  out = Value::of_bytes(ValueKind::decimal, {to, size});
  return size != 0;
}

/// PostgreSQL's bits are left-aligned, ours right-aligned.
bool bit_field(std::string_view field, uint32_t length, Value& out, Arena& arena) {
  if (field.size() < 4) return false;
  const size_t width = load_big<uint32_t>(field.data());
  const size_t size = (width + 7) / 8;
  if (field.size() - 4 != size || (length != 0 && width != length)) return false;
  const auto shift = static_cast<unsigned>(size * 8 - width);
  const char* const from = field.data() + 4;
  char* const to = arena.allocate(size);
  for (size_t i = size; i-- > 0;) {
    unsigned pair = static_cast<uint8_t>(from[i]);
    if (i > 0) pair |= static_cast<unsigned>(static_cast<uint8_t>(from[i - 1])) << 8;
    to[i] = static_cast<char>(pair >> shift);
  }
  out = Value::of_bytes(ValueKind::bits, {to, size});
  return true;
}

}  // namespace

bool FieldDecoder::binary(std::string_view field, Value& out, Arena& arena) const {
  switch (kind_) {
    case ValueKind::int64: {
      int64_t v = 0;
      if (!integer_field(field, v)) return false;
      out = Value::int64(v);
      return true;
    }
    case ValueKind::uint64:
      if (field.size() != 4) return false;
      out = Value::uint64(load_big<uint32_t>(field.data()));
      return true;
    case ValueKind::boolean:
      if (field.size() != 1 || static_cast<uint8_t>(field[0]) > 1) return false;
      out = Value::boolean(field[0] != 0);
      return true;
    case ValueKind::float32:
      if (field.size() != 4) return false;
      out = Value::float32(plain_nan(std::bit_cast<float>(load_big<uint32_t>(field.data()))));
      return true;
    case ValueKind::float64:
      if (field.size() != 8) return false;
      out = Value::float64(plain_nan(std::bit_cast<double>(load_big<uint64_t>(field.data()))));
      return true;
    case ValueKind::decimal: return numeric_field(field, scaled_ ? scale_ : -1, out, arena);
    case ValueKind::date: return date_field(field, out);
    case ValueKind::datetime:
    case ValueKind::timestamp: {
      Civil c;
      if (!moment_field(field, c)) return false;
      out = kind_ == ValueKind::timestamp ? Value::timestamp(c, scale_) : Value::datetime(c, scale_);
      return true;
    }
    case ValueKind::time: {
      if (field.size() != 8) return false;
      const auto micros = static_cast<int64_t>(load_big<uint64_t>(field.data()));
      out = Value::time(micros, scale_);
      return micros >= 0 && micros <= kMicrosPerDay;
    }
    case ValueKind::interval: return interval_field(field, out, arena);
    case ValueKind::bits: return bit_field(field, length_, out, arena);
    case ValueKind::uuid: out = Value::of_bytes(kind_, field); return field.size() == 16;
    case ValueKind::json:
      // jsonb: the version of its form, then text; no JSON text begins with that byte
      if (!field.empty() && field[0] == 1) field.remove_prefix(1);
      out = Value::of_bytes(kind_, field);
      return true;
    case ValueKind::text:
    case ValueKind::bytes: out = Value::of_bytes(kind_, field); return true;
    default: return false;
  }
}

}  // namespace tidemark::postgres
