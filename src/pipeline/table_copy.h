// The copy of one table: its key space cut into segments, each not read yet, being read, buffered, or in the sink (design 2.2, 2.3).
// Owned by the core, no thread of its own. Segments are cut only at bounds that the server gave; keys are compared here only for
// schemas whose order is reproduced exactly (provable), otherwise the segments' order is all that is known.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/chunk_buffer.h"
#include "pipeline/row_source.h"
#include "tidemark/key.h"
#include "tidemark/sink.h"

namespace tidemark {

/// A change on a chunk's keys that came while the chunk's rows were still under way, when its visibility was not known.
struct DeferredChange {
  Op op;
  Row before;
  Row after;
  TransactionMark mark;
  bool settles = false;  // it decides what becomes of the change in the counts (a key change may be deferred in two chunks)
};

struct Segment {
  enum class State : uint8_t {
    unopened,  // to be read: changes are dropped, the later read has them (provable), or are applied (not provable)
    reserved,  // a worker asks the server for the next bound; as unopened
    reading,   // read view open or opening, rows under way: changes are deferred
    buffered,  // rows and changes in `buffer`, waits for the stream to pass `high`
    emitted,   // given to the sink: changes pass
  };
  uint64_t id = 0;
  State state = State::unopened;
  KeyRange range;
  std::vector<Value> after, upto;  // decoded bounds; empty = open
  Visibility visibility;
  LogOffset high;
  std::shared_ptr<ChunkBuffer> buffer;
  std::shared_ptr<RowSource> spilled;  // rows before those in `buffer`; tables without key only
  std::vector<DeferredChange> deferred;
  Arena deferred_rows;
  uint64_t rows = 0;
};

class TableCopy {
 public:
  /// `records`: what the sink already has. `copy` false: nothing is to be copied, everything passes.
  TableCopy(SchemaRef schema, bool copy, const std::vector<ChunkRecord>& records);

  const TableSchema& schema() const { return *schema_; }
  bool provable() const { return provable_; }
  /// Every segment is emitted.
  bool done() const { return open_segments_ == 0; }

  /// The segment that holds the row's key; provable tables only.
  Segment& segment_of(Row row);
  /// A chunk that a change made for exactly this key (design 2.3), or nullptr.
  Segment* single_of(Row row) { return singles_.empty() ? nullptr : find_single(row); }
  /// Not provable, or without key: the segments that are being read or buffered, singles included.
  std::vector<Segment*> in_flight();
  bool any_emitted() const;

  /// An unopened segment for a worker, set to reserved. Tables that are not provable are copied one segment after the other, since a
  /// gap between finished ones could not be found again after a restart.
  Segment* reserve();
  Segment* find(uint64_t id);
  /// Cuts `segment` at `upto` (nullopt: not at all); the rest becomes an unopened segment. `segment` keeps its id.
  void cut(Segment& segment, const std::optional<KeyBytes>& upto);
  /// A chunk of one key, unopened. Returns nullptr when that key's segment is still unopened: its read will bring the row.
  Segment* make_single(Row row);
  /// The segment's rows were given to the sink. The reference is invalid afterwards.
  void emitted(Segment& segment);
  /// The chunk of its own that this key has and nobody reads yet, or nullptr.
  Segment* unopened_single_of(Row row);
  /// A key with a chunk of its own belongs to that chunk until the whole table is copied: takes such keys out of another chunk's rows.
  void drop_singles_from(Segment& segment, ChunkBuffer& buffer);
  /// Buffered segments in the order in which they may be emitted.
  std::vector<Segment*> buffered();
  /// Read again from scratch, under a new id: what was read or is being read is thrown away.
  void reopen(Segment& segment);

 private:
  Segment& add(std::list<Segment>::iterator before, KeyRange range, Segment::State state);
  void rebuild_from(const std::vector<ChunkRecord>& records);
  void rebuild_provable(std::vector<KeyRange> done);
  void rebuild_chain(const std::vector<KeyRange>& done);
  Segment* find_single(Row row);
  Segment* reserve_single();
  Segment* reserve_range();
  void refresh_index();

  SchemaRef schema_;
  bool provable_;
  std::list<Segment> segments_;  // in key order
  std::vector<Segment*> index_;  // the same, for binary search; rebuilt when segments_ changes
  std::map<KeyBytes, Segment> singles_;
  KeyBytes last_single_;  // reserve() goes round
  bool singles_turn_ = true;
  size_t open_segments_ = 0;  // not emitted, singles included
  uint64_t next_id_ = 1;
  Arena bounds_;
};

}  // namespace tidemark
