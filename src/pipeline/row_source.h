// Rows of a chunk that are not in memory: what a table without key has beyond the bound, since its one chunk cannot be cut (design 2.3).
// The core passes it on unread; the applier reads it once, in order, while it loads the chunk. One owner at a time.
#pragma once

#include <cstdint>
#include <memory>

#include "tidemark/source.h"

namespace tidemark {

class RowSource {
 public:
  virtual ~RowSource() = default;
  /// The next rows; nullptr at the end. Throws Error(state).
  virtual std::unique_ptr<RowBlock> next() = 0;
  virtual uint64_t row_count() const = 0;
  /// What the rows would take in memory.
  virtual uint64_t bytes() const = 0;
};

}  // namespace tidemark
