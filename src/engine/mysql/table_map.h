// TABLE_MAP_EVENT: the table that the row events after it speak of, with its column types and, when the server writes it, metadata
// (binlog_row_metadata=FULL; MINIMAL gives signedness, geometry types and charsets).
// Value types, built by the reader thread, immutable afterwards. Total on any bytes: every count is bounded before memory is taken.
// Source: MySQL libs/mysql/binlog/event/rows_event.h (Table_map_event), MariaDB sql/log_event.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_cursor.h"
#include "engine/mysql/column_type.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

inline constexpr size_t kColumnsMax = 4096;
inline constexpr size_t kLabelsMax = 65535;

struct MapColumn {
  ColumnType type = ColumnType::null;  // the real type: ENUM and SET that travel as STRING are ENUM and SET here
  uint16_t meta = 0;                   // as the type defines it: length bytes, fsp, precision << 8 | scale, bits, longest length in bytes
  bool nullable = true;
  // what the optional metadata says; look at TableMap's has_* first
  bool is_unsigned = false;
  bool visible = true;
  uint32_t collation = 0;  // of character, ENUM and SET columns; 0: not given
  std::string name;
  std::vector<std::string> labels;  // ENUM and SET members, in the column's own charset
  uint32_t geometry_type = 0;
  uint32_t vector_dimensions = 0;
};

struct TableMap {
  uint64_t table_id = 0;
  uint16_t flags = 0;
  std::string database;  // UTF-8
  std::string table;
  std::vector<MapColumn> columns;
  bool has_signedness = false;
  bool has_names = false;
  bool has_charsets = false;        // of character columns
  bool has_label_charsets = false;  // of ENUM and SET columns
  bool has_labels = false;          // ENUM and SET strings, those that the table has
  bool has_primary_key = false;
  bool has_visibility = false;
  std::vector<std::pair<uint16_t, uint32_t>> primary_key;  // column, prefix length in characters (0: whole column)
  /// The event's body as parsed: a later TABLE_MAP of the same table has the same bytes unless the table changed, so that
  /// `map.raw == body` (table id included) spares the reader parsing and compiling again.
  std::string raw;
};

/// `body` starts after the 19-byte event header, checksum cut off. False: `why` says what is wrong with the bytes.
bool parse_table_map(ByteCursor body, Flavour flavour, TableMap& map, std::string& why);

/// Only the head, for deciding whether the table is captured without parsing all of it. The views point into the body.
struct TableMapHead {
  uint64_t table_id = 0;
  std::string_view database, table;
};
bool parse_table_map_head(ByteCursor body, TableMapHead& head);

/// A schema for decoding a log without its server: names "@1", "@2".. where the log has none, signed where it does not say, numbers for
/// ENUM and SET without labels.
SchemaRef schema_from_table_map(const TableMap& map, Flavour flavour);

}  // namespace tidemark::mysql
