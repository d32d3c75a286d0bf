#include "engine/mysql/table_agreement.h"

#include <fmt/format.h>

#include <algorithm>

#include "tidemark/error.h"

namespace tidemark::mysql {

namespace {

struct NativeType {
  std::string_view word;     // the first of native_type
  ColumnType wire, older;    // how the log may say it
  uint8_t length_bytes = 0;  // of BLOB and TEXT
};

constexpr NativeType kNative[] = {
    {"tinyint", ColumnType::tiny, ColumnType::tiny},
    {"smallint", ColumnType::short_int, ColumnType::short_int},
    {"mediumint", ColumnType::int24, ColumnType::int24},
    {"int", ColumnType::long_int, ColumnType::long_int},
    {"bigint", ColumnType::longlong, ColumnType::longlong},
    {"float", ColumnType::float32, ColumnType::float32},
    {"double", ColumnType::float64, ColumnType::float64},
    {"decimal", ColumnType::decimal, ColumnType::decimal},
    {"bit", ColumnType::bit, ColumnType::bit},
    {"year", ColumnType::year, ColumnType::year},
    {"date", ColumnType::date, ColumnType::newdate},
    {"time", ColumnType::time2, ColumnType::time},
    {"datetime", ColumnType::datetime2, ColumnType::datetime},
    {"timestamp", ColumnType::timestamp2, ColumnType::timestamp},
    {"char", ColumnType::string, ColumnType::string},
    {"binary", ColumnType::string, ColumnType::string},
    {"varchar", ColumnType::varchar, ColumnType::mariadb_varchar_compressed},
    {"varbinary", ColumnType::varchar, ColumnType::mariadb_varchar_compressed},
    {"enum", ColumnType::enumeration, ColumnType::enumeration},
    {"set", ColumnType::set, ColumnType::set},
    {"tinytext", ColumnType::blob, ColumnType::mariadb_blob_compressed, 1},
    {"tinyblob", ColumnType::blob, ColumnType::mariadb_blob_compressed, 1},
    {"text", ColumnType::blob, ColumnType::mariadb_blob_compressed, 2},
    {"blob", ColumnType::blob, ColumnType::mariadb_blob_compressed, 2},
    {"mediumtext", ColumnType::blob, ColumnType::mariadb_blob_compressed, 3},
    {"mediumblob", ColumnType::blob, ColumnType::mariadb_blob_compressed, 3},
    {"longtext", ColumnType::blob, ColumnType::mariadb_blob_compressed, 4},
    {"longblob", ColumnType::blob, ColumnType::mariadb_blob_compressed, 4},
    {"json", ColumnType::json, ColumnType::blob, 4},
    {"vector", ColumnType::vector, ColumnType::varchar},
    {"uuid", ColumnType::string, ColumnType::string},
    {"inet4", ColumnType::string, ColumnType::string},
    {"inet6", ColumnType::string, ColumnType::string},
    {"geometry", ColumnType::geometry, ColumnType::geometry},
    {"point", ColumnType::geometry, ColumnType::geometry},
    {"linestring", ColumnType::geometry, ColumnType::geometry},
    {"polygon", ColumnType::geometry, ColumnType::geometry},
    {"multipoint", ColumnType::geometry, ColumnType::geometry},
    {"multilinestring", ColumnType::geometry, ColumnType::geometry},
    {"multipolygon", ColumnType::geometry, ColumnType::geometry},
    {"geometrycollection", ColumnType::geometry, ColumnType::geometry},
    {"geomcollection", ColumnType::geometry, ColumnType::geometry},
};

const NativeType* find_native(const Column& column) {
  std::string_view word = column.native_type;
  word = word.substr(0, word.find_first_of(" ("));
  const auto* it = std::find_if(std::begin(kNative), std::end(kNative), [&](const NativeType& n) { return n.word == word; });
  return it == std::end(kNative) ? nullptr : it;
}

/// Characters of CHAR and VARCHAR travel as the longest length in bytes.
uint32_t longest_bytes(const Column& column) {
  if (column.kind != ValueKind::text) return column.length;
  const Charset* charset = charset_by_name(column.charset);
  return charset == nullptr ? 0 : column.length * charset->bytes_max();
}

bool sizes_agree(const MapColumn& from, const Column& to, const NativeType& native) {
  switch (from.type) {
    case ColumnType::decimal: return from.meta == (to.length << 8 | to.scale);
    case ColumnType::bit: return from.meta == to.length;
    case ColumnType::time2:
    case ColumnType::datetime2:
    case ColumnType::timestamp2: return from.meta == to.scale;
    case ColumnType::enumeration: return from.meta == (to.labels.size() < 256 ? 1 : 2) || to.labels.empty();
    case ColumnType::set: return to.labels.empty() || from.meta >= (to.labels.size() + 7) / 8;
    case ColumnType::blob:
    case ColumnType::mariadb_blob_compressed: return native.length_bytes == 0 || from.meta == native.length_bytes;
    case ColumnType::string:
    case ColumnType::varchar:
      return to.length == 0 || to.kind == ValueKind::vector || longest_bytes(to) == 0 || from.meta == longest_bytes(to);
    default: return true;
  }
}

bool is_integer(ColumnType type) {
  return type == ColumnType::tiny || type == ColumnType::short_int || type == ColumnType::int24 || type == ColumnType::long_int ||
         type == ColumnType::longlong;
}

bool labels_agree(const MapColumn& from, const Column& to) {
  if (from.labels.empty()) return true;
  const Charset* charset = from.collation != 0 ? collation_by_id(from.collation).charset : charset_by_name(to.charset);
  if (charset == nullptr || from.labels.size() != to.labels.size()) return false;
  return std::equal(from.labels.begin(), from.labels.end(), to.labels.begin(),
                    [&](const std::string& a, const std::string& b) { return charset->to_utf8(a) == b; });
}

/// Empty: the column agrees.
std::string difference(const TableMap& map, const MapColumn& from, const Column& to, Flavour flavour) {
  if (map.has_names && from.name != to.name) return fmt::format("is called {} in the log", printable(from.name));
  const NativeType* native = find_native(to);
  if (native == nullptr) return {};
  bool same_type = from.type == native->wire || from.type == native->older;
  if (!same_type || !sizes_agree(from, to, *native))
    return fmt::format("is {} in the log, {} in the schema", describe(from), printable(to.native_type));
  if (map.has_signedness && is_integer(from.type) && from.is_unsigned != to.is_unsigned) {
    return fmt::format("is {} in the log, {} in the schema", from.is_unsigned ? "unsigned" : "signed",
                       to.is_unsigned ? "unsigned" : "signed");
  }
  if (map.has_charsets && is_character(from.type, flavour) && to.kind == ValueKind::text && !to.collation.empty()) {
    Collation collation = collation_by_id(from.collation);
    const Charset* expected = charset_by_name(to.charset);
    if (collation.charset != expected) {
      std::string in_log =
          collation.charset == nullptr ? fmt::format("collation {}", from.collation) : std::string(collation.charset->name());
      return fmt::format("has character set {} in the log, {} in the schema", in_log, printable(to.charset));
    }
  }
  if (!labels_agree(from, to)) return "has other labels in the log than in the schema";
  return {};
}

}  // namespace

std::string describe(const MapColumn& column) {
  std::string_view name = type_name(column.type);
  if (name.empty()) return fmt::format("type {}", static_cast<unsigned>(column.type));
  switch (column.type) {
    case ColumnType::decimal: return fmt::format("{}({},{})", name, column.meta >> 8, column.meta & 0xFF);
    case ColumnType::bit:
    case ColumnType::time2:
    case ColumnType::datetime2:
    case ColumnType::timestamp2: return fmt::format("{}({})", name, column.meta);
    case ColumnType::string:
    case ColumnType::varchar:
    case ColumnType::mariadb_varchar_compressed: return fmt::format("{} of {} bytes", name, column.meta);
    case ColumnType::blob:
    case ColumnType::mariadb_blob_compressed: return fmt::format("{} with {}-byte lengths", name, column.meta);
    case ColumnType::enumeration:
    case ColumnType::set: return fmt::format("{} of {} bytes", name, column.meta);
    default: return std::string(name);
  }
}

void check_agreement(const TableMap& map, const TableSchema& schema, const ServerKind& server) {
  const std::string hint = "a statement changed the table: start the pipeline anew for it, so that it is copied with its new columns";
  if (map.columns.size() != schema.source_columns) {
    throw Error(ErrorKind::schema_changed, fmt::format("table {}", printable(schema.name.text())),
                fmt::format("the log has {} columns, the schema {}", map.columns.size(), schema.source_columns), hint);
  }
  for (const Column& column : schema.columns) {
    if (column.ordinal >= map.columns.size()) {
      throw Error(ErrorKind::internal, fmt::format("table {}, column {}", printable(schema.name.text()), printable(column.name)),
                  "place beyond the table's columns");
    }
    std::string what = difference(map, map.columns[column.ordinal], column, server.flavour);
    if (!what.empty())
      throw Error(ErrorKind::schema_changed, fmt::format("table {}, column {}", printable(schema.name.text()), printable(column.name)),
                  what, hint);
  }
}

}  // namespace tidemark::mysql
