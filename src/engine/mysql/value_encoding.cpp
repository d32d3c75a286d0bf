#include "engine/mysql/value_encoding.h"

#include <algorithm>
#include <charconv>

#include "engine/mysql/charset.h"
#include "engine/mysql/column_type.h"
#include "engine/mysql/sink_type_rules.h"
#include "engine/mysql/value_piece.h"

namespace tidemark::mysql {
namespace {

ColumnCodec::Form form_of(const Column& source, const TargetColumn& target) {
  using Form = ColumnCodec::Form;
  const bool to_json = target.type == TargetType::json || target.type == TargetType::checked_json;
  if (source.kind == ValueKind::array) return to_json ? Form::array_to_json : Form::plain;
  if (source.kind == ValueKind::vector) return to_json ? Form::vector_to_json : Form::plain;
  if (source.kind != ValueKind::other) return Form::plain;
  const std::string_view rule = postgres_rule(source).source;
  if (rule == "hstore" && to_json) return Form::hstore_to_json;
  if ((rule == "vector" || rule == "halfvec") && (to_json || target.type == TargetType::vector)) return Form::text_to_vector;
  if (rule == "point" && target.type == TargetType::geometry) return Form::point;
  if ((rule == "geometry" || rule == "geography") && target.type == TargetType::geometry) return Form::ewkb;
  return Form::plain;
}

/// Every character of the source's set is one of the target's, as far as their names tell.
bool needs_charset_check(const Column& source, const TargetColumn& target) {
  const bool is_text = target.type == TargetType::text;
  if (!is_text || target.column.charset == "utf8mb4") return false;
  return source.family == TypeFamily::postgres || (!source.charset.empty() && source.charset != target.column.charset);
}

}  // namespace

ColumnCodec make_codec(const Column& source, const TargetColumn& target, const ServerFlavour& server, bool in_key, const ColumnRule& rule) {
  ColumnCodec out;
  out.form = form_of(source, target);
  out.source = source;
  out.target = target;
  out.is_mariadb = server.is_mariadb();
  out.wide_timestamp = server.is_mariadb() && server.version >= 110500;
  out.limits_uuid = server.limits_uuid();
  out.in_key = in_key;
  out.unfit = rule.unfit;
  out.check_charset = needs_charset_check(source, target);
  const std::vector<std::string>& labels = target.column.labels;
  out.has_empty_label = std::find(labels.begin(), labels.end(), "") != labels.end();
  if (target.type == TargetType::label || target.type == TargetType::label_set) {
    out.check_labels = source.labels != labels;
    if (out.check_labels) out.labels.insert(labels.begin(), labels.end());
  }
  return out;
}

std::string_view fault_text(Encoded e) {
  switch (e) {
    case Encoded::not_a_number: return "NaN, which the type does not have";
    case Encoded::infinite: return "an infinite value, which the type does not have";
    case Encoded::out_of_range: return "a value out of the type's range";
    case Encoded::digits_lost: return "a value with more digits behind the point than the type keeps";
    case Encoded::too_long: return "a value that is too long for the type";
    case Encoded::too_short: return "a value that is shorter than the type's fixed length";
    case Encoded::trailing_space: return "text with spaces at its end, which CHAR does not keep";
    case Encoded::no_label: return "text that is none of the type's labels";
    case Encoded::charset: return "a character that the column's character set does not have";
    case Encoded::geometry_kind: return "a geometry with Z or M, or of a kind that the server does not have";
    case Encoded::json_number: return "JSON with a number of more digits than the server keeps";
    case Encoded::json_deep: return "JSON that is nested deeper than the server takes it";
    case Encoded::json_refused: return "JSON that the server refuses: a name too long, or half of a surrogate pair";
    case Encoded::uuid_form: return "a UUID that is neither of a standard form nor one that the type takes besides";
    case Encoded::invalid_utf8: return "text that is not valid UTF-8";
    case Encoded::absent: return "the row lacks this column";
    default: return "a value of a wrong form";
  }
}

std::string_view fault_cure(Encoded e) {
  switch (e) {
    case Encoded::json_number:
    case Encoded::json_deep:
    case Encoded::json_refused: return "longtext";  // at MariaDB without the CHECK that its json has
    case Encoded::uuid_form: return "char(36)";
    default: return {};
  }
}

namespace {

void append_hex(std::string_view bytes, std::string& out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  const size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  char* p = out.data() + at;
  for (const char c : bytes) {
    *p++ = kHex[static_cast<uint8_t>(c) >> 4];
    *p++ = kHex[static_cast<uint8_t>(c) & 15];
  }
}

void append_text_literal(std::string_view text, std::string& out) {
  // a backslash is an escape or not, as sql_mode says
  if (text.find('\\') != std::string_view::npos) {
    out += "_utf8mb4 X'";
    append_hex(text, out);
  } else {
    out += "_utf8mb4'";
    for (size_t at; (at = text.find('\'')) != std::string_view::npos; text.remove_prefix(at + 1))
      out.append(text.substr(0, at + 1)) += '\'';
    out += text;
  }
  out += '\'';
}

void append_escaped(std::string_view bytes, std::string& out) {
  size_t plain = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c != '\\' && c != '\t' && c != '\n' && c != '\0') continue;
    out.append(bytes.substr(plain, i - plain));
    out += '\\';
    out += c == '\t' ? 't' : c == '\n' ? 'n' : c == '\0' ? '0' : c;
    plain = i + 1;
  }
  out.append(bytes.substr(plain));
}

/// `digits` are an integer that its column holds; the same eight bytes stand for those with and without sign.
void append_integer(std::string_view digits, std::string& out) {
  const bool negative = digits.front() == '-';
  if (negative) digits.remove_prefix(1);
  uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (negative) number = 0 - number;
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void append_real(const Value& value, std::string& out) {
  double number = value.kind() == ValueKind::float32 ? static_cast<double>(value.float32()) : value.float64();
  if (number == 0) number = 0;  // as text a zero loses its sign on the way, see represent()
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

/// As the protocol writes lengths.
void append_length(uint64_t length, std::string& out) {
  const size_t bytes = length < 251 ? 0 : length < (1u << 16) ? 2 : length < (1u << 24) ? 3 : 8;
  if (bytes > 0) out += bytes == 2 ? '\xfc' : bytes == 3 ? '\xfd' : '\xfe';
  out.append(reinterpret_cast<const char*>(&length), std::max<size_t>(bytes, 1));
}

}  // namespace

Encoded append_literal(const ColumnCodec& codec, const Value& value, std::string& out) {
  PieceRoom room;
  const auto [result, piece, used] = ruled_piece(codec, value, room);
  if (is_fault(result)) return result;
  switch (piece.form) {
    case Piece::Form::null: out += "NULL"; break;
    case Piece::Form::number: out += piece.data; break;
    case Piece::Form::text: append_text_literal(piece.data, out); break;
    case Piece::Form::bytes:
      out += "X'";
      append_hex(piece.data, out);
      out += '\'';
      break;
  }
  return result;
}

uint16_t parameter_type(const ColumnCodec& codec) {
  switch (codec.target.type) {
    case TargetType::integer: return static_cast<uint16_t>(ColumnType::longlong) | (codec.target.column.is_unsigned ? 0x8000 : 0);
    case TargetType::float32:
    case TargetType::float64: return static_cast<uint16_t>(ColumnType::float64);
    case TargetType::decimal: return static_cast<uint16_t>(ColumnType::decimal);
    case TargetType::bytes:
    case TargetType::bits:
    case TargetType::geometry:
    case TargetType::vector: return static_cast<uint16_t>(ColumnType::blob);
    default: return static_cast<uint16_t>(ColumnType::var_string);
  }
}

Encoded append_parameter(const ColumnCodec& codec, const Value& value, std::string& out) {
  PieceRoom room;
  const auto [result, piece, used] = ruled_piece(codec, value, room);
  if (is_fault(result)) return result;
  out += piece.form == Piece::Form::null ? '\1' : '\0';
  if (piece.form == Piece::Form::null) return result;
  switch (codec.target.type) {
    case TargetType::integer: append_integer(piece.data, out); break;
    case TargetType::float32:
    case TargetType::float64: append_real(used, out); break;
    default: append_length(piece.data.size(), out); out += piece.data;
  }
  return result;
}

Encoded append_load_field(const ColumnCodec& codec, const Value& value, std::string& out) {
  PieceRoom room;
  const auto [result, piece, used] = ruled_piece(codec, value, room);
  if (is_fault(result) || result == Encoded::by_literal) return result;
  switch (piece.form) {
    case Piece::Form::null: out += "\\N"; break;
    case Piece::Form::number: out += piece.data; break;
    case Piece::Form::text:
    case Piece::Form::bytes: append_escaped(piece.data, out); break;
  }
  return result;
}

std::string load_expression(const ColumnCodec& codec, std::string_view variable) {
  switch (codec.target.type) {
    // the field's bytes are UTF-8 and the column's are not
    case TargetType::text:
    case TargetType::label:
    case TargetType::label_set: {
      const std::string& charset = codec.target.column.charset;
      if (charset == "utf8mb4" || charset == "utf8mb3" || charset == "ascii") return {};
      break;
    }
    case TargetType::json:  // takes no binary strings
    case TargetType::uuid:  // these take them for the value's own bytes
    case TargetType::inet: break;
    default: return {};
  }
  return "CONVERT(" + std::string(variable) + " USING utf8mb4)";
}

}  // namespace tidemark::mysql
