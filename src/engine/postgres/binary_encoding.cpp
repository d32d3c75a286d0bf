#include "engine/postgres/binary_encoding.h"

#include <arpa/inet.h>

#include <limits>

#include "engine/postgres/interval_encoding.h"
#include "engine/postgres/numeric_encoding.h"
#include "engine/postgres/numeric_range.h"
#include "engine/postgres/text_encoding.h"
#include "engine/postgres/value_text.h"

namespace tidemark::postgres {
namespace {

void put_null(ByteBuffer& out) {
  out.reserve_more(4);
  out.put32(0xffffffff);
}

/// Writes a length in front of what `append` writes; nothing at all when it fails.
template <typename Append>
Encoded sized(ByteBuffer& out, Append append) {
  out.reserve_more(4);
  const size_t at = out.size();
  out.put32(0);
  Encoded result = append();
  if (is_fault(result)) return out.truncate(at), result;
  const size_t size = out.size() - at - 4;
  if (size > static_cast<size_t>(std::numeric_limits<int32_t>::max())) return out.truncate(at), Encoded::out_of_range;
  out.patch32(at, static_cast<uint32_t>(size));
  return result;
}

template <typename Int>
bool in_range(const Value& value) {
  if (value.kind() == ValueKind::uint64) return value.uint64() <= static_cast<uint64_t>(std::numeric_limits<Int>::max());
  return value.int64() >= std::numeric_limits<Int>::min() && value.int64() <= std::numeric_limits<Int>::max();
}

bool is_integer(const Value& value) {
  return value.kind() == ValueKind::int64 || value.kind() == ValueKind::uint64 || value.kind() == ValueKind::boolean;
}

Encoded encode_int(const ColumnCodec& codec, const Value& value, ByteBuffer& out) {
  if (!is_integer(value)) return Encoded::wrong_kind;
  out.reserve_more(12);
  switch (codec.wire) {
    case WireType::int2:
      if (!in_range<int16_t>(value)) return Encoded::out_of_range;
      out.put32(2);
      out.put_signed16(static_cast<int16_t>(value.int64()));
      return Encoded::ok;
    case WireType::int4:
      if (!in_range<int32_t>(value)) return Encoded::out_of_range;
      out.put32(4);
      out.put_signed32(static_cast<int32_t>(value.int64()));
      return Encoded::ok;
    default:
      if (!in_range<int64_t>(value)) return Encoded::out_of_range;
      out.put32(8);
      out.put_signed64(value.int64());
      return Encoded::ok;
  }
}

bool exceeds(const ColumnCodec& codec, const Value& value) {
  if (codec.modifier < 0) return false;
  if (value.kind() == ValueKind::decimal) return !numeric_fits(value.bytes(), codec.modifier);
  return !numeric_fits(value_text(value, 0), codec.modifier);
}

Encoded encode_numeric(const ColumnCodec& codec, const Value& value, ByteBuffer& out) {
  return sized(out, [&] {
    if (exceeds(codec, value)) return Encoded::out_of_range;
    if (value.kind() == ValueKind::decimal) return append_numeric(value.bytes(), out) ? Encoded::ok : Encoded::malformed;
    if (value.kind() == ValueKind::uint64) return append_numeric(value.uint64(), false, out), Encoded::ok;
    if (!is_integer(value)) return Encoded::wrong_kind;
    const int64_t v = value.int64();
    append_numeric(v < 0 ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v), v < 0, out);
    return Encoded::ok;
  });
}

Encoded encode_boolean(const Value& value, ByteBuffer& out) {
  uint64_t v = 0;
  if (is_integer(value))
    v = value.uint64();
  else if (value.kind() == ValueKind::bits && value.bytes().size() == 1)
    v = static_cast<uint8_t>(value.bytes()[0]);
  else
    return Encoded::wrong_kind;
  if (v > 1) return Encoded::out_of_range;
  out.reserve_more(5);
  out.put32(1);
  out.put8(static_cast<uint8_t>(v));
  return Encoded::ok;
}

Encoded encode_float(const ColumnCodec& codec, const Value& value, ByteBuffer& out) {
  out.reserve_more(12);
  if (codec.wire == WireType::float4) {
    if (value.kind() != ValueKind::float32) return Encoded::wrong_kind;
    out.put32(4);
    out.put32(std::bit_cast<uint32_t>(value.float32()));
    return Encoded::ok;
  }
  if (value.kind() != ValueKind::float32 && value.kind() != ValueKind::float64) return Encoded::wrong_kind;
  out.put32(8);
  out.put64(std::bit_cast<uint64_t>(value.kind() == ValueKind::float32 ? static_cast<double>(value.float32()) : value.float64()));
  return Encoded::ok;
}

/// Dates and times of day. Each day that MySQL has, PostgreSQL has too; zero and partial dates are no days.
Encoded encode_civil(const ColumnCodec& codec, const Value& value, ByteBuffer& out) {
  const ValueKind kind = value.kind();
  if (kind != ValueKind::date && kind != ValueKind::datetime && kind != ValueKind::timestamp) return Encoded::wrong_kind;
  if ((kind == ValueKind::date) != (codec.wire == WireType::date)) return Encoded::wrong_kind;
  const Civil c = value.civil();
  if (is_infinite(c)) {
    const bool is_date = codec.wire == WireType::date, negative = c.year < 0;
    out.reserve_more(12);
    out.put32(is_date ? 4 : 8);
    if (is_date)
      out.put_signed32(negative ? std::numeric_limits<int32_t>::min() : std::numeric_limits<int32_t>::max());
    else
      out.put_signed64(negative ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max());
    return Encoded::ok;
  }
  if (!is_real_date(c)) {
    if (codec.zero_date == ZeroDatePolicy::error || codec.in_key) return Encoded::zero_date;
    put_null(out);
    return Encoded::zero_date_as_null;
  }
  const int64_t days = days_from_civil(c.year, c.month, c.day) - kUnixToPostgresDays;
  out.reserve_more(12);
  if (codec.wire == WireType::date) {
    out.put32(4);
    out.put_signed32(static_cast<int32_t>(days));
  } else {
    out.put32(8);
    out.put_signed64(days * kMicrosPerDay + c.micros);
  }
  return Encoded::ok;
}

Encoded encode_time(const ColumnCodec& codec, const Value& value, ByteBuffer& out) {
  if (value.kind() != ValueKind::time) return Encoded::wrong_kind;
  out.reserve_more(20);
  if (codec.wire == WireType::time) {
    if (value.int64() < 0 || value.int64() > kMicrosPerDay) return Encoded::out_of_range;
    out.put32(8);
    out.put_signed64(value.int64());
    return Encoded::ok;
  }
  out.put32(16);
  out.put_signed64(value.int64());  // microseconds; hours are not folded into days, which are not always 24 hours
  out.put32(0);                     // days
  out.put32(0);                     // months
  return Encoded::ok;
}

Encoded encode_interval(const Value& value, ByteBuffer& out) {
  if (value.kind() != ValueKind::interval) return Encoded::wrong_kind;
  const std::optional<Interval> interval = parse_interval(value.bytes());
  if (!interval) return Encoded::malformed;
  out.reserve_more(20);
  out.put32(16);
  out.put_signed64(interval->micros);
  out.put_signed32(interval->days);
  out.put_signed32(interval->months);
  return Encoded::ok;
}

/// Hundredths, as everywhere with lc_monetary C.
Encoded encode_money(const Value& value, ByteBuffer& out) {
  if (value.kind() != ValueKind::decimal) return Encoded::wrong_kind;
  std::string_view text = value.bytes();
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  if (point == std::string_view::npos || text.size() - point != 3) return Encoded::malformed;
  int64_t cents = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == point) continue;
    if (text[i] < '0' || text[i] > '9') return Encoded::malformed;
    // downwards, since the smallest number has no positive counterpart
    if (__builtin_mul_overflow(cents, int64_t{10}, &cents) || __builtin_sub_overflow(cents, int64_t{text[i] - '0'}, &cents))
      return Encoded::out_of_range;
  }
  if (!negative && __builtin_sub_overflow(int64_t{0}, cents, &cents)) return Encoded::out_of_range;
  out.reserve_more(12);
  out.put32(8);
  out.put_signed64(cents);
  return Encoded::ok;
}

/// PostgreSQL's bits are left-aligned, ours right-aligned.
Encoded encode_bits(const ColumnCodec& codec, const Value& value, ByteBuffer& out) {
  if (value.kind() != ValueKind::bits) return Encoded::wrong_kind;
  const std::string_view bytes = value.bytes();
  const size_t width = codec.bits ? codec.bits : bytes.size() * 8;
  const size_t size = (width + 7) / 8;
  if (bytes.size() != size) return Encoded::malformed;
  const unsigned shift = static_cast<unsigned>(size * 8 - width);
  out.reserve_more(8 + size);
  out.put32(static_cast<uint32_t>(4 + size));
  out.put32(static_cast<uint32_t>(width));
  for (size_t i = 0; i < size; ++i) {
    unsigned pair = static_cast<unsigned>(static_cast<uint8_t>(bytes[i])) << 8;
    if (i + 1 < size) pair |= static_cast<uint8_t>(bytes[i + 1]);
    out.put8(static_cast<uint8_t>(pair << shift >> 8));
  }
  return Encoded::ok;
}

Encoded encode_inet(const Value& value, ByteBuffer& out) {
  unsigned char address[16];
  size_t size = 0;
  const std::string bytes(value.bytes());
  if (value.kind() == ValueKind::bytes) {
    size = bytes.size();
    if (size != 4 && size != 16) return Encoded::malformed;
    std::memcpy(address, bytes.data(), size);
  } else if (value.kind() == ValueKind::text || value.kind() == ValueKind::other) {
    if (inet_pton(AF_INET, bytes.c_str(), address) == 1)
      size = 4;
    else if (inet_pton(AF_INET6, bytes.c_str(), address) == 1)
      size = 16;
    else
      return Encoded::malformed;
  } else {
    return Encoded::wrong_kind;
  }
  out.reserve_more(8 + size);
  out.put32(static_cast<uint32_t>(4 + size));
  out.put8(size == 4 ? 2 : 3);  // PGSQL_AF_INET, PGSQL_AF_INET6
  out.put8(static_cast<uint8_t>(size * 8));
  out.put8(0);  // not a cidr
  out.put8(static_cast<uint8_t>(size));
  out.put_bytes({reinterpret_cast<const char*>(address), size});
  return Encoded::ok;
}

Encoded encode_vector(const Value& value, ByteBuffer& out) {
  if (value.kind() != ValueKind::vector) return Encoded::wrong_kind;
  const std::string_view bytes = value.bytes();
  const size_t count = bytes.size() / 4;
  if (bytes.size() % 4 != 0) return Encoded::malformed;
  out.reserve_more(24 + 8 * count);
  out.put32(static_cast<uint32_t>(count == 0 ? 12 : 20 + 8 * count));
  out.put32(count == 0 ? 0 : 1);  // dimensions
  out.put32(0);                   // no NULL among the items
  out.put32(700);                 // float4
  if (count == 0) return Encoded::ok;
  out.put32(static_cast<uint32_t>(count));
  out.put32(1);  // lower bound
  for (size_t i = 0; i < count; ++i) {
    uint32_t item;
    std::memcpy(&item, bytes.data() + 4 * i, 4);
    out.put32(4);
    out.put32(item);
  }
  return Encoded::ok;
}

size_t character_count(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += (static_cast<uint8_t>(c) & 0xc0) != 0x80 ? 1 : 0;
  return count;
}

Encoded encode_text(const ColumnCodec& codec, const Value& value, ByteBuffer& out) {
  if (value.kind() == ValueKind::vector) return Encoded::wrong_kind;
  if (!is_text_itself(value.kind())) {
    const std::string text = value_text(value, codec.bits);
    return encode_text(codec, Value::of_bytes(ValueKind::text, text), out);
  }
  if (codec.characters > 0 && character_count(value.bytes()) > codec.characters) return Encoded::out_of_range;
  const bool strip = codec.nul_character == NulPolicy::strip;
  return sized(out, [&] {
    return codec.wire == WireType::jsonb ? append_jsonb(value.bytes(), strip, out) : append_text(value.bytes(), strip, out);
  });
}

Encoded encode_bytes(const Value& value, ByteBuffer& out, bool allowed) {
  if (!allowed) return Encoded::wrong_kind;
  const std::string_view bytes = value.bytes();
  if (bytes.size() > (1u << 30) - 8192) return Encoded::out_of_range;  // a field holds less than 1 GB
  out.reserve_more(4 + bytes.size());
  out.put32(static_cast<uint32_t>(bytes.size()));
  out.put_bytes(bytes);
  return Encoded::ok;
}

}  // namespace

Encoded encode_field(const ColumnCodec& codec, const Value& value, ByteBuffer& out) {
  if (value.is_null()) return put_null(out), Encoded::ok;
  if (value.is_absent()) return Encoded::absent;
  switch (codec.wire) {
    case WireType::int2:
    case WireType::int4:
    case WireType::int8: return encode_int(codec, value, out);
    case WireType::text:
    case WireType::cast:
    case WireType::json:
    case WireType::jsonb: return encode_text(codec, value, out);
    case WireType::numeric: return encode_numeric(codec, value, out);
    case WireType::date:
    case WireType::timestamp:
    case WireType::timestamptz: return encode_civil(codec, value, out);
    case WireType::float4:
    case WireType::float8: return encode_float(codec, value, out);
    case WireType::boolean: return encode_boolean(value, out);
    case WireType::time:
    case WireType::interval: return value.kind() == ValueKind::interval ? encode_interval(value, out) : encode_time(codec, value, out);
    case WireType::money: return encode_money(value, out);
    case WireType::bytea: return encode_bytes(value, out, value.kind() == ValueKind::bytes || value.kind() == ValueKind::geometry);
    case WireType::uuid: return encode_bytes(value, out, value.kind() == ValueKind::uuid && value.bytes().size() == 16);
    case WireType::bit: return encode_bits(codec, value, out);
    case WireType::inet: return encode_inet(value, out);
    case WireType::float4_array: return encode_vector(value, out);
    case WireType::unsupported: break;
  }
  return Encoded::wrong_kind;
}

}  // namespace tidemark::postgres
