// What stands in the place of a value that does not fit, and what the sink holds for a value.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/mysql/foreign_forms.h"
#include "engine/mysql/value_piece.h"
#include "model/json_canonical.h"

namespace tidemark::mysql {
namespace {

bool is_negative(const Value& value) {
  switch (value.kind()) {
    case ValueKind::int64:
    case ValueKind::time: return value.int64() < 0;
    case ValueKind::float32: return std::signbit(value.float32());
    case ValueKind::float64: return std::signbit(value.float64());
    case ValueKind::decimal: return !value.bytes().empty() && value.bytes().front() == '-';
    case ValueKind::date:
    case ValueKind::datetime:
    case ValueKind::timestamp: return value.civil().year < 1971;  // before the first moment there is, not after the last
    default: return false;
  }
}

/// `decimal` with `digits` behind the point, the half rounded away from zero.
std::string rounded(std::string_view decimal, size_t digits) {
  const bool negative = decimal.front() == '-';
  if (negative) decimal.remove_prefix(1);
  const size_t point = decimal.find('.');
  std::string out = "0" + std::string(decimal.substr(0, point + 1 + digits));
  if (decimal[point + 1 + digits] >= '5') {
    size_t i = out.size();
    while (i-- > 0) {
      if (out[i] == '.') continue;
      if (out[i] != '9') break;
      out[i] = '0';
    }
    ++out[i];
  }
  if (out.back() == '.') out.pop_back();
  if (out[0] == '0' && out.size() > 1 && out[1] != '.') out.erase(0, 1);
  return (negative && out.find_first_not_of("0.") != std::string::npos ? "-" : "") + out;
}

/// A rounded or bounded decimal with the fraction digits that the source's column has.
std::string in_scale(std::string_view decimal, uint8_t scale) {
  std::string out(without_zeros(decimal));
  const size_t point = out.find('.');
  size_t digits = point == std::string::npos ? 0 : out.size() - point - 1;
  if (digits < scale && digits == 0) out += '.';
  for (; digits < scale; ++digits) out += '0';
  return out;
}

Value of_integer(const Value& like, bool negative, const TargetColumn& target) {
  const int64_t low = target.type == TargetType::year ? 1901 : integer_min(target);
  const uint64_t high = target.type == TargetType::year ? 2155 : integer_max(target);
  if (like.kind() == ValueKind::uint64) return Value::uint64(negative ? static_cast<uint64_t>(low) : high);
  return Value::int64(negative ? low : static_cast<int64_t>(std::min<uint64_t>(high, std::numeric_limits<int64_t>::max())));
}

bool nearest_integer(const ColumnCodec& codec, const Value& value, Encoded why, PieceRoom& room, Value& out) {
  if (value.kind() == ValueKind::bits) return false;
  if (value.kind() != ValueKind::decimal) return out = of_integer(value, is_negative(value), codec.target), true;
  if (why == Encoded::digits_lost) {
    room.nearest = rounded(value.bytes(), 0);
  } else if (is_negative(value)) {
    room.nearest = std::to_string(integer_min(codec.target));
  } else {
    room.nearest = std::to_string(integer_max(codec.target));
  }
  out = Value::of_bytes(ValueKind::decimal, room.nearest);
  return true;
}

bool nearest_real(const ColumnCodec& codec, const Value& value, Encoded why, Value& out) {
  const bool narrow = codec.target.type == TargetType::float32 || value.kind() == ValueKind::float32;
  double most = narrow ? static_cast<double>(std::numeric_limits<float>::max()) : std::numeric_limits<double>::max();
  if (is_negative(value)) most = codec.target.column.is_unsigned ? 0 : -most;
  if (why == Encoded::digits_lost) most = static_cast<double>(static_cast<float>(value.float64()));
  out = value.kind() == ValueKind::float32 ? Value::float32(static_cast<float>(most)) : Value::float64(most);
  return true;
}

bool nearest_decimal(const ColumnCodec& codec, const Value& value, Encoded why, PieceRoom& room, Value& out) {
  if (value.kind() != ValueKind::decimal) return false;
  const Column& target = codec.target.column;
  if (why == Encoded::digits_lost) {
    room.nearest = rounded(value.bytes(), target.scale);
  } else if (is_negative(value) && target.is_unsigned) {
    room.nearest = "0";
  } else {
    const uint32_t whole = target.length - target.scale;
    room.nearest = (is_negative(value) ? "-" : "") + (whole == 0 ? "0" : std::string(whole, '9'));
    if (target.scale > 0) room.nearest += "." + std::string(target.scale, '9');
  }
  out = Value::of_bytes(ValueKind::decimal, room.nearest);
  return true;
}

bool nearest_moment(const ColumnCodec& codec, const Value& value, Encoded why, Value& out) {
  static constexpr int64_t kPower[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
  const int64_t step = kPower[codec.target.column.scale];
  if (value.kind() == ValueKind::time) {
    const int64_t limit = time_max_micros(codec), micros = value.int64();
    // digits that are lost are cut off: rounding up could pass midnight
    out = Value::time(why == Encoded::digits_lost ? micros / step * step : micros < 0 ? -limit : limit, value.fsp());
    return true;
  }
  Civil civil = value.civil();
  if (why == Encoded::digits_lost)
    civil.micros = civil.micros / step * step;
  else if (!is_negative(value) || civil.year == kInfinityYear)
    civil = moment_max(codec);
  else
    civil = codec.target.type == TargetType::timestamp ? Civil{1970, 1, 1, 1000000} : Civil{1, 1, 1, 0};
  out = value.kind() == ValueKind::date       ? Value::date(civil.year, civil.month, civil.day)
        : value.kind() == ValueKind::datetime ? Value::datetime(civil, value.fsp())
                                              : Value::timestamp(civil, value.fsp());
  return true;
}

}  // namespace

bool nearest_value(const ColumnCodec& codec, const Value& value, Encoded why, PieceRoom& room, Value& out) {
  if (why != Encoded::infinite && why != Encoded::out_of_range && why != Encoded::digits_lost) return false;
  switch (codec.target.type) {
    case TargetType::integer:
    case TargetType::year: return nearest_integer(codec, value, why, room, out);
    case TargetType::float32:
    case TargetType::float64: return nearest_real(codec, value, why, out);
    case TargetType::decimal: return nearest_decimal(codec, value, why, room, out);
    case TargetType::date:
    case TargetType::time:
    case TargetType::datetime:
    case TargetType::timestamp: return nearest_moment(codec, value, why, out);
    default: return false;
  }
}

Ruled ruled_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room) {
  Ruled out;
  out.value = value;
  if (value.is_absent()) out.result = Encoded::absent;
  if (value.is_absent() || value.is_null()) return out;
  out.result = make_piece(codec, value, room, out.piece);
  if (!is_fault(out.result) || out.result == Encoded::wrong_kind || out.result == Encoded::malformed) return out;
  if (codec.unfit == Unfit::null && !codec.in_key) return {Encoded::as_null, {}, Value::null()};
  Value nearest;
  if (codec.unfit != Unfit::clamp || !nearest_value(codec, value, out.result, room, nearest)) return out;
  // what was rounded may have become too large
  Encoded again = make_piece(codec, nearest, room, out.piece);
  if (again == Encoded::out_of_range && nearest_value(codec, nearest, again, room, nearest))
    again = make_piece(codec, nearest, room, out.piece);
  if (again == Encoded::ok) out.value = nearest, out.result = Encoded::clamped;
  return out;
}

Value represent(const ColumnCodec& codec, const Value& value, Arena& arena) {
  PieceRoom room;
  const Ruled ruled = ruled_piece(codec, value, room);
  if (is_fault(ruled.result) || ruled.value.is_null()) return ruled.value;
  const ValueKind kind = codec.source.kind;
  const auto text = [&](std::string_view bytes) { return Value::of_bytes(kind, arena.copy(bytes)); };
  switch (codec.form) {
    case ColumnCodec::Form::array_to_json:
    case ColumnCodec::Form::hstore_to_json: return text(canonical_json(ruled.piece.data).value_or(std::string()));
    case ColumnCodec::Form::text_to_vector:
      return text(codec.target.type == TargetType::vector ? vector_text(ruled.piece.data) : std::string(ruled.piece.data));
    case ColumnCodec::Form::point: return text(point_text(ruled.piece.data).value_or(std::string()));
    case ColumnCodec::Form::ewkb: return text(hex_text(ruled.piece.data));
    case ColumnCodec::Form::vector_to_json:
    case ColumnCodec::Form::plain: break;
  }
  if (kind == ValueKind::json && codec.target.type == TargetType::json)
    return text(canonical_json(ruled.value.bytes()).value_or(std::string()));
  if (kind == ValueKind::decimal && codec.source.length == 0 && codec.target.type != TargetType::text)
    return text(without_zeros(ruled.value.bytes()));
  // MariaDB drops the sign of a zero
  const bool is_real = codec.target.type == TargetType::float32 || codec.target.type == TargetType::float64;
  if (is_real && codec.is_mariadb && kind == ValueKind::float64 && ruled.value.float64() == 0) return Value::float64(0);
  if (is_real && codec.is_mariadb && kind == ValueKind::float32 && ruled.value.float32() == 0) return Value::float32(0);
  if (ruled.result == Encoded::clamped && ruled.value.has_bytes()) return text(in_scale(ruled.value.bytes(), codec.source.scale));
  return ruled.value;
}

}  // namespace tidemark::mysql
