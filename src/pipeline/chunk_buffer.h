// The rows of one chunk read, with the changes that are merged into them until the stream passes the high watermark.
// Owned by the core until the chunk is emitted, then kept alive by the sink batch. The key index is built at the first merge, so that a
// copy of a quiet table pays nothing for it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tidemark/change.h"
#include "tidemark/schema.h"
#include "tidemark/source.h"

namespace tidemark {

class ChunkBuffer {
 public:
  explicit ChunkBuffer(SchemaRef schema) : schema_(std::move(schema)) {}

  void add_block(std::unique_ptr<RowBlock> block);
  /// Is there a row with this key?
  bool has(Row key) { return find(key) != kNone; }
  /// That row, or nullptr; it lives as long as the buffer.
  Row get(Row key);
  /// Insert or replace by key; the row is copied.
  void put(Row row);
  void remove(Row key);
  /// No row is left; rows that get() has returned are gone.
  void clear();
  /// Completes the row with the key of `key` by the present columns of `patch`. False: no such row, nothing was done.
  bool patch(Row key, Row patch);
  /// A change that keeps its key, its images completed (row_images.h).
  void merge(Op op, Row before, Row after);

  /// The rows that are left, in no particular order after a merge.
  std::vector<Row> take_rows();
  size_t row_count() const { return live_; }
  size_t bytes() const { return bytes_ + arena_.bytes_allocated(); }
  const TableSchema& schema() const { return *schema_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  void build_index();
  void index_row(uint32_t at);
  uint32_t find(Row key);

  SchemaRef schema_;
  std::vector<std::unique_ptr<RowBlock>> blocks_;
  std::vector<Row> rows_;        // nullptr: removed
  std::vector<uint32_t> index_;  // open addressing, size a power of two; empty until the first merge
  size_t indexed_ = 0;
  size_t live_ = 0;
  size_t bytes_ = 0;
  Arena arena_;  // copies of merged rows
};

}  // namespace tidemark
