// The program that a RowDecoder runs: what to do for each column of a table. Built once per TABLE_MAP, immutable afterwards.
// compile_steps throws Error(unsupported); it expects that the table agrees with the schema (table_agreement.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/mysql/charset.h"
#include "engine/mysql/table_map.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

/// What the server is, as far as row images depend on it. `version` is major * 10000 + minor * 100 + patch, e.g. 101119.
struct ServerKind {
  Flavour flavour = Flavour::mysql;
  uint32_t version = 0;
};

enum class StepCode : uint8_t {
  skip_fixed,
  skip_prefixed,
  int8,
  uint8,
  int16,
  uint16,
  int24,
  uint24,
  int32,
  uint32,
  int64,
  uint64,
  float32,
  float64,
  year,
  date,
  old_time,
  old_datetime,
  old_timestamp,
  mariadb_time,  // of before 10.1, with fractions
  mariadb_datetime,
  mariadb_timestamp,
  time2,
  datetime2,
  timestamp2,
  decimal,
  bits,
  borrowed,  // bytes as they are: text in UTF-8, BLOB, VARBINARY, GEOMETRY, VECTOR
  text,      // to be converted
  padded,    // BINARY(n): the log strips trailing zero bytes
  json_binary,
  enumeration,
  set,
  uuid,
  inet4,
  inet6,
  compressed,
};

struct RowStep {
  StepCode code = StepCode::skip_fixed;
  ValueKind kind = ValueKind::absent;  // of the Value, where the code leaves it open
  uint8_t prefix = 0;                  // bytes of a length before the value; of decimals the precision
  uint8_t scale = 0;                   // decimal; fsp
  bool json = false;                   // a JSON column of MySQL: counts for partial updates
  int32_t column = -1;                 // index into TableSchema::columns; -1: skipped
  uint32_t width = 0;                  // bytes, where they are fixed; BINARY: bytes after padding; compressed: longest value
  const Charset* charset = nullptr;    // text, compressed text
  uint32_t labels = 0;                 // first label of the column; its number is `width` of ENUM and SET
};

/// Labels of all ENUM and SET columns, UTF-8; [0] is the empty text.
using StepLabels = std::vector<std::string>;

/// `schema` may be null: then every column is skipped.
void compile_steps(const TableMap& map, const TableSchema* schema, const ServerKind& server, std::vector<RowStep>& steps,
                   StepLabels& labels);

}  // namespace tidemark::mysql
