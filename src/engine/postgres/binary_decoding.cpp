#include "engine/postgres/binary_decoding.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>

#include "base/byte_cursor.h"
#include "engine/postgres/binary_encoding.h"
#include "engine/postgres/moment_text.h"
#include "engine/postgres/numeric_encoding.h"
#include "engine/postgres/value_text.h"
#include "model/json_canonical.h"
#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

using MaybeValue = std::optional<Value>;

Value integer_value(const Column& column, int64_t v) {
  if (column.kind == ValueKind::boolean) return Value::boolean(v != 0);
  return column.kind == ValueKind::uint64 ? Value::uint64(static_cast<uint64_t>(v)) : Value::int64(v);
}

MaybeValue decode_number(const Column& column, WireType wire, std::string_view field, Arena& arena) {
  ByteCursor in(field);
  switch (wire) {
    case WireType::boolean:
      return column.kind == ValueKind::bits ? Value::of_bytes(ValueKind::bits, arena.copy(field)) : integer_value(column, in.u8());
    case WireType::int2: return integer_value(column, static_cast<int16_t>(in.big(2)));
    case WireType::int4: return integer_value(column, static_cast<int32_t>(in.big(4)));
    case WireType::int8: return integer_value(column, static_cast<int64_t>(in.big(8)));
    case WireType::float4: {
      float v = std::bit_cast<float>(static_cast<uint32_t>(in.big(4)));
      return Value::float32(v);
    }
    case WireType::float8: {
      double v = std::bit_cast<double>(in.big(8));
      return column.kind == ValueKind::float32 ? Value::float32(static_cast<float>(v)) : Value::float64(v);
    }
    default: break;
  }
  const bool own_scale = column.kind == ValueKind::decimal && column.family == TypeFamily::postgres && column.length == 0;
  auto text = numeric_text(field, own_scale ? -1 : column.kind == ValueKind::decimal ? column.scale : 0);
  if (!text || (column.kind != ValueKind::decimal && !text->empty() && text->back() > '9')) return std::nullopt;
  if (column.kind == ValueKind::decimal) return Value::of_bytes(ValueKind::decimal, arena.copy(*text));
  bool negative = (*text)[0] == '-';
  uint64_t magnitude = 0;
  for (char c : std::string_view(*text).substr(negative ? 1 : 0)) magnitude = magnitude * 10 + static_cast<uint64_t>(c - '0');
  return integer_value(column, static_cast<int64_t>(negative ? 0 - magnitude : magnitude));
}

MaybeValue decode_moment(const Column& column, WireType wire, std::string_view field) {
  ByteCursor in(field);
  if (wire == WireType::date) {
    const auto days = static_cast<int32_t>(in.big(4));
    if (days == std::numeric_limits<int32_t>::max()) return Value::date(kInfinityYear, 1, 1);
    if (days == std::numeric_limits<int32_t>::min()) return Value::date(-kInfinityYear, 1, 1);
    Civil c = civil_from_days(days + kUnixToPostgresDays);
    return Value::date(c.year, c.month, c.day);
  }
  auto micros = static_cast<int64_t>(in.big(8));
  if (wire == WireType::time) return Value::time(micros, column.scale);
  if (wire == WireType::interval) {
    auto days = static_cast<int32_t>(in.big(4));
    auto months = static_cast<int32_t>(in.big(4));
    return Value::time(micros + (days + 30LL * months) * kMicrosPerDay, column.scale);
  }
  int64_t days = micros / kMicrosPerDay, of_day = micros % kMicrosPerDay;
  if (of_day < 0) --days, of_day += kMicrosPerDay;
  Civil c = civil_from_days(days + kUnixToPostgresDays);
  c.micros = of_day;
  if (micros == std::numeric_limits<int64_t>::max()) c = {kInfinityYear, 1, 1, 0};
  if (micros == std::numeric_limits<int64_t>::min()) c = {-kInfinityYear, 1, 1, 0};
  return column.kind == ValueKind::timestamp ? Value::timestamp(c, column.scale) : Value::datetime(c, column.scale);
}

MaybeValue decode_interval(std::string_view field, Arena& arena) {
  ByteCursor in(field);
  const auto micros = static_cast<int64_t>(in.big(8));
  const auto days = static_cast<int32_t>(in.big(4)), months = static_cast<int32_t>(in.big(4));
  char text[kIntervalTextMax];
  return Value::of_bytes(ValueKind::interval, arena.copy({text, print_interval(months, days, micros, text)}));
}

MaybeValue decode_money(std::string_view field, Arena& arena) {
  const auto cents = static_cast<int64_t>(ByteCursor(field).big(8));
  const uint64_t size = cents < 0 ? 0 - static_cast<uint64_t>(cents) : static_cast<uint64_t>(cents);
  return Value::of_bytes(ValueKind::decimal, arena.copy(fmt::format("{}{}.{:02}", cents < 0 ? "-" : "", size / 100, size % 100)));
}

/// Text of a column whose values are not text at the source: numbers can be keys, so they come back as what they were.
MaybeValue decode_text(const Column& column, std::string_view field, Arena& arena) {
  if (column.kind == ValueKind::int64) {
    int64_t v = 0;
    auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), v);
    if (error == std::errc() && end == field.data() + field.size()) return Value::int64(v);
  }
  if (column.kind == ValueKind::uint64) {
    uint64_t v = 0;
    auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), v);
    if (error == std::errc() && end == field.data() + field.size()) return Value::uint64(v);
  }
  return Value::of_bytes(is_text_itself(column.kind) ? column.kind : ValueKind::text, arena.copy(field));
}

/// PostgreSQL's own jsonb is printed by both servers in one form; anything else is brought into one.
MaybeValue decode_jsonb(const Column& column, std::string_view field, Arena& arena) {
  if (field.empty()) return std::nullopt;
  field.remove_prefix(1);
  if (column.family == TypeFamily::postgres && column.native_type == "jsonb") return Value::of_bytes(column.kind, arena.copy(field));
  auto json = canonical_json(field);
  if (!json) return std::nullopt;
  return Value::of_bytes(column.kind, arena.copy(*json));
}

MaybeValue decode_bits(std::string_view field, Arena& arena) {
  ByteCursor in(field);
  const auto width = static_cast<size_t>(in.big(4));
  const size_t size = (width + 7) / 8;
  if (in.failed() || in.left() != size) return std::nullopt;
  const auto shift = static_cast<unsigned>(size * 8 - width);
  const char* from = in.here();
  char* to = arena.allocate(size);
  for (size_t i = size; i-- > 0;) {
    unsigned pair = static_cast<uint8_t>(from[i]);
    if (i > 0) pair |= static_cast<unsigned>(static_cast<uint8_t>(from[i - 1])) << 8;
    to[i] = static_cast<char>(pair >> shift);
  }
  return Value::of_bytes(ValueKind::bits, {to, size});
}

MaybeValue decode_inet(const Column& column, std::string_view field, Arena& arena) {
  if (field.size() != 8 && field.size() != 20) return std::nullopt;
  if (column.kind == ValueKind::bytes) return Value::of_bytes(ValueKind::bytes, arena.copy(field.substr(4)));
  char text[INET6_ADDRSTRLEN];
  if (!inet_ntop(field.size() == 8 ? AF_INET : AF_INET6, field.data() + 4, text, sizeof text)) return std::nullopt;
  return Value::of_bytes(column.kind, arena.copy(text));
}

MaybeValue decode_vector(std::string_view field, Arena& arena) {
  ByteCursor in(field);
  const uint64_t dimensions = in.big(4);
  in.skip(8);
  size_t count = 0;
  if (dimensions == 1) {
    count = static_cast<size_t>(in.big(4));
    in.skip(4);
  }
  if (in.failed() || dimensions > 1 || in.left() != 8 * count) return std::nullopt;
  char* to = arena.allocate(4 * count + 1);
  for (size_t i = 0; i < count; ++i) {
    if (in.big(4) != 4) return std::nullopt;
    auto item = static_cast<uint32_t>(in.big(4));
    std::memcpy(to + 4 * i, &item, 4);
  }
  return Value::of_bytes(ValueKind::vector, {to, 4 * count});
}

MaybeValue decode(const Column& column, const SinkType& type, std::string_view field, Arena& arena) {
  switch (type.wire) {
    case WireType::jsonb: return decode_jsonb(column, field, arena);
    case WireType::text:
    case WireType::cast:
      if (type.is_blank_padded && column.family == TypeFamily::mysql) field = field.substr(0, field.find_last_not_of(' ') + 1);
      return decode_text(column, field, arena);
    case WireType::money: return decode_money(field, arena);
    case WireType::json:
    case WireType::bytea:
    case WireType::uuid: return Value::of_bytes(column.kind, arena.copy(field));
    case WireType::date:
    case WireType::time:
    case WireType::timestamp:
    case WireType::timestamptz:
    case WireType::interval:
      if (column.kind == ValueKind::interval) return decode_interval(field, arena);
      return decode_moment(column, type.wire, field);
    case WireType::bit: return decode_bits(field, arena);
    case WireType::inet: return decode_inet(column, field, arena);
    case WireType::float4_array: return decode_vector(field, arena);
    case WireType::unsupported: return std::nullopt;
    default: return decode_number(column, type.wire, field, arena);
  }
}

/// Bytes that a value of a fixed-width type has; 0: any number.
size_t fixed_size(WireType wire) {
  switch (wire) {
    case WireType::boolean: return 1;
    case WireType::int2: return 2;
    case WireType::int4:
    case WireType::float4:
    case WireType::date: return 4;
    case WireType::int8:
    case WireType::money:
    case WireType::float8:
    case WireType::time:
    case WireType::timestamp:
    case WireType::timestamptz: return 8;
    case WireType::interval:
    case WireType::uuid: return 16;
    default: return 0;
  }
}

}  // namespace

Value decode_field(const Column& column, const SinkType& type, std::string_view field, Arena& arena) {
  MaybeValue value;
  if (fixed_size(type.wire) == 0 || fixed_size(type.wire) == field.size()) value = decode(column, type, field, arena);
  if (!value) {
    throw Error(ErrorKind::data, fmt::format("reading column {}", column.name),
                fmt::format("a value of type {} cannot be read back", type.sql));
  }
  return *value;
}

}  // namespace tidemark::postgres
