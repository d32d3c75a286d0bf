#include <algorithm>
#include <iterator>
#include <optional>

#include "engine/mysql/charset.h"
#include "engine/mysql/table_agreement.h"
#include "engine/mysql/table_map.h"

namespace tidemark::mysql {

namespace {

std::string with_length(std::string_view word, uint32_t length) { return std::string(word) + "(" + std::to_string(length) + ")"; }

void make_text(Column& column, std::string_view charset) {
  column.kind = ValueKind::text;
  column.charset = charset;
}

/// CHAR, VARCHAR, TEXT and BLOB: text when the log says so. Without metadata nothing tells text from bytes: bytes keep everything.
void make_characters(Column& column, const MapColumn& from, const TableMap& map) {
  static constexpr std::string_view kText[] = {"tinytext", "text", "mediumtext", "longtext"};
  static constexpr std::string_view kBlob[] = {"tinyblob", "blob", "mediumblob", "longblob"};
  const Charset* charset = map.has_charsets ? collation_by_id(from.collation).charset : nullptr;
  const bool text = charset != nullptr && !charset->is_binary();
  const bool blob = from.type != ColumnType::string && from.type != ColumnType::varchar && from.type != ColumnType::var_string &&
                    from.type != ColumnType::mariadb_varchar_compressed;
  column.kind = ValueKind::bytes;
  if (text) make_text(column, charset->name());
  if (blob) {
    size_t width = std::clamp<size_t>(from.meta, 1, 4) - 1;
    column.native_type = text ? kText[width] : kBlob[width];
    column.large_object = true;
    return;
  }
  column.fixed_length = from.type == ColumnType::string;
  column.length = text ? from.meta / charset->bytes_max() : from.meta;
  column.native_type = with_length(column.fixed_length ? (text ? "char" : "binary") : (text ? "varchar" : "varbinary"), column.length);
}

void make_labelled(Column& column, const MapColumn& from) {
  column.is_set = from.type == ColumnType::set;
  column.native_type = column.is_set ? "set" : "enum";
  if (from.labels.empty()) {  // only its number is known, of a SET the bits
    column.kind = ValueKind::uint64;
    return;
  }
  const Charset* charset = collation_by_id(from.collation).charset;
  make_text(column, charset == nullptr ? "utf8mb4" : charset->name());
  for (const std::string& label : from.labels) column.labels.push_back(charset == nullptr ? label : charset->to_utf8(label));
}

void make_type(Column& column, const MapColumn& from, const TableMap& map, Flavour flavour) {
  static constexpr struct {
    ColumnType type;
    std::string_view native;
    ValueKind kind;
  } kPlain[] = {
      {ColumnType::tiny, "tinyint", ValueKind::int64},
      {ColumnType::short_int, "smallint", ValueKind::int64},
      {ColumnType::int24, "mediumint", ValueKind::int64},
      {ColumnType::long_int, "int", ValueKind::int64},
      {ColumnType::longlong, "bigint", ValueKind::int64},
      {ColumnType::float32, "float", ValueKind::float32},
      {ColumnType::float64, "double", ValueKind::float64},
      {ColumnType::year, "year", ValueKind::int64},
      {ColumnType::date, "date", ValueKind::date},
      {ColumnType::newdate, "date", ValueKind::date},
      {ColumnType::time, "time", ValueKind::time},
      {ColumnType::datetime, "datetime", ValueKind::datetime},
      {ColumnType::timestamp, "timestamp", ValueKind::timestamp},
      {ColumnType::json, "json", ValueKind::json},
      {ColumnType::geometry, "geometry", ValueKind::geometry},
      {ColumnType::vector, "vector", ValueKind::vector},
  };
  const auto* plain = std::find_if(std::begin(kPlain), std::end(kPlain), [&](const auto& p) { return p.type == from.type; });
  if (plain != std::end(kPlain)) {
    column.kind = plain->kind;
    column.native_type = plain->native;
    column.large_object = from.type == ColumnType::json || from.type == ColumnType::geometry || from.type == ColumnType::vector;
    bool integer = column.kind == ValueKind::int64 && from.type != ColumnType::year;
    if (integer && map.has_signedness && from.is_unsigned) {
      column.kind = ValueKind::uint64;
      column.is_unsigned = true;
      column.native_type += " unsigned";
    }
    return;
  }
  switch (from.type) {
    case ColumnType::time2:
    case ColumnType::datetime2:
    case ColumnType::timestamp2:
      column.kind = from.type == ColumnType::time2       ? ValueKind::time
                    : from.type == ColumnType::datetime2 ? ValueKind::datetime
                                                         : ValueKind::timestamp;
      column.scale = static_cast<uint8_t>(from.meta);
      column.native_type = with_length(kind_name(column.kind), column.scale);
      break;
    case ColumnType::decimal:
      column.kind = ValueKind::decimal;
      column.length = from.meta >> 8;
      column.scale = static_cast<uint8_t>(from.meta);
      column.native_type = "decimal(" + std::to_string(column.length) + "," + std::to_string(column.scale) + ")";
      break;
    case ColumnType::bit:
      column.kind = ValueKind::bits;
      column.length = from.meta;
      column.native_type = with_length("bit", column.length);
      break;
    case ColumnType::enumeration:
    case ColumnType::set: make_labelled(column, from); break;
    default:
      if (is_character(from.type, flavour))
        make_characters(column, from, map);
      else
        column.native_type = describe(from);
  }
}

}  // namespace

SchemaRef schema_from_table_map(const TableMap& map, Flavour flavour) {
  auto schema = std::make_shared<TableSchema>();
  schema->name = {map.database, map.table};
  schema->source_columns = static_cast<uint16_t>(map.columns.size());
  for (size_t i = 0; i < map.columns.size(); ++i) {
    const MapColumn& from = map.columns[i];
    Column column;
    column.name = map.has_names ? from.name : "@" + std::to_string(i + 1);
    column.ordinal = static_cast<uint16_t>(i);
    column.nullable = from.nullable;
    make_type(column, from, map, flavour);
    schema->columns.push_back(std::move(column));
  }
  for (const auto& [column, prefix] : map.primary_key) {
    if (prefix == 0) schema->key.push_back(column);
  }
  if (schema->key.size() != map.primary_key.size()) schema->key.clear();  // a key of prefixes identifies nothing
  if (!schema->key.empty()) schema->key_origin = KeyOrigin::primary;
  return schema;
}

}  // namespace tidemark::mysql
