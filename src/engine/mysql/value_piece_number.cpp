// Numbers: integers, YEAR, FLOAT, DOUBLE, DECIMAL, BIT.
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/mysql/value_piece.h"

namespace tidemark::mysql {
namespace {

struct Integer {
  uint64_t magnitude = 0;
  bool negative = false;
};

/// A decimal text as an integer; fraction digits must be zeros.
Encoded integer_of_decimal(std::string_view text, Integer& out) {
  if (text == "NaN") return Encoded::not_a_number;
  if (text == "Infinity" || text == "-Infinity") return Encoded::infinite;
  text = without_zeros(text);
  if (text.find('.') != std::string_view::npos) return Encoded::digits_lost;
  out.negative = !text.empty() && text.front() == '-';
  if (out.negative) text.remove_prefix(1);
  const auto r = std::from_chars(text.data(), text.data() + text.size(), out.magnitude);
  if (r.ec == std::errc::result_out_of_range) return Encoded::out_of_range;
  return r.ec == std::errc() && r.ptr == text.data() + text.size() ? Encoded::ok : Encoded::malformed;
}

Encoded integer_of(const Value& value, Integer& out) {
  switch (value.kind()) {
    case ValueKind::boolean:
    case ValueKind::int64: {
      const int64_t v = value.int64();
      out = {v < 0 ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v), v < 0};
      return Encoded::ok;
    }
    case ValueKind::uint64: out = {value.uint64(), false}; return Encoded::ok;
    case ValueKind::decimal: return integer_of_decimal(value.bytes(), out);
    case ValueKind::bits:
      if (value.bytes().size() > 8) return Encoded::out_of_range;
      for (const char c : value.bytes()) out.magnitude = out.magnitude << 8 | static_cast<uint8_t>(c);
      return Encoded::ok;
    default: return Encoded::wrong_kind;
  }
}

std::string_view print(const Integer& v, TextRoom& room) {
  char* p = room.bytes;
  if (v.negative) *p++ = '-';
  const auto r = std::to_chars(p, room.bytes + sizeof room.bytes, v.magnitude);
  return {room.bytes, static_cast<size_t>(r.ptr - room.bytes)};
}

Encoded integer_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  Integer v;
  if (const Encoded e = integer_of(value, v); e != Encoded::ok) return e;
  const uint64_t limit = v.negative ? 0 - static_cast<uint64_t>(integer_min(codec.target)) : integer_max(codec.target);
  if (v.magnitude > limit) return Encoded::out_of_range;
  out = {Piece::Form::number, print(v, room.text)};
  return Encoded::ok;
}

Encoded year_piece(const Value& value, PieceRoom& room, Piece& out) {
  Integer v;
  if (const Encoded e = integer_of(value, v); e != Encoded::ok) return e;
  if (v.negative || (v.magnitude != 0 && (v.magnitude < 1901 || v.magnitude > 2155))) return Encoded::out_of_range;
  // four digits: '0' would be the year 2000
  out = {Piece::Form::text, v.magnitude == 0 ? "0000" : print(v, room.text)};
  return Encoded::ok;
}

Encoded real_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  const bool narrow = value.kind() == ValueKind::float32;
  if (!narrow && value.kind() != ValueKind::float64) return Encoded::wrong_kind;
  const double v = narrow ? static_cast<double>(value.float32()) : value.float64();
  if (std::isnan(v)) return Encoded::not_a_number;
  if (std::isinf(v)) return Encoded::infinite;
  if (codec.target.column.is_unsigned && v < 0) return Encoded::out_of_range;
  if (codec.target.type == TargetType::float32 && !narrow) {
    if (std::fabs(v) > static_cast<double>(std::numeric_limits<float>::max())) return Encoded::out_of_range;
    if (static_cast<double>(static_cast<float>(v)) != v) return Encoded::digits_lost;
  }
  // as the double that it is: a shorter text of the float would be rounded twice
  out = {Piece::Form::text, float_text(v, room.text)};
  return Encoded::ok;
}

Encoded decimal_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  std::string_view text;
  if (value.kind() == ValueKind::decimal) {
    text = value.bytes();
  } else {
    Integer v;
    if (const Encoded e = integer_of(value, v); e != Encoded::ok) return e;
    text = print(v, room.text);
  }
  if (text == "NaN") return Encoded::not_a_number;
  if (text == "Infinity" || text == "-Infinity") return Encoded::infinite;
  if (text.empty()) return Encoded::malformed;
  if (codec.target.column.is_unsigned && text.front() == '-') return Encoded::out_of_range;
  std::string_view whole = without_zeros(text);
  const std::string_view shortest = whole;
  if (whole.front() == '-') whole.remove_prefix(1);
  const size_t point = whole.find('.');
  std::string_view fraction;
  if (point != std::string_view::npos) fraction = whole.substr(point + 1), whole = whole.substr(0, point);
  if (whole == "0") whole = {};
  if (whole.size() > codec.target.column.length - codec.target.column.scale) return Encoded::out_of_range;
  if (fraction.size() > codec.target.column.scale) return Encoded::digits_lost;
  out = {Piece::Form::number, shortest};
  return Encoded::ok;
}

Encoded bits_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  const size_t size = (codec.target.column.length + 7) / 8;
  char* const to = room.text.bytes;
  if (value.kind() == ValueKind::bits) {
    std::string_view bytes = value.bytes();
    while (bytes.size() > size && bytes.front() == '\0') bytes.remove_prefix(1);
    if (bytes.size() > size) return Encoded::out_of_range;
    std::memset(to, 0, size);
    std::memcpy(to + (size - bytes.size()), bytes.data(), bytes.size());
  } else {
    Integer v;
    if (const Encoded e = integer_of(value, v); e != Encoded::ok) return e;
    if (v.negative) return Encoded::out_of_range;
    for (size_t i = size; i-- > 0; v.magnitude >>= 8) to[i] = static_cast<char>(v.magnitude & 0xff);
    if (v.magnitude != 0) return Encoded::out_of_range;
  }
  const unsigned used = codec.target.column.length % 8;
  if (used != 0 && (static_cast<uint8_t>(to[0]) >> used) != 0) return Encoded::out_of_range;
  out = {Piece::Form::bytes, {to, size}};
  return Encoded::ok;
}

}  // namespace

int64_t integer_min(const TargetColumn& target) {
  if (target.column.is_unsigned) return 0;
  return target.integer_bytes == 8 ? std::numeric_limits<int64_t>::min() : -(int64_t{1} << (8 * target.integer_bytes - 1));
}

uint64_t integer_max(const TargetColumn& target) {
  const unsigned bits = 8 * target.integer_bytes - (target.column.is_unsigned ? 0 : 1);
  return bits >= 64 ? std::numeric_limits<uint64_t>::max() : (uint64_t{1} << bits) - 1;
}

Encoded number_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  switch (codec.target.type) {
    case TargetType::integer: return integer_piece(codec, value, room, out);
    case TargetType::year: return year_piece(value, room, out);
    case TargetType::float32:
    case TargetType::float64: return real_piece(codec, value, room, out);
    case TargetType::decimal: return decimal_piece(codec, value, room, out);
    case TargetType::bits: return bits_piece(codec, value, room, out);
    default: return Encoded::wrong_kind;
  }
}

}  // namespace tidemark::mysql
