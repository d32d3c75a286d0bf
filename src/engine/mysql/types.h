// From a row of information_schema.COLUMNS to a tidemark::Column: the one place that decides which kind a MySQL or MariaDB type has.
// The row decoders (SELECT and log) follow Column::kind. Pure functions; any thread; throws Error(unsupported) for unknown types.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/schema.h"

namespace tidemark::mysql {

/// What information_schema.COLUMNS says of a column, text as it stands there.
struct ColumnFacts {
  std::string name;
  uint16_t ordinal = 0;  // 0-based
  bool nullable = true;
  std::string data_type;    // "varchar"
  std::string column_type;  // "varchar(20)", "enum('a','b')", "int(10) unsigned zerofill"
  std::string charset, collation;
  std::string extra;  // "auto_increment", "VIRTUAL GENERATED", "INVISIBLE"
  std::optional<uint64_t> character_length, numeric_precision, numeric_scale, datetime_precision;
  std::optional<std::string> default_text;
  std::vector<std::string> labels;  // ENUM and SET: where column_type does not show them right
  bool json_checked = false;        // MariaDB: CHECK (json_valid(column))
};

/// The column is computed by the server: it is not carried.
bool is_generated(const ColumnFacts& facts);
/// `what` names table and column in errors.
Column make_column(const ColumnFacts& facts, const std::string& what);
/// Members of "enum('a','b''c')" or "set(...)", unescaped.
std::vector<std::string> parse_labels(std::string_view column_type);

}  // namespace tidemark::mysql
