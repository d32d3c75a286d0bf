// Tuples of COPY (FORMAT binary) to rows of a table, gathered into blocks. Owned and used by one thread; throws Error(corrupt).
// Source: PostgreSQL documentation, COPY, "Tuples".
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/postgres/value_decoding.h"
#include "tidemark/source.h"

namespace tidemark::postgres {

/// Tuples of copy_list(table) to rows.
class TupleDecoder {
 public:
  explicit TupleDecoder(const TableSchema& table);

  /// One tuple, taken off the front of `bytes`, which the values borrow when borrows() says so. `row` has a Value for each column.
  void decode(std::string_view& bytes, Value* row, Arena& arena) const;
  /// Values point into the tuple: whoever calls decode() has copied it into the arena first.
  bool borrows() const { return borrows_; }
  /// An estimate of what a tuple of this size takes once it is decoded, its Values included.
  size_t row_bytes(size_t tuple_bytes) const { return tuple_bytes + printed_bytes_ + steps_.size() * sizeof(Value) + kRowPointerBytes; }

 private:
  struct Step {
    FieldDecoder decoder;
    bool as_text;
  };
  const TableSchema& table_;
  std::vector<Step> steps_;
  bool borrows_ = false;
  size_t printed_bytes_ = 0;
};

/// Hands rows to a sink in blocks of at most `block_bytes`, or of one row.
class RowBlocks {
 public:
  RowBlocks(const TableSchema& table, size_t block_bytes, const RowBlockSink& sink);

  /// False: the sink wants no more.
  bool add(std::string_view tuples);
  /// What is left; false as above.
  bool finish() { return block_->rows.empty() || give(); }
  size_t largest_tuple_bytes() const { return largest_tuple_bytes_; }

 private:
  bool give();

  const TupleDecoder decoder_;
  const size_t width_, block_bytes_;
  const RowBlockSink& sink_;
  std::unique_ptr<RowBlock> block_ = std::make_unique<RowBlock>();
  size_t used_ = 0;
  size_t largest_tuple_bytes_ = 0;
};

}  // namespace tidemark::postgres
