// What one captured table looks like at one position of the log, and which of its columns identify a row.
// Built by an engine's catalog, immutable afterwards and shared between threads as SchemaRef. Nothing here fails.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tidemark/value.h"

namespace tidemark {

/// A table at the source. `database` is what the engine calls a database (MySQL) or a schema (PostgreSQL).
struct TableName {
  std::string database;
  std::string table;
  std::string text() const { return database + "." + table; }
  friend auto operator<=>(const TableName&, const TableName&) = default;
};

/// Whose names Column::native_type is one of.
enum class TypeFamily : uint8_t { mysql, postgres };

/// A column that tidemark carries. Generated columns are not among them.
struct Column {
  std::string name;
  TypeFamily family = TypeFamily::mysql;
  ValueKind kind = ValueKind::other;  // what the codec yields for it (besides null and absent)
  std::string native_type;            // as the source prints it, e.g. "decimal(18,4) unsigned", "numeric(18,4)"
  uint16_t ordinal = 0;               // 0-based place among ALL columns of the source's table, generated ones included
  bool nullable = true;
  bool is_unsigned = false;
  bool auto_increment = false;
  bool fixed_length = false;  // CHAR, BINARY: binary values are padded with 0x00 to `length`
  bool large_object = false;  // TEXT and BLOB families, JSON, GEOMETRY, VECTOR: may be left out by NOBLOB images
  bool order_known = false;   // the server's order of this column is reproduced exactly by compare_keys (key.h)
  uint32_t length = 0;        // text: characters; bytes: bytes; bits: bits; decimal: precision; 0 = unlimited
  uint8_t scale = 0;          // decimal: fraction digits; time, datetime, timestamp: fsp
  std::string charset;        // text kinds: the source's name of the character set ("" = not text)
  std::string collation;
  std::vector<std::string> labels;  // ENUM and SET members in order, UTF-8
  bool is_set = false;              // labels belong to a SET
  std::string default_value;        // encode_value() of what an INSERT stores that leaves the column out; empty: not known
  friend bool operator==(const Column&, const Column&) = default;
};

enum class KeyOrigin : uint8_t { none, primary, unique, configured };

struct TableSchema {
  TableName name;
  std::vector<Column> columns;
  uint16_t source_columns = 0;  // number of all columns at the source, generated ones included
  std::vector<uint16_t> key;    // indexes into `columns`, in key order; empty: rows are matched whole
  KeyOrigin key_origin = KeyOrigin::none;
  uint64_t rows_estimated = 0;  // from the source's statistics; for progress only
  uint64_t source_id = 0;       // the source's number of the table, which another one of its name has not; 0: not known, or it has none
  std::string partitions;       // where its rows lie at the source, in the engine's words, which compares them after a restart

  bool has_key() const { return !key.empty(); }
  /// Design rule 2.3: a change may be dropped only where the server's key order is reproduced exactly.
  bool key_provable() const;
  /// Index into `columns`, or -1.
  int find_column(std::string_view column) const;
  friend bool operator==(const TableSchema&, const TableSchema&) = default;
};
using SchemaRef = std::shared_ptr<const TableSchema>;

/// JSON text form, for the state file. from_json throws Error(kind state) on anything that to_json did not write.
std::string schema_to_json(const TableSchema& schema);
TableSchema schema_from_json(std::string_view json);

}  // namespace tidemark
