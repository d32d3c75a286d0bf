#include "engine/postgres/unfit.h"

#include <algorithm>
#include <limits>

#include "base/utf8.h"
#include "engine/postgres/numeric_range.h"

namespace tidemark::postgres {
namespace {

template <typename Int>
Value integer_limit(bool negative) {
  return Value::int64(negative ? std::numeric_limits<Int>::min() : std::numeric_limits<Int>::max());
}

/// The first `limit` characters.
std::string_view first_characters(std::string_view text, uint32_t limit) {
  size_t at = 0;
  for (uint32_t n = 0; n < limit && at < text.size(); ++n)
    at += std::max<size_t>(1, utf8_length(text.data() + at, text.data() + text.size()));
  return text.substr(0, at);
}

std::optional<Value> nearest(const Value& value, const ColumnCodec& codec, Arena& arena) {
  const bool negative = value.kind() != ValueKind::uint64 && value.int64() < 0;
  switch (codec.wire) {
    case WireType::int2: return integer_limit<int16_t>(negative);
    case WireType::int4: return integer_limit<int32_t>(negative);
    case WireType::int8: return integer_limit<int64_t>(negative);
    case WireType::boolean:
      if (value.has_bytes()) return std::nullopt;
      return Value::boolean(!negative);
    case WireType::time: return Value::time(value.int64() < 0 ? 0 : kMicrosPerDay, value.fsp());
    case WireType::numeric: {
      std::string text = value.kind() == ValueKind::decimal  ? std::string(value.bytes())
                         : value.kind() == ValueKind::uint64 ? std::to_string(value.uint64())
                                                             : std::to_string(value.int64());
      const std::string limit = text == "Infinity" ? "1" : text == "-Infinity" ? "-1" : text;
      // merely more fraction digits than the column has: they are cut
      const std::string cut = limit == text ? numeric_cut(text, codec.modifier) : "";
      text = !cut.empty() && numeric_fits(cut, codec.modifier) ? cut : numeric_limit(limit, codec.modifier);
      return Value::of_bytes(ValueKind::decimal, arena.copy(text));
    }
    case WireType::text: return Value::of_bytes(ValueKind::text, arena.copy(first_characters(value.bytes(), codec.characters)));
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<Value> instead_of(const Value& value, Encoded fault, Unfit unfit, const ColumnCodec& codec, Arena& arena) {
  if (fault == Encoded::absent || fault == Encoded::wrong_kind || fault == Encoded::malformed) return std::nullopt;
  if (unfit == Unfit::null && !codec.in_key) return Value::null();
  if (unfit != Unfit::clamp || fault != Encoded::out_of_range) return std::nullopt;
  return nearest(value, codec, arena);
}

}  // namespace tidemark::postgres
