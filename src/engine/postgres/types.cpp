#include "engine/postgres/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace tidemark::postgres {
namespace {

constexpr uint32_t kVarcharMax = 10485760;
constexpr int32_t kModifierHeader = 4;  // varchar(n) and numeric(p,s) keep their modifier with 4 added

bool native_starts(const Column& column, std::string_view prefix) { return column.native_type.compare(0, prefix.size(), prefix) == 0; }

/// Whole bytes that the integer type needs here, unsigned ones widened; 16 stands for numeric(20,0).
unsigned integer_bytes(const Column& column) {
  unsigned own = 8;
  if (native_starts(column, "tinyint") || native_starts(column, "bool"))
    own = 1;
  else if (native_starts(column, "smallint"))
    own = 2;
  else if (native_starts(column, "year"))
    return 2;
  else if (native_starts(column, "mediumint"))
    return 4;
  else if (native_starts(column, "int"))
    own = 4;
  bool is_unsigned = column.is_unsigned || column.kind == ValueKind::uint64;
  if (!is_unsigned) return own == 1 ? 2 : own;
  return own == 1 ? 2 : own * 2;
}

bool is_inet(const Column& column) { return native_starts(column, "inet4") || native_starts(column, "inet6"); }

std::string text_type(const Column& column) {
  if (is_inet(column)) return "inet";
  if (native_starts(column, "json")) return "json";
  bool sized = native_starts(column, "char") || native_starts(column, "varchar");
  if (!column.labels.empty() || !sized || column.length == 0 || column.length > kVarcharMax) return "text";
  return fmt::format("varchar({})", column.length);
}

/// numeric's modifier holds precision and scale; the scale is an 11-bit signed number since PostgreSQL 15.
bool numeric_holds(int32_t modifier, int32_t integer_digits, int32_t scale) {
  if (modifier < 0) return true;
  int32_t packed = modifier - kModifierHeader;
  int32_t precision = packed >> 16 & 0xffff;
  int32_t own_scale = ((packed & 0x7ff) ^ 1024) - 1024;
  return own_scale >= scale && precision - own_scale >= integer_digits;
}

bool integer_fits(const Column& column, const SinkType& type) {
  unsigned bytes = integer_bytes(column);
  switch (type.wire) {
    case WireType::int2: return bytes <= 2;
    case WireType::int4: return bytes <= 4;
    case WireType::int8: return bytes <= 8;
    case WireType::numeric: return numeric_holds(type.modifier, bytes > 8 ? 20 : bytes == 8 ? 19 : bytes == 4 ? 10 : 5, 0);
    case WireType::boolean: return native_starts(column, "tinyint(1)") || native_starts(column, "bool");
    default: return false;
  }
}

bool text_fits(const Column& column, const SinkType& type) {
  if (type.wire == WireType::json || type.wire == WireType::jsonb) return native_starts(column, "json") || column.kind == ValueKind::json;
  if (type.wire == WireType::inet) return is_inet(column);
  if (type.wire != WireType::text) return false;
  if (type.is_enum) return !column.labels.empty() && !column.is_set;
  if (type.is_blank_padded && !column.fixed_length) return false;
  if (type.modifier < 0) return true;
  bool bounded = native_starts(column, "char") || native_starts(column, "varchar");
  // a bounded text, or labels: the server checks each value
  return !column.labels.empty() || (bounded && column.length > 0 && type.modifier - kModifierHeader >= static_cast<int32_t>(column.length));
}

/// The number of fraction digits fits the column's modifier (-1: all six).
bool fraction_fits(const Column& column, int32_t modifier) { return modifier < 0 || modifier >= column.scale; }

bool fits_mysql(const Column& column, const SinkType& type) {
  WireType wire = type.wire;
  switch (column.kind) {
    case ValueKind::boolean:
    case ValueKind::int64:
    case ValueKind::uint64: return integer_fits(column, type);
    case ValueKind::float32: return wire == WireType::float4 || wire == WireType::float8;
    case ValueKind::float64: return wire == WireType::float8;
    case ValueKind::decimal:
      return wire == WireType::numeric &&
             numeric_holds(type.modifier, static_cast<int32_t>(column.length) - static_cast<int32_t>(column.scale), column.scale);
    case ValueKind::text:
    case ValueKind::json:
    case ValueKind::other: return text_fits(column, type);
    case ValueKind::bytes:
    case ValueKind::geometry: return wire == WireType::bytea || (is_inet(column) && wire == WireType::inet);
    case ValueKind::date: return wire == WireType::date;
    case ValueKind::time:
      // an interval's modifier holds its fraction digits in the low half, 0xffff for "all"
      if (wire == WireType::interval)
        return type.modifier < 0 || (type.modifier & 0xffff) == 0xffff || (type.modifier & 0xffff) >= column.scale;
      return wire == WireType::time && fraction_fits(column, type.modifier);
    case ValueKind::datetime: return wire == WireType::timestamp && fraction_fits(column, type.modifier);
    case ValueKind::timestamp:
      return (wire == WireType::timestamptz || wire == WireType::timestamp) && fraction_fits(column, type.modifier);
    case ValueKind::uuid: return wire == WireType::uuid;
    case ValueKind::bits:
      if (wire == WireType::boolean) return column.length == 1;
      return wire == WireType::bit && (type.modifier < 0 || type.modifier == static_cast<int32_t>(column.length) ||
                                       (type.oid == 1562 && type.modifier >= static_cast<int32_t>(column.length)));
    case ValueKind::vector: return wire == WireType::float4_array;
    default: return false;
  }
}

bool is_one_of(WireType wire, std::initializer_list<WireType> wires) { return std::find(wires.begin(), wires.end(), wire) != wires.end(); }

/// A value of this kind has a form on this wire, though it may be out of range there.
bool can_write(const Column& column, WireType wire) {
  using W = WireType;
  if (wire == W::text || wire == W::cast) return column.kind != ValueKind::vector && column.kind != ValueKind::geometry;
  switch (column.kind) {
    case ValueKind::boolean:
    case ValueKind::int64:
    case ValueKind::uint64: return is_one_of(wire, {W::int2, W::int4, W::int8, W::numeric, W::boolean});
    case ValueKind::float32: return is_one_of(wire, {W::float4, W::float8});
    case ValueKind::float64: return wire == W::float8;
    case ValueKind::decimal: return is_one_of(wire, {W::numeric, W::money});
    case ValueKind::text:
    case ValueKind::json: return is_one_of(wire, {W::json, W::jsonb, W::inet});
    case ValueKind::other: return wire == W::json || wire == W::jsonb;
    case ValueKind::bytes:
    case ValueKind::geometry: return wire == W::bytea;
    case ValueKind::date: return wire == W::date;
    case ValueKind::time: return wire == W::time || wire == W::interval;
    case ValueKind::datetime:
    case ValueKind::timestamp: return is_one_of(wire, {W::timestamp, W::timestamptz});
    case ValueKind::interval: return wire == W::interval;
    case ValueKind::uuid: return wire == W::uuid;
    case ValueKind::bits: return wire == W::bit || (wire == W::boolean && column.length == 1);
    case ValueKind::vector: return wire == W::float4_array;
    default: return false;
  }
}

bool is_unbounded_text(const SinkType& type) { return type.oid == 25 || (type.oid == 1043 && type.modifier < 0); }

bool fits_integer(const Column& column, const SinkType& type) {
  const unsigned bytes = column.native_type == "smallint" ? 2 : column.native_type == "integer" ? 4 : 8;
  switch (type.wire) {
    case WireType::int2: return bytes == 2;
    case WireType::int4: return bytes <= 4;
    case WireType::int8: return true;
    case WireType::numeric: return numeric_holds(type.modifier, bytes == 8 ? 19 : bytes == 4 ? 10 : 5, 0);
    default: return false;
  }
}

/// A column of PostgreSQL's: the same type, the same without bounds, or one that is provably wider.
bool fits_postgres(const Column& column, const SinkType& type) {
  if (type.sql == column.native_type || type.sql == without_modifier(column.native_type)) return true;
  switch (column.kind) {
    case ValueKind::int64:
    case ValueKind::uint64: return fits_integer(column, type);
    case ValueKind::decimal:
      if (type.wire != WireType::numeric || column.length == 0) return type.wire == WireType::numeric && type.modifier < 0;
      return fits_mysql(column, type);
    case ValueKind::text:
      if (is_unbounded_text(type)) return true;
      if (type.is_enum) return !column.labels.empty();
      // varchar(n) and char(n), also as domains
      return column.length > 0 && (type.oid == 1043 || (type.oid == 1042 && column.fixed_length)) && type.modifier >= 0 &&
             (type.is_blank_padded ? type.modifier - kModifierHeader == static_cast<int32_t>(column.length)
                                   : type.modifier - kModifierHeader >= static_cast<int32_t>(column.length));
    case ValueKind::json: return is_one_of(type.wire, {WireType::json, WireType::jsonb}) || is_unbounded_text(type);
    case ValueKind::interval: return (type.wire == WireType::interval && type.modifier < 0) || is_unbounded_text(type);
    case ValueKind::time: return type.wire == WireType::time && fraction_fits(column, type.modifier);
    case ValueKind::timestamp: return type.wire == WireType::timestamptz && fraction_fits(column, type.modifier);
    case ValueKind::array:
    case ValueKind::other: return is_unbounded_text(type);
    default: return fits_mysql(column, type);
  }
}

bool fits(const Column& column, const SinkType& type) {
  return column.family == TypeFamily::postgres ? fits_postgres(column, type) : fits_mysql(column, type);
}

}  // namespace

std::string without_modifier(const std::string& name) {
  const size_t open = name.find('('), close = name.find(')');
  if (open == std::string::npos || close == std::string::npos || name.find('"') != std::string::npos) return name;
  return name.substr(0, open) + name.substr(close + 1);
}

WireType wire_type_of(Oid oid) {
  switch (oid) {
    case 16: return WireType::boolean;
    case 17: return WireType::bytea;
    case 20: return WireType::int8;
    case 21: return WireType::int2;
    case 23: return WireType::int4;
    case 19:
    case 25:
    case 1042:
    case 1043: return WireType::text;
    case 114: return WireType::json;
    case 700: return WireType::float4;
    case 701: return WireType::float8;
    case 790: return WireType::money;
    case 869: return WireType::inet;
    case 1021: return WireType::float4_array;
    case 1082: return WireType::date;
    case 1083: return WireType::time;
    case 1114: return WireType::timestamp;
    case 1184: return WireType::timestamptz;
    case 1186: return WireType::interval;
    case 1560:
    case 1562: return WireType::bit;
    case 1700: return WireType::numeric;
    case 2950: return WireType::uuid;
    case 3802: return WireType::jsonb;
    default: return WireType::unsupported;
  }
}

WireType wire_for(const Column& column, const SinkType& type) {
  if (type.wire == WireType::unsupported) return WireType::cast;
  const bool text = type.wire == WireType::text || type.wire == WireType::json || type.wire == WireType::jsonb;
  const bool pass = column.kind == ValueKind::array || (column.kind == ValueKind::other && column.family == TypeFamily::postgres);
  if (pass && !text) return WireType::cast;
  if (column.kind == ValueKind::text && column.family == TypeFamily::postgres && type.wire == WireType::inet) return WireType::cast;
  return type.wire;
}

std::string base_sql_type(const Column& column) {
  const bool sized = column.length > 0 && column.length <= kVarcharMax;
  switch (column.kind) {
    case ValueKind::int64: return "bigint";
    case ValueKind::text:
      for (std::string_view name : {"citext", "ltree", "lquery", "ltxtquery"}) {
        const std::string& native = column.native_type;
        if (native.size() >= name.size() && native.compare(native.size() - name.size(), name.size(), name) == 0) return {};
      }
      if (!sized) return "text";
      return fmt::format("{}({})", column.fixed_length ? "character" : "character varying", column.length);
    case ValueKind::decimal: return column.length == 0 ? "numeric" : fmt::format("numeric({},{})", column.length, column.scale);
    case ValueKind::time: return fmt::format("time({})", column.scale);
    case ValueKind::interval: return "interval";
    case ValueKind::json: return "json";
    case ValueKind::array:
    case ValueKind::vector:
    case ValueKind::geometry:
    case ValueKind::other: return {};
    default: {
      Column plain = column;
      plain.family = TypeFamily::mysql;
      return default_sql_type(plain);
    }
  }
}

std::string default_sql_type(const Column& column) {
  if (column.family == TypeFamily::postgres) return column.native_type;
  switch (column.kind) {
    case ValueKind::boolean: return "boolean";
    case ValueKind::int64:
    case ValueKind::uint64: {
      unsigned bytes = integer_bytes(column);
      return bytes == 2 ? "smallint" : bytes == 4 ? "integer" : bytes == 8 ? "bigint" : "numeric(20,0)";
    }
    case ValueKind::float32: return "real";
    case ValueKind::float64: return "double precision";
    case ValueKind::decimal: return column.length == 0 ? "numeric" : fmt::format("numeric({},{})", column.length, column.scale);
    case ValueKind::date: return "date";
    case ValueKind::time: return fmt::format("interval({})", column.scale);
    case ValueKind::datetime: return fmt::format("timestamp({})", column.scale);
    case ValueKind::timestamp: return fmt::format("timestamptz({})", column.scale);
    case ValueKind::uuid: return "uuid";
    // MariaDB keeps the text of its JSON as it was written, MySQL normalises it; only the latter loses nothing as jsonb
    case ValueKind::json: return native_starts(column, "longtext") ? "json" : "jsonb";
    case ValueKind::bits: return column.length == 0 ? "varbit" : fmt::format("bit({})", column.length);
    case ValueKind::vector: return "real[]";
    case ValueKind::bytes:
    case ValueKind::geometry: return is_inet(column) ? "inet" : "bytea";
    default: return text_type(column);
  }
}

std::string_view what_is_lost(const Column& column) {
  if (column.family == TypeFamily::postgres) return {};
  switch (column.kind) {
    case ValueKind::date:
    case ValueKind::datetime:
    case ValueKind::timestamp: return "zero and partial dates: NULL, or refused (`zero_date`)";
    case ValueKind::json: return "white space, order and repetition of members; `\\u0000`: refused, or stripped (`nul_character`)";
    case ValueKind::geometry: return "that it is geometry: SRID and WKB as bytes";
    case ValueKind::text:
      if (is_inet(column)) return {};
      if (!column.labels.empty())
        return column.is_set ? "that only labels are allowed" : "the order of the labels, and that only these are allowed";
      return "U+0000: refused, or stripped (`nul_character`)";
    default: return {};
  }
}

ZeroDatePolicy zero_date_policy(const ColumnRule& rule, ZeroDatePolicy of_sink) {
  if (rule.unfit == Unfit::by_default) return of_sink;
  return rule.unfit == Unfit::null ? ZeroDatePolicy::null : ZeroDatePolicy::error;
}

bool keeps_not_null(const Column& column, const ColumnRule& rule, ZeroDatePolicy policy, bool in_key) {
  if (column.nullable || in_key) return !column.nullable;
  if (rule.unfit == Unfit::null) return false;
  const bool is_date = column.kind == ValueKind::date || column.kind == ValueKind::datetime || column.kind == ValueKind::timestamp;
  const bool has_zero = is_date && column.family == TypeFamily::mysql;
  return !has_zero || zero_date_policy(rule, policy) != ZeroDatePolicy::null;
}

std::optional<std::string> misfit(const Column& column, const SinkType& type, const ColumnRule& rule) {
  const bool ruled = !rule.type.empty() || rule.unfit != Unfit::by_default;
  if (ruled && can_write(column, wire_for(column, type))) return std::nullopt;
  if (fits(column, type)) return std::nullopt;
  if (type.wire == WireType::unsupported && column.family == TypeFamily::mysql) return fmt::format("type {} is not supported", type.sql);
  return fmt::format("type {} cannot hold every {}", type.sql, column.native_type);
}

}  // namespace tidemark::postgres
