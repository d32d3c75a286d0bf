// Whether an existing column at the sink holds what the source's column may have.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "engine/mysql/charset.h"
#include "engine/mysql/decimal.h"
#include "engine/mysql/sink_collation.h"
#include "engine/mysql/sink_type_rules.h"
#include "engine/mysql/sink_type_size.h"
#include "engine/mysql/sink_types.h"

namespace tidemark::mysql {
namespace {

constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

bool native_starts(const Column& column, std::string_view prefix) { return column.native_type.compare(0, prefix.size(), prefix) == 0; }

bool is_json(TargetType type) { return type == TargetType::json || type == TargetType::checked_json; }

// --- numbers ---

unsigned source_integer_bytes(const Column& column) {
  if (column.kind == ValueKind::boolean || native_starts(column, "tinyint")) return 1;
  if (native_starts(column, "smallint")) return 2;
  if (native_starts(column, "mediumint")) return 3;
  if (native_starts(column, "int") || native_starts(column, "oid")) return 4;
  return 8;
}

uint32_t decimal_digits(unsigned bytes, bool is_unsigned) {
  switch (bytes) {
    case 1: return 3;
    case 2: return 5;
    case 3: return is_unsigned ? 8 : 7;
    case 4: return 10;
    default: return is_unsigned ? 20 : 19;
  }
}

bool integer_fits(const Column& column, const TargetColumn& target) {
  if (native_starts(column, "year") && target.type == TargetType::year) return true;
  const unsigned bytes = native_starts(column, "year") ? 2 : source_integer_bytes(column);
  const bool is_unsigned = column.kind == ValueKind::uint64, to_unsigned = target.column.is_unsigned;
  switch (target.type) {
    case TargetType::integer:
      if (column.kind == ValueKind::boolean || native_starts(column, "year")) return bytes <= target.integer_bytes;
      if (is_unsigned == to_unsigned) return bytes <= target.integer_bytes;
      return is_unsigned && bytes < target.integer_bytes;
    case TargetType::decimal:
      return (is_unsigned || !to_unsigned) && target.column.length - target.column.scale >= decimal_digits(bytes, is_unsigned);
    default: return false;
  }
}

bool text_holds(const TargetColumn& target, uint64_t characters, uint64_t bytes);

bool decimal_fits(const Column& column, const TargetColumn& target) {
  if (target.type == TargetType::text) return column.length > 0 && text_holds(target, column.length + 3, column.length + 3);
  if (target.type != TargetType::decimal || (target.column.is_unsigned && !column.is_unsigned)) return false;
  const uint32_t whole = target.column.length - target.column.scale;
  if (const uint32_t digits = digits_of_negative_scale(column); digits > 0) return whole >= digits;
  // any number: the widest type, and values are checked
  if (column.length == 0) return whole >= kDecimalPrecisionMax - kDecimalScaleMax && target.column.scale == kDecimalScaleMax;
  return target.column.scale >= column.scale && whole + column.scale >= column.length;
}

/// FLOAT(7,3) rounds what it is given.
bool keeps_digits(const Column& column, const TargetColumn& target) {
  return target.column.native_type.find('(') == std::string::npos || target.column.native_type == column.native_type;
}

// --- text and bytes ---

bool text_holds(const TargetColumn& target, uint64_t characters, uint64_t bytes) {
  if (target.type != TargetType::text) return false;
  if (target.octets_max == 0) return target.column.length >= characters;
  return target.octets_max >= std::min(bytes, uint64_t{4294967295});
}

bool charset_holds(std::string_view source, std::string_view target) {
  const Charset* from = charset_by_name(source);
  const Charset* to = charset_by_name(target);
  if (from == nullptr || to == nullptr || from == to || source == "ascii") return to != nullptr;
  const auto beyond_bmp = [](std::string_view name) {
    return name == "utf8mb4" || name == "utf16" || name == "utf16le" || name == "utf32" || name == "gb18030";
  };
  if (to->name() == "gb18030") return false;  // it has them all but for some private ones
  return beyond_bmp(to->name()) || ((to->name() == "utf8mb3" || to->name() == "ucs2") && !beyond_bmp(from->name()));
}

bool labels_fit(const Column& column, const TargetColumn& target) {
  if (target.type == TargetType::label && !column.is_set) {
    return std::all_of(column.labels.begin(), column.labels.end(), [&](const std::string& label) {
      return std::find(target.column.labels.begin(), target.column.labels.end(), label) != target.column.labels.end();
    });
  }
  if (target.type == TargetType::label_set && column.is_set) {  // printed in this order
    return column.labels.size() <= target.column.labels.size() &&
           std::equal(column.labels.begin(), column.labels.end(), target.column.labels.begin());
  }
  uint64_t longest = 0, all = 0;
  for (const std::string& label : column.labels) {
    longest = std::max<uint64_t>(longest, label.size());
    all += label.size() + 1;
  }
  return !target.column.fixed_length && text_holds(target, column.is_set ? all : longest, column.is_set ? all : longest);
}

/// Bytes that a TEXT of the source may have, in its own character set; kUnlimited for LONGTEXT and for PostgreSQL's.
uint64_t large_text_bytes(const Column& column) {
  if (column.family == TypeFamily::postgres) return kUnlimited;
  if (native_starts(column, "tinytext")) return 255;
  if (native_starts(column, "text")) return 65535;
  if (native_starts(column, "mediumtext")) return 16777215;
  return kUnlimited;
}

bool text_fits(const Column& column, const TargetColumn& target, bool in_key) {
  const bool is_postgres = column.family == TypeFamily::postgres;
  if (native_starts(column, "inet") && !is_postgres) {
    if (target.type == TargetType::inet) return native_starts(column, target.data_type);
    return text_holds(target, 45, 45) || (native_starts(column, "inet4") && text_holds(target, 15, 15));
  }
  const std::string source_charset = is_postgres ? "utf8mb4" : column.charset;
  if (!column.labels.empty()) {
    return (target.type == TargetType::label || target.type == TargetType::label_set ||
            charset_holds(source_charset, target.column.charset)) &&
           labels_fit(column, target);
  }
  if (target.type != TargetType::text || !charset_holds(source_charset, target.column.charset)) return false;
  if (target.column.fixed_length && !column.fixed_length) return false;
  if (in_key && column.length == 0) return true;
  if (column.length > 0)
    return text_holds(target, column.length, uint64_t{column.length} * charset_by_name(target.column.charset)->bytes_max());
  if (!is_postgres && !column.large_object) return true;  // CHAR(0), VARCHAR(0)
  if (is_postgres) {                                      // name, "char"
    const TypeSize size = size_of_type(postgres_rule(column).mysql);
    if (!size.is_large) return text_holds(target, size.key_bytes / size.bytes_per_character, size.key_bytes);
  }
  uint64_t bytes = large_text_bytes(column);
  // a byte of another character set may become three of UTF-8
  if (bytes != kUnlimited && source_charset != target.column.charset) bytes *= 3;
  return text_holds(target, bytes, bytes);
}

uint64_t source_octets(const Column& column) {
  if (column.length > 0) return column.length;
  if (native_starts(column, "tinyblob")) return 255;
  if (native_starts(column, "blob")) return 65535;
  if (native_starts(column, "mediumblob")) return 16777215;
  return column.large_object || column.family == TypeFamily::postgres ? 4294967295 : 0;
}

bool bytes_hold(const TargetColumn& target, uint64_t octets) {
  return target.type == TargetType::bytes && !target.column.fixed_length && target.octets_max >= octets;
}

bool bytes_fit(const Column& column, const TargetColumn& target, bool in_key) {
  if (target.type != TargetType::bytes) return false;
  if (target.column.fixed_length) return column.fixed_length && column.length == target.column.length;
  return bytes_hold(target, source_octets(column)) || (in_key && column.length == 0);
}

// --- the rest ---

bool bits_fit(const Column& column, const TargetColumn& target) {
  if (target.type == TargetType::bits) return column.length > 0 && target.column.length >= column.length;
  if (target.type == TargetType::integer) return column.length == 1;
  return bytes_hold(target, (column.length + 7) / 8);
}

bool geometry_fits(const Column& column, const TargetColumn& target) {
  if (bytes_hold(target, 4294967295)) return true;
  if (target.type != TargetType::geometry) return false;
  const std::string_view to = target.data_type;
  // MySQL and MariaDB each have a name of their own for the same
  const bool are_collections = (native_starts(column, "geomcollection") || native_starts(column, "geometrycollection")) &&
                               (to == "geomcollection" || to == "geometrycollection");
  return to == "geometry" || native_starts(column, to) || are_collections;
}

/// Texts of types that are only passed on: as much room as the type that we would choose gives.
bool other_fits(const Column& column, const TargetColumn& target, bool in_key) {
  const PostgresRule& rule = postgres_rule(column);
  if (rule.source == "hstore" && is_json(target.type)) return true;
  if (rule.source == "point" && target.type == TargetType::geometry) return target.data_type == "point" || target.data_type == "geometry";
  if ((rule.source == "geometry" || rule.source == "geography") && target.type == TargetType::geometry)
    return target.data_type == "geometry";
  if ((rule.source == "vector" || rule.source == "halfvec") && (is_json(target.type) || target.type == TargetType::vector)) return true;
  if (target.type != TargetType::text || target.column.fixed_length) return false;
  if (rule.mysql.rfind("varchar({n})", 0) == 0)
    return column.length > 0 ? text_holds(target, column.length, column.length) : in_key || target.octets_max > 16777215;
  const TypeSize size = size_of_type(rule.mysql);
  if (size.is_large) return in_key || (target.octets_max > 16777215 && charset_holds("utf8mb4", target.column.charset));
  return text_holds(target, size.key_bytes / size.bytes_per_character, size.key_bytes / size.bytes_per_character);
}

bool fits(const Column& column, const TargetColumn& target, bool in_key) {
  const TargetType to = target.type;
  const bool fraction_fits = target.column.scale >= column.scale;
  switch (column.kind) {
    case ValueKind::boolean:
    case ValueKind::int64:
    case ValueKind::uint64: return integer_fits(column, target);
    case ValueKind::float32: return (to == TargetType::float32 || to == TargetType::float64) && keeps_digits(column, target);
    case ValueKind::float64: return to == TargetType::float64 && keeps_digits(column, target);
    case ValueKind::decimal: return decimal_fits(column, target);
    case ValueKind::date: return to == TargetType::date;
    case ValueKind::time: return to == TargetType::time && fraction_fits;
    case ValueKind::datetime: return to == TargetType::datetime && fraction_fits;
    case ValueKind::timestamp:
      return fraction_fits && (to == TargetType::datetime || (to == TargetType::timestamp && column.family == TypeFamily::mysql));
    case ValueKind::text: return text_fits(column, target, in_key);
    case ValueKind::bytes: return bytes_fit(column, target, in_key);
    case ValueKind::uuid:
      return to == TargetType::uuid || text_holds(target, 36, 36) ||
             (to == TargetType::bytes && target.octets_max >= 16 && (!target.column.fixed_length || target.column.length == 16));
    case ValueKind::json:
    case ValueKind::array: {
      const bool is_long = in_key ? to == TargetType::text : text_holds(target, kUnlimited, kUnlimited);
      return is_json(to) || (is_long && charset_holds("utf8mb4", target.column.charset));
    }
    case ValueKind::bits: return bits_fit(column, target);
    case ValueKind::vector:
      return is_json(to) || (to == TargetType::vector && target.column.length >= column.length) || bytes_hold(target, 4ull * column.length);
    case ValueKind::geometry: return geometry_fits(column, target);
    case ValueKind::interval:
    case ValueKind::other: return other_fits(column, target, in_key);
    default: return false;
  }
}

}  // namespace

std::optional<std::string> misfit(const Column& column, const TargetColumn& target, bool in_key) {
  if (target.is_generated) return "is computed there";
  if (target.type == TargetType::unsupported) return fmt::format("type {} is not supported", target.column.native_type);
  if (fits(column, target, in_key)) return std::nullopt;
  return fmt::format("type {} cannot hold every {}", target.column.native_type, column.native_type);
}

std::optional<std::string> key_misfit(const Column& column, const TargetColumn& target) {
  const bool is_text = target.type == TargetType::text || target.type == TargetType::label || target.type == TargetType::label_set;
  if (!is_text) return std::nullopt;
  // what is no free text has one form, without spaces at its end
  const ValueKind kind = column.kind;
  const bool is_free = kind == ValueKind::text || kind == ValueKind::other || kind == ValueKind::json || kind == ValueKind::array;
  if (!is_free) return std::nullopt;
  const bool is_postgres = column.family == TypeFamily::postgres;
  // padded both there and here
  if (column.fixed_length && is_exact(target.column.collation)) return std::nullopt;
  const std::string source = is_postgres ? "binary" : column.collation;
  if (column.kind == ValueKind::other && target.column.charset == "ascii") return std::nullopt;
  if (tells_as_much_apart(source, target.column.collation)) return std::nullopt;
  return fmt::format("collation {} takes keys for equal that are different at the source", target.column.collation);
}

}  // namespace tidemark::mysql
