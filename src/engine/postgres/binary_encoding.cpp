#include "engine/postgres/binary_encoding.h"

#include <arpa/inet.h>

#include <limits>

#include "engine/postgres/numeric_encoding.h"
#include "engine/postgres/text_encoding.h"

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

Encoded encode_numeric(const Value& value, ByteBuffer& out) {
  return sized(out, [&] {
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

Encoded encode_text(const ColumnCodec& codec, const Value& value, ByteBuffer& out) {
  const ValueKind kind = value.kind();
  if (kind != ValueKind::text && kind != ValueKind::json && kind != ValueKind::other) return Encoded::wrong_kind;
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
    case WireType::json:
    case WireType::jsonb: return encode_text(codec, value, out);
    case WireType::numeric: return encode_numeric(value, out);
    case WireType::date:
    case WireType::timestamp:
    case WireType::timestamptz: return encode_civil(codec, value, out);
    case WireType::float4:
    case WireType::float8: return encode_float(codec, value, out);
    case WireType::boolean: return encode_boolean(value, out);
    case WireType::time:
    case WireType::interval: return encode_time(codec, value, out);
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
