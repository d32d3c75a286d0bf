// Net changes of one table inside one sink transaction: one entry per key, since nobody can see the steps in between (design 2.4).
// Owned by the core; the rows it points to are kept alive by the batch under construction.
#pragma once

#include <cstdint>
#include <vector>

#include "tidemark/arena.h"
#include "tidemark/change.h"
#include "tidemark/schema.h"
#include "tidemark/sink.h"

namespace tidemark {

class NetChanges {
 public:
  explicit NetChanges(SchemaRef schema) : schema_(std::move(schema)) {}

  void upsert(Row row);
  void remove(Row key);
  /// Present columns of `row` onto the row with the key of `key` (the same key). `arena` takes completed rows.
  void patch(Row key, Row row, Arena& arena);
  /// The table is emptied: nobody sees what came before.
  void truncate();

  bool empty() const { return entries_.empty() && !truncated_; }
  size_t size() const { return entries_.size(); }
  /// Moves the entries into a step, many upserts in key order; this object is empty afterwards.
  void take(TableStep& step);

 private:
  enum class Net : uint8_t { upsert, remove, patch };
  struct Entry {
    Row row;
    Row key;
    Net net;
  };
  Entry& at(Row key, bool& added);
  void rehash(size_t size);

  void clear();

  SchemaRef schema_;
  bool truncated_ = false;  // before the entries
  std::vector<Entry> entries_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> slots_;
};

}  // namespace tidemark
