#include "engine/mysql/sink_decoding.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/byte_cursor.h"
#include "engine/mysql/decimal.h"
#include "engine/mysql/foreign_forms.h"
#include "engine/mysql/plain_text.h"
#include "engine/mysql/result_fields.h"
#include "model/json_canonical.h"
#include "tidemark/error.h"

namespace tidemark::mysql {
namespace {

using MaybeValue = std::optional<Value>;

/// A decimal text as the source's kind has it.
MaybeValue decimal_as(const Column& source, std::string_view text, Arena& arena) {
  char out[kDecimalTextMax];
  size_t length = 0;
  const std::string_view shortest = without_zeros(text);
  if (source.kind != ValueKind::decimal) {
    if (!canonical_decimal(shortest, 0, out, length)) return std::nullopt;
    return parse_plain(source, {out, length}, arena);
  }
  const size_t point = shortest.find('.');
  const size_t digits = point == std::string_view::npos ? 0 : shortest.size() - point - 1;
  if (!canonical_decimal(shortest, static_cast<uint8_t>(source.length == 0 ? digits : source.scale), out, length)) return std::nullopt;
  return Value::of_bytes(ValueKind::decimal, arena.copy({out, length}));
}

MaybeValue bits_as(const Column& source, std::string_view bytes, Arena& arena) {
  if (source.kind == ValueKind::bits) {
    const size_t size = (source.length + 7) / 8;
    while (bytes.size() > size && bytes.front() == '\0') bytes.remove_prefix(1);
    if (bytes.size() > size) return std::nullopt;
    char* out = arena.allocate(size + 1);
    std::memset(out, 0, size);
    std::memcpy(out + (size - bytes.size()), bytes.data(), bytes.size());
    return Value::of_bytes(ValueKind::bits, {out, size});
  }
  uint64_t v = 0;
  for (const char c : bytes) v = v << 8 | static_cast<uint8_t>(c);
  if (source.kind == ValueKind::boolean && v <= 1) return Value::boolean(v == 1);
  if (source.kind == ValueKind::uint64) return Value::uint64(v);
  if (source.kind == ValueKind::int64 && v <= INT64_MAX) return Value::int64(static_cast<int64_t>(v));
  return std::nullopt;
}

MaybeValue integer_as(const Column& source, uint64_t v, bool negative, Arena& arena) {
  const auto number = static_cast<int64_t>(v);
  switch (source.kind) {
    case ValueKind::boolean: return !negative && v <= 1 ? MaybeValue(Value::boolean(v == 1)) : std::nullopt;
    case ValueKind::int64: return negative || number >= 0 ? MaybeValue(Value::int64(number)) : std::nullopt;
    case ValueKind::uint64: return negative ? std::nullopt : MaybeValue(Value::uint64(v));
    case ValueKind::decimal: {
      char text[24];
      const auto r = negative ? std::to_chars(text, text + sizeof text, number) : std::to_chars(text, text + sizeof text, v);
      return decimal_as(source, {text, static_cast<size_t>(r.ptr - text)}, arena);
    }
    case ValueKind::bits: {
      char bytes[8];
      for (size_t i = 8; i-- > 0; v >>= 8) bytes[i] = static_cast<char>(v & 0xff);
      return bits_as(source, {bytes, 8}, arena);
    }
    default: return std::nullopt;
  }
}

MaybeValue real_as(const Column& source, double v) {
  if (source.kind == ValueKind::float64) return Value::float64(v);
  const auto narrow = static_cast<float>(v);
  if (source.kind == ValueKind::float32 && static_cast<double>(narrow) == v) return Value::float32(narrow);
  return std::nullopt;
}

MaybeValue civil_as(const Column& source, const Civil& c) {
  switch (source.kind) {
    case ValueKind::date: return c.micros == 0 ? MaybeValue(Value::date(c.year, c.month, c.day)) : std::nullopt;
    case ValueKind::datetime: return Value::datetime(c, source.scale);
    case ValueKind::timestamp: return Value::timestamp(c, source.scale);
    default: return std::nullopt;
  }
}

MaybeValue optional_bytes(ValueKind kind, const std::optional<std::string>& bytes, Arena& arena) {
  if (!bytes) return std::nullopt;
  return Value::of_bytes(kind, arena.copy(*bytes));
}

MaybeValue text_as(const ColumnCodec& codec, std::string_view bytes, Arena& arena) {
  const Column& source = codec.source;
  // CHAR comes without the spaces that PostgreSQL's char(n) is printed with
  if (codec.target.column.fixed_length && source.fixed_length && source.family == TypeFamily::postgres && source.kind == ValueKind::text) {
    size_t characters = 0;
    for (const char c : bytes) characters += (static_cast<uint8_t>(c) & 0xc0) != 0x80 ? 1 : 0;
    std::string padded(bytes);
    if (characters < source.length) padded.append(source.length - characters, ' ');
    return Value::of_bytes(ValueKind::text, arena.copy(padded));
  }
  return parse_plain(source, bytes, arena);
}

MaybeValue json_as(const ColumnCodec& codec, std::string_view bytes, Arena& arena) {
  const ValueKind kind = codec.source.kind;
  switch (codec.form) {
    case ColumnCodec::Form::array_to_json:
    case ColumnCodec::Form::hstore_to_json: return optional_bytes(kind, canonical_json(bytes), arena);
    case ColumnCodec::Form::vector_to_json: return optional_bytes(kind, vector_from_text(bytes), arena);
    case ColumnCodec::Form::text_to_vector: {
      const auto items = vector_from_text(bytes);
      if (!items) return std::nullopt;
      return optional_bytes(kind, vector_text(*items), arena);
    }
    default: break;
  }
  if (codec.target.type == TargetType::json) return optional_bytes(kind, canonical_json(bytes), arena);
  return Value::of_bytes(kind, arena.copy(bytes));
}

/// A field that comes as a string.
MaybeValue string_as(const ColumnCodec& codec, std::string_view bytes, Arena& arena) {
  const ValueKind kind = codec.source.kind;
  switch (codec.target.type) {
    case TargetType::decimal: return decimal_as(codec.source, bytes, arena);
    case TargetType::bits: return bits_as(codec.source, bytes, arena);
    case TargetType::text: return text_as(codec, bytes, arena);
    case TargetType::json:
    case TargetType::checked_json: return json_as(codec, bytes, arena);
    case TargetType::uuid: return parse_plain(codec.source, bytes, arena);
    case TargetType::geometry:
      if (codec.form == ColumnCodec::Form::point) return optional_bytes(kind, point_text(bytes), arena);
      if (codec.form == ColumnCodec::Form::ewkb) return optional_bytes(kind, hex_text(bytes), arena);
      break;
    case TargetType::vector:
      if (codec.form == ColumnCodec::Form::text_to_vector) return optional_bytes(kind, vector_text(bytes), arena);
      break;
    default: break;
  }
  return Value::of_bytes(kind, arena.copy(bytes));
}

MaybeValue read_field(const ColumnCodec& codec, ColumnType type, bool is_unsigned, ByteCursor& in, Arena& arena) {
  const auto integer = [&](size_t bytes) {
    uint64_t v = in.little(bytes);
    const unsigned shift = static_cast<unsigned>(64 - 8 * bytes);
    if (!is_unsigned) v = static_cast<uint64_t>(static_cast<int64_t>(v << shift) >> shift);
    return integer_as(codec.source, v, !is_unsigned && static_cast<int64_t>(v) < 0, arena);
  };
  switch (type) {
    case ColumnType::tiny: return integer(1);
    case ColumnType::year:
    case ColumnType::short_int: return integer(2);
    case ColumnType::int24:
    case ColumnType::long_int: return integer(4);
    case ColumnType::longlong: return integer(8);
    case ColumnType::float32: return real_as(codec.source, static_cast<double>(std::bit_cast<float>(in.u32())));
    case ColumnType::float64: return real_as(codec.source, std::bit_cast<double>(in.u64()));
    case ColumnType::date:
    case ColumnType::newdate:
    case ColumnType::datetime:
    case ColumnType::timestamp: return civil_as(codec.source, read_civil(in));
    case ColumnType::time: {
      const int64_t micros = read_time(in);
      return codec.source.kind == ValueKind::time ? MaybeValue(Value::time(micros, codec.source.scale)) : std::nullopt;
    }
    default: return string_as(codec, in.bytes(in.length_encoded()), arena);
  }
}

}  // namespace

SinkRowDecoder::SinkRowDecoder(const std::vector<ColumnCodec>& codecs, const std::vector<uint16_t>& columns, const MYSQL_FIELD* fields)
    : null_bytes_((columns.size() + 2 + 7) / 8) {
  for (size_t i = 0; i < columns.size(); ++i) {
    steps_.push_back({&codecs[columns[i]], columns[i], static_cast<uint8_t>(fields[i].type), (fields[i].flags & UNSIGNED_FLAG) != 0});
  }
}

void SinkRowDecoder::decode(std::string_view packet, Value* row, Arena& arena) const {
  ByteCursor in(packet);
  in.skip(1);  // 0x00: a row
  const std::string_view nulls = in.bytes(null_bytes_);
  size_t bit = 2;
  for (const Step& step : steps_) {
    if (in.failed()) break;
    const bool is_null = (static_cast<uint8_t>(nulls[bit >> 3]) >> (bit & 7) & 1) != 0;
    ++bit;
    if (is_null) {
      row[step.column] = Value::null();
      continue;
    }
    const char* const start = in.here();
    const MaybeValue value = read_field(*step.codec, static_cast<ColumnType>(step.type), step.is_unsigned, in, arena);
    if (in.failed()) break;
    row[step.column] = value ? *value : Value::of_bytes(ValueKind::other, arena.copy({start, static_cast<size_t>(in.here() - start)}));
  }
  if (in.failed() || !in.at_end())
    throw Error(ErrorKind::corrupt, "reading rows of the sink", "a result row does not have the length of its columns");
}

}  // namespace tidemark::mysql
