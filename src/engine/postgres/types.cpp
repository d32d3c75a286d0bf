#include "engine/postgres/types.h"

#include <fmt/format.h>

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

bool fits(const Column& column, const SinkType& type) {
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

}  // namespace

WireType wire_type_of(Oid oid) {
  switch (oid) {
    case 16: return WireType::boolean;
    case 17: return WireType::bytea;
    case 20: return WireType::int8;
    case 21: return WireType::int2;
    case 23: return WireType::int4;
    case 25:
    case 1042:
    case 1043: return WireType::text;
    case 114: return WireType::json;
    case 700: return WireType::float4;
    case 701: return WireType::float8;
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

std::string default_sql_type(const Column& column) {
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

bool keeps_not_null(const Column& column, ZeroDatePolicy policy, bool in_key) {
  if (column.nullable) return false;
  bool has_zero = column.kind == ValueKind::date || column.kind == ValueKind::datetime || column.kind == ValueKind::timestamp;
  return in_key || !has_zero || policy != ZeroDatePolicy::null;
}

std::optional<std::string> misfit(const Column& column, const SinkType& type) {
  if (type.wire == WireType::unsupported) return fmt::format("type {} is not supported", type.sql);
  if (fits(column, type)) return std::nullopt;
  return fmt::format("type {} cannot hold every {}", type.sql, column.native_type);
}

}  // namespace tidemark::postgres
