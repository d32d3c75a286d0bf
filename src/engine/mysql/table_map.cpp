#include "engine/mysql/table_map.h"

#include <algorithm>

#include "engine/mysql/table_map_metadata.h"

namespace tidemark::mysql {

namespace {

bool read_head(ByteCursor& body, uint64_t& table_id, uint16_t& flags, std::string_view& database, std::string_view& table) {
  table_id = body.u48();
  flags = body.u16();
  database = body.bytes(body.length_encoded());
  body.skip(1);
  table = body.bytes(body.length_encoded());
  body.skip(1);
  return !body.failed();
}

uint16_t big16(ByteCursor& cursor) { return static_cast<uint16_t>(cursor.big(2)); }

/// CHAR and BINARY longer than 255 bytes put two bits of the length into the type byte; ENUM and SET travel as STRING.
void unpack_string(MapColumn& column, uint16_t packed) {
  auto type = static_cast<uint8_t>(packed >> 8);
  auto length = static_cast<uint16_t>(packed & 0xFF);
  if ((type & 0x30) != 0x30) {
    length = static_cast<uint16_t>(length | ((type & 0x30) ^ 0x30) << 4);
    type |= 0x30;
  }
  column.meta = length;
  auto real = static_cast<ColumnType>(type);
  if (real == ColumnType::enumeration || real == ColumnType::set) column.type = real;
}

bool read_type_metadata(ByteCursor& cursor, MapColumn& column) {
  switch (column.type) {
    case ColumnType::float32:
    case ColumnType::float64:
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
    case ColumnType::mariadb_blob_compressed:
    case ColumnType::geometry:
    case ColumnType::json:
    case ColumnType::vector:
    case ColumnType::timestamp2:
    case ColumnType::datetime2:
    case ColumnType::time2: column.meta = cursor.u8(); break;
    case ColumnType::varchar:
    case ColumnType::var_string:
    case ColumnType::mariadb_varchar_compressed: column.meta = cursor.u16(); break;
    case ColumnType::bit: {
      uint16_t bits = cursor.u8();
      column.meta = static_cast<uint16_t>(bits + cursor.u8() * 8);
      break;
    }
    case ColumnType::decimal: column.meta = big16(cursor); break;
    case ColumnType::string:
    case ColumnType::enumeration:
    case ColumnType::set: unpack_string(column, big16(cursor)); break;
    case ColumnType::typed_array: return false;
    default: break;
  }
  return !cursor.failed();
}

}  // namespace

bool parse_table_map_head(ByteCursor body, TableMapHead& head) {
  uint16_t flags = 0;
  return read_head(body, head.table_id, flags, head.database, head.table);
}

bool parse_table_map(ByteCursor body, Flavour flavour, TableMap& map, std::string& why) {
  map = TableMap();
  map.raw.assign(body.here(), body.left());
  std::string_view database, table;
  if (!read_head(body, map.table_id, map.flags, database, table)) {
    why = "table map ends in its head";
    return false;
  }
  map.database = database;
  map.table = table;
  uint64_t count = body.length_encoded();
  if (body.failed() || count == 0 || count > kColumnsMax || count > body.left()) {
    why = "table map announces " + std::to_string(count) + " columns";
    return false;
  }
  std::string_view types = body.bytes(count);
  map.columns.resize(count);
  ByteCursor metadata(body.bytes(body.length_encoded()));
  std::string_view nullable = body.bytes((count + 7) / 8);
  if (body.failed()) {
    why = "table map ends before its NULL bitmap";
    return false;
  }
  for (size_t i = 0; i < count; ++i) {
    MapColumn& column = map.columns[i];
    column.type = static_cast<ColumnType>(types[i]);
    column.nullable = (static_cast<uint8_t>(nullable[i / 8]) >> (i % 8) & 1) != 0;
    if (!read_type_metadata(metadata, column)) {
      why = "table map has no valid type metadata for column " + std::to_string(i + 1);
      return false;
    }
  }
  if (!metadata.at_end()) {
    why = "table map has more type metadata than its columns need";
    return false;
  }
  return read_optional_metadata(body, flavour, map, why);
}

}  // namespace tidemark::mysql
