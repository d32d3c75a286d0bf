// Rows of the binary result protocol (prepared statements) as Values, byte for byte those that the log's row images give.
// Compiled once from a result's metadata and the table's schema into one step a column, then run row by row without allocating per
// value: values point into the packet's copy. Owned by one thread.
// The constructor throws Error(schema_changed) when the result is not what the schema says; decode() throws Error(corrupt).
// Source: dev.mysql.com/doc/dev/mysql-server "Binary Protocol Resultset".
#pragma once

#include <mysql.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/mysql/charset.h"
#include "engine/mysql/connection.h"
#include "tidemark/arena.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

class ResultRowDecoder {
 public:
  /// `columns[i]` is the schema column that the i-th of `fields` carries.
  ResultRowDecoder(const TableSchema& table, const std::vector<uint16_t>& columns, const MYSQL_FIELD* fields);

  /// `packet` must live as long as the row (in `arena`). `row` has one Value per schema column; those not in the result stay as they are.
  void decode(std::string_view packet, Value* row, Arena& arena) const;

 private:
  enum class Code : uint8_t {
    int8,
    uint8,
    int16,
    uint16,
    int32,
    uint32,
    int64,
    uint64,
    float32,
    float64,
    decimal,
    raw,
    text,
    date,
    datetime,
    time,
    uuid
  };
  struct Step {
    Code code = Code::raw;
    ValueKind kind = ValueKind::bytes;
    uint8_t scale = 0;
    uint16_t column = 0;
    const Charset* charset = nullptr;
  };
  static Step step_for(const TableSchema& table, uint16_t column, const MYSQL_FIELD& field);

  std::vector<Step> steps_;
  size_t null_bytes_;
};

/// One running prepared SELECT: the packets are taken straight off the connection, nothing is stored.
class ResultStream {
 public:
  /// Prepares and executes; the connection is busy until the stream is at its end.
  ResultStream(Connection& connection, std::string_view sql);
  ~ResultStream();
  ResultStream(const ResultStream&) = delete;
  ResultStream& operator=(const ResultStream&) = delete;

  const MYSQL_FIELD* fields() const { return fields_; }
  unsigned field_count() const { return field_count_; }
  /// The next row's packet, valid until the next call; empty at the end.
  std::string_view next();
  bool at_end() const { return at_end_; }
  /// Reads on to the end, but no more than about `bytes_max`; false: there is more, and the connection cannot be used any longer.
  bool drain(size_t bytes_max);

 private:
  Connection& connection_;
  MYSQL_STMT* statement_;
  MYSQL_RES* metadata_ = nullptr;
  const MYSQL_FIELD* fields_ = nullptr;
  unsigned field_count_ = 0;
  bool at_end_ = false;
};

}  // namespace tidemark::mysql
