// Rows of a query out of COPY (...) TO STDOUT (FORMAT binary), straight from libpq's buffer. Owned and used by one thread; throws Error.
// Source: PostgreSQL documentation, COPY, "Binary Format".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/postgres/connection.h"
#include "engine/postgres/value_decoding.h"
#include "tidemark/source.h"

namespace tidemark::postgres {

/// A COPY that is under way; the connection is not to be used for anything else until it has ended. When it is destroyed before its end the
/// connection is left in the middle of the COPY (PQTRANS_ACTIVE).
class CopyOut {
 public:
  /// `sql` may be several statements, of which the last one is the COPY. `doing` is what an Error says has failed.
  CopyOut(Connection& connection, const std::string& sql, std::string doing);

  /// One or more whole tuples, borrowed until the next call; empty at the end.
  std::string_view next();
  /// Ends it early. False: the statement was cancelled, which fails a transaction around it.
  bool stop();

 private:
  void finish(bool cancelled);
  std::string_view without_header(std::string_view message);

  struct BufferFree {
    void operator()(char* buffer) const { PQfreemem(buffer); }
  };
  Connection& connection_;
  const std::string doing_;
  std::unique_ptr<char, BufferFree> buffer_;
  bool header_read_ = false;
  bool ended_ = false;
};

/// Tuples of copy_list(table) to rows.
class TupleDecoder {
 public:
  explicit TupleDecoder(const TableSchema& table);

  /// One tuple, taken off the front of `bytes`, which the values borrow when borrows() says so. `row` has a Value for each column.
  void decode(std::string_view& bytes, Value* row, Arena& arena) const;
  /// Values point into the tuple: whoever calls decode() has copied it into the arena first.
  bool borrows() const { return borrows_; }
  /// An estimate of what a tuple of this size takes once it is decoded, its Values included.
  size_t row_bytes(size_t tuple_bytes) const { return tuple_bytes * growth_ + steps_.size() * sizeof(Value) + kRowPointerBytes; }

 private:
  struct Step {
    FieldDecoder decoder;
    bool as_text;
  };
  const TableSchema& table_;
  std::vector<Step> steps_;
  bool borrows_ = false;
  size_t growth_ = 1;
};

}  // namespace tidemark::postgres
