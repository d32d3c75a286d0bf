#include "engine/mysql/value_piece.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/utf8.h"
#include "engine/mysql/charset_repertoire.h"
#include "engine/mysql/foreign_forms.h"
#include "engine/mysql/json_decimal.h"
#include "engine/mysql/json_fit.h"

namespace tidemark::mysql {
namespace {

using Form = ColumnCodec::Form;

Encoded fault_of(JsonFault fault) {
  switch (fault) {
    case JsonFault::none: return Encoded::ok;
    case JsonFault::number: return Encoded::json_number;
    case JsonFault::deep: return Encoded::json_deep;
    case JsonFault::refused: break;
  }
  return Encoded::json_refused;
}

/// MariaDB turns UUIDs of version 1 to 5 around, so that they lie in the order of their time, and refuses those that would then look
/// like one of them. Measured on 10.11.19 with all values of the two bytes.
bool fits_uuid(std::string_view bytes) {
  const auto version = static_cast<uint8_t>(bytes[6]), variant = static_cast<uint8_t>(bytes[8]);
  return version < 0x80 || variant == 0 || variant > 0x80;
}

Encoded json_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  const auto convert = [&](std::optional<std::string> json) {
    if (json) room.large = std::move(*json);
    return json.has_value();
  };
  out.form = Piece::Form::text;
  out.data = value.bytes();
  switch (codec.form) {
    case Form::array_to_json:
      if (!convert(array_as_json(codec.source, value.bytes()))) return Encoded::malformed;
      out.data = room.large;
      break;
    case Form::hstore_to_json:
      if (!convert(hstore_as_json(value.bytes()))) return Encoded::malformed;
      out.data = room.large;
      break;
    case Form::vector_to_json:
      convert(vector_text(value.bytes()));
      out.data = room.large;
      break;
    case Form::text_to_vector: {
      const auto items = vector_from_text(value.bytes());
      if (!items) return Encoded::malformed;
      convert(vector_text(*items));
      out.data = room.large;
      break;
    }
    default:
      if (value.kind() != ValueKind::json) return Encoded::wrong_kind;
      break;
  }
  if (!count_utf8(out.data).valid) return Encoded::invalid_utf8;
  if (codec.target.type != TargetType::json) return fault_of(check_json_for_mariadb(out.data));
  const JsonFault fault = check_json_for_mysql(out.data);
  if (fault != JsonFault::number || codec.form != Form::plain || !convert(json_with_decimals(out.data))) return fault_of(fault);
  out = {Piece::Form::number, room.large};
  return Encoded::by_literal;
}

Encoded vector_fits(const ColumnCodec& codec, std::string_view items) {
  const size_t count = items.size() / 4, most = codec.target.column.length;
  if (items.size() % 4 != 0) return Encoded::malformed;
  if (count > most) return Encoded::too_long;
  if (codec.is_mariadb && count < most) return Encoded::too_short;
  for (size_t i = 0; i < items.size(); i += 4) {
    float item = 0;
    std::memcpy(&item, items.data() + i, 4);
    if (std::isnan(item)) return Encoded::not_a_number;
    if (std::isinf(item)) return Encoded::infinite;
  }
  return Encoded::ok;
}

Encoded vector_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  out = {Piece::Form::bytes, value.bytes()};
  if (codec.form == Form::text_to_vector) {
    auto items = vector_from_text(value.bytes());
    if (!items) return Encoded::malformed;
    room.large = std::move(*items);
    out.data = room.large;
  } else if (value.kind() != ValueKind::vector) {
    return Encoded::wrong_kind;
  }
  return vector_fits(codec, out.data);
}

Encoded geometry_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  out = {Piece::Form::bytes, value.bytes()};
  if (codec.form == Form::plain) {
    if (value.kind() != ValueKind::geometry) return Encoded::wrong_kind;
    return value.bytes().size() < 9 ? Encoded::malformed : Encoded::ok;
  }
  auto geometry = codec.form == Form::point ? point_from_text(value.bytes()) : geometry_from_ewkb(value.bytes());
  if (!geometry) return codec.form == Form::point ? Encoded::malformed : Encoded::geometry_kind;
  room.large = std::move(*geometry);
  out.data = room.large;
  return Encoded::ok;
}

Encoded bytes_piece(const ColumnCodec& codec, const Value& value, Piece& out) {
  switch (value.kind()) {
    case ValueKind::bytes:
    case ValueKind::bits:
    case ValueKind::geometry:
    case ValueKind::vector: break;
    case ValueKind::uuid:
      if (value.bytes().size() != 16) return Encoded::malformed;
      break;
    default: return Encoded::wrong_kind;
  }
  out = {Piece::Form::bytes, value.bytes()};
  if (out.data.size() > codec.target.octets_max) return Encoded::too_long;
  return codec.target.column.fixed_length && out.data.size() < codec.target.octets_max ? Encoded::too_short : Encoded::ok;
}

Encoded label_piece(const ColumnCodec& codec, const Value& value, Piece& out) {
  if (value.kind() != ValueKind::text) return Encoded::wrong_kind;
  out = {Piece::Form::text, value.bytes()};
  const bool is_set = codec.target.type == TargetType::label_set;
  if (value.bytes().empty()) return is_set || codec.has_empty_label ? Encoded::ok : Encoded::label_zero;
  if (!codec.check_labels) return Encoded::ok;
  std::string_view rest = value.bytes();
  while (is_set && rest.find(',') != std::string_view::npos) {
    const size_t comma = rest.find(',');
    if (codec.labels.count(std::string(rest.substr(0, comma))) == 0) return Encoded::no_label;
    rest.remove_prefix(comma + 1);
  }
  return codec.labels.count(std::string(rest)) == 0 ? Encoded::no_label : Encoded::ok;
}

}  // namespace

Encoded text_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  const auto text = plain_text(value, room.text);
  if (!text) return Encoded::wrong_kind;
  out = {Piece::Form::text, *text};
  if (codec.target.column.fixed_length) {
    // PostgreSQL's char(n) is padded too, and decoding pads it again
    const size_t end = out.data.find_last_not_of(' ') + 1;
    if (end < out.data.size() && !codec.source.fixed_length) return Encoded::trailing_space;
    out.data = out.data.substr(0, end);
  }
  const Utf8Count count = count_utf8(out.data);
  if (!count.valid) return Encoded::invalid_utf8;
  if (codec.check_charset && !in_repertoire(codec.target.column.charset, out.data, count.longest)) return Encoded::charset;
  const uint64_t most = codec.target.octets_max;
  if (most == 0) return count.characters > codec.target.column.length ? Encoded::too_long : Encoded::ok;
  const bool is_utf8 = codec.target.column.charset.rfind("utf8", 0) == 0;
  // of other character sets a character has at least one byte; the server looks at the rest
  return (is_utf8 ? out.data.size() : count.characters) > most ? Encoded::too_long : Encoded::ok;
}

Encoded make_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  switch (codec.target.type) {
    case TargetType::integer:
    case TargetType::year:
    case TargetType::float32:
    case TargetType::float64:
    case TargetType::decimal:
    case TargetType::bits: return number_piece(codec, value, room, out);
    case TargetType::date:
    case TargetType::time:
    case TargetType::datetime:
    case TargetType::timestamp: return moment_piece(codec, value, room, out);
    case TargetType::text: return text_piece(codec, value, room, out);
    case TargetType::label:
    case TargetType::label_set: return label_piece(codec, value, out);
    case TargetType::bytes: return bytes_piece(codec, value, out);
    case TargetType::json:
    case TargetType::checked_json: return json_piece(codec, value, room, out);
    case TargetType::geometry: return geometry_piece(codec, value, room, out);
    case TargetType::vector: return vector_piece(codec, value, room, out);
    case TargetType::uuid:
      if (value.kind() != ValueKind::uuid || value.bytes().size() != 16) return Encoded::wrong_kind;
      out = {Piece::Form::text, uuid_text(value.bytes(), room.text)};
      return codec.limits_uuid && !fits_uuid(value.bytes()) ? Encoded::uuid_form : Encoded::ok;
    case TargetType::inet:
      out = {Piece::Form::text, value.bytes()};
      return value.kind() == ValueKind::text ? Encoded::ok : Encoded::wrong_kind;
    case TargetType::unsupported: break;
  }
  return Encoded::wrong_kind;
}

}  // namespace tidemark::mysql
