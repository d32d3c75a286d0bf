// Turns row images of the binary log into Values: compiled once from a TABLE_MAP and the table's schema into one step a column,
// then run row by row. Owned by the reader thread. The constructor throws Error(schema_changed | unsupported); decoding is total
// on any bytes and never throws: it returns false and error() says why.
// Source: MySQL sql/rpl_record.cc, sql/log_event.cc (log_event_print_value); MariaDB sql/log_event_client.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/mysql/charset.h"
#include "engine/mysql/row_steps.h"
#include "engine/mysql/table_map.h"
#include "tidemark/arena.h"
#include "tidemark/error.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

/// Which of the table's columns the images of an event hold.
struct ImageColumns {
  std::string_view bitmap;  // one bit a table column, lowest first
  size_t count = 0;
  bool all = false;
};

class RowDecoder {
 public:
  /// Calls check_agreement (table_agreement.h); throws Error(unsupported) for column types that are not understood.
  RowDecoder(const TableMap& map, SchemaRef schema, const ServerKind& server);
  /// For tables that are not captured: knows the lengths only, for count_rows. Throws Error(unsupported) as above.
  static RowDecoder skipper(const TableMap& map, const ServerKind& server);

  ImageColumns columns_of(std::string_view bitmap) const;
  /// One image, read from `at` on: NULL bitmap, then the values of `columns`; `at` is left behind it. `row` has one absent Value per
  /// schema column; values whose bytes need no change point into the image itself, others into `arena`.
  /// `partial`: bits of the JSON columns that hold a diff instead of a value (PARTIAL_UPDATE_ROWS), to be applied onto `before`; or null.
  bool decode(const char*& at, const char* end, const ImageColumns& columns, const char* partial, const Value* before, Value* row,
              Arena& arena);
  /// Passes over one image.
  bool skip(const char*& at, const char* end, const ImageColumns& columns);

  /// nullptr for a skipper.
  const SchemaRef& schema() const { return schema_; }
  size_t table_columns() const { return steps_.size(); }
  size_t json_columns() const { return json_columns_; }
  /// Values may point into the image: whoever calls decode() has copied it into the arena first.
  bool borrows() const { return borrows_; }
  /// Sets the error; false.
  bool fail(const char* why);
  bool fail_unsupported(const char* why, const char* hint);

  ErrorKind error_kind() const { return error_kind_; }
  /// "table shop.orders, column note: value is longer than the event"
  const std::string& error() const { return error_; }
  const std::string& error_hint() const { return error_hint_; }

 private:
  RowDecoder() = default;
  bool fail_at(size_t column, const char* why);
  bool decode_partial_json(std::string_view diffs, size_t column, const Value* before, Value& out, Arena& arena);

  SchemaRef schema_;
  std::vector<RowStep> steps_;  // one a table column
  StepLabels labels_;
  std::string table_;  // for messages
  std::string scratch_;
  size_t json_columns_ = 0;
  bool borrows_ = false;
  ErrorKind error_kind_ = ErrorKind::corrupt;
  std::string error_, error_hint_;
};

}  // namespace tidemark::mysql
