// Turns row images of the binary log into Values: compiled once from a TABLE_MAP and the table's schema into one step a column,
// then run row by row. Owned by the reader thread. The constructor throws Error(schema_changed | unsupported); decoding is total
// on any bytes and never throws: it returns false and error() says why.
// Source: MySQL sql/rpl_record.cc, sql/log_event.cc (log_event_print_value); MariaDB sql/log_event_client.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_cursor.h"
#include "engine/mysql/charset.h"
#include "engine/mysql/table_map.h"
#include "tidemark/arena.h"
#include "tidemark/error.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

/// What the server is, as far as row images depend on it. `version` is major * 10000 + minor * 100 + patch, e.g. 101119.
struct ServerKind {
  Flavour flavour = Flavour::mysql;
  uint32_t version = 0;
};

/// Design rules 2.7 and 2.9: throws Error(schema_changed) naming table, column and difference when the log's table is not the schema's.
void check_agreement(const TableMap& map, const TableSchema& schema, const ServerKind& server);

class RowDecoder {
 public:
  /// Calls check_agreement; throws Error(unsupported) for column types that are not understood.
  RowDecoder(const TableMap& map, SchemaRef schema, const ServerKind& server);
  /// For tables that are not captured: knows the lengths only, for count_rows. Throws Error(unsupported) as above.
  static RowDecoder skipper(const TableMap& map, const ServerKind& server);

  /// One image: NULL bitmap, then the values of the columns that `present` (one bit a table column) names. `row` has one absent Value
  /// per schema column; values whose bytes need no change point into the image's own bytes, others into `arena`.
  /// `partial`: bits of the JSON columns that hold a diff instead of a value (PARTIAL_UPDATE_ROWS), applied onto `before`; may be null.
  bool decode(ByteCursor& image, std::string_view present, const char* partial, const Value* before, Value* row, Arena& arena);

  const TableSchema& schema() const { return *schema_; }
  size_t table_columns() const { return steps_.size(); }
  size_t json_columns() const { return json_columns_; }
  /// Values may point into the image: the caller must copy it into the arena first.
  bool borrows() const { return borrows_; }

  ErrorKind error_kind() const { return error_kind_; }
  const std::string& error() const { return error_; }
  const std::string& error_hint() const { return error_hint_; }

 private:
  struct Step;
  friend struct RowDecoderCompiler;
  bool fail_at(size_t column, const char* why, ErrorKind kind = ErrorKind::corrupt, const char* hint = "");
  bool decode_partial_json(ByteCursor& image, const Step& step, const Value* before, Value& out, Arena& arena, size_t column);

  enum class Code : uint8_t;
  struct Step {
    Code code{};
    uint8_t a = 0;  // width, fsp, precision or length bytes, as the code defines
    uint8_t b = 0;  // scale
    bool json = false;
    int32_t column = -1;  // schema column; -1: skipped
    uint32_t length = 0;  // fixed length
    const Charset* charset = nullptr;
    uint32_t labels_first = 0;  // into labels_
    uint32_t labels_count = 0;
  };

  SchemaRef schema_;
  std::vector<Step> steps_;  // one a table column
  std::vector<std::string> labels_;
  std::string scratch_;
  size_t json_columns_ = 0;
  bool borrows_ = false;
  ErrorKind error_kind_ = ErrorKind::corrupt;
  std::string error_, error_hint_;
};

}  // namespace tidemark::mysql
