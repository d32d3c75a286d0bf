// The core of a pipeline: log transactions and chunk reads in, sink batches out (design section 2). A state machine: it owns no socket,
// thread, file or clock. Its owner serialises all calls (src/runtime/session). Throws Error only where the law says stop.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/net_changes.h"
#include "pipeline/row_source.h"
#include "pipeline/table_copy.h"
#include "tidemark/change.h"
#include "tidemark/sink.h"

namespace tidemark {

struct CoreOptions {
  uint64_t batch_rows = 20000;
  uint64_t batch_bytes = 8u << 20;
  uint64_t chunk_rows = 8096;
  uint64_t chunk_bytes = 16u << 20;
  bool adapt_chunks = true;
  uint32_t chunks_in_flight_max = 4;        // being read, or read and not yet committed
  uint64_t deferred_bytes_max = 64u << 20;  // changes kept for chunks that are being read; beyond it the log waits for those reads
  bool exactly_once = true;                 // false: the plain mode, see src/README.md
  LogOffset views_from;                     // read views before it lack something of the start position, whose own offset is not known
  bool ordered = false;                     // no coalescing: every change is a step of its own, in source order (after a unique violation)
};

struct CoreTable {
  SchemaRef schema;
  bool copy = false;            // rows are to be copied; false: only the log
  bool sink_was_empty = false;  // no row was there before this pipeline's first commit: chunks may be loaded plainly
  std::vector<ChunkRecord> records;
};

/// What a snapshot worker is to read.
struct ChunkTask {
  uint32_t table = 0;
  uint64_t segment = 0;
  KeyRange range;  // of the unopened segment; the chunk is its first `rows` rows
  uint64_t rows = 0;
  bool whole = false;  // no bound is to be looked for
};

/// An XA COMMIT that was delivered, and is not proved to be over for the engine (CommitOrder::xa).
struct XaCommit {
  LogOffset begin;
  uint64_t xid = 0;
};

/// Answer to open_chunk: a read view must see everything up to `delivered` (the barrier).
struct ChunkOpening {
  KeyRange range;
  Position delivered;
  std::optional<TransactionMark> in_progress;  // a transaction of which a part was delivered: the view must see it as well
  bool locked = false;                         // loose transactions changed the table: the view must be opened under a lock
  std::vector<XaCommit> xa;                    // the view must be opened after their end
  bool xa_suspected = false;                   // XA COMMITs of before this session may not be over: whatever is prepared is suspect ...
  std::vector<uint64_t> xa_prepared;           // ... but for these, which the log says are

  /// Called with one view after the other until one holds.
  bool holds(const Visibility& v);

 private:
  std::optional<std::vector<uint64_t>> suspects_;  // left of those prepared at the first call
};

struct ChunkResult {
  Visibility visibility;
  LogOffset high;
  std::vector<std::unique_ptr<RowBlock>> blocks;
  std::shared_ptr<RowSource> spilled;    // instead of `blocks`: they were too many; tables without key only
  std::optional<KeyBytes> truncated_at;  // the last key read, when the read stopped early because of its size
  double seconds = 0;
};

/// What the owner gives to the sink: first the spilled rows, if any, then the batch itself.
struct CoreBatch : SinkBatch {
  std::shared_ptr<RowSource> spilled;  // to be loaded into `spilled_table` within the open transaction, in as many writes as it takes
  uint32_t spilled_table = 0;
  std::vector<uint32_t> emitted;   // the table of each chunk in `chunks` that was read
  std::vector<uint32_t> resolved;  // of each that needed no read
  uint64_t bytes = 0;
};

struct TableCounts {
  uint64_t rows_copied = 0, bytes_copied = 0, chunks_done = 0, changes_applied = 0;
  bool copying = false, started = false;
};

struct CoreCounts {
  uint64_t changes_in = 0, changes_applied = 0, dropped_not_read_yet = 0, dropped_in_read = 0, merged = 0;
  uint64_t deferred = 0;  // not decided yet: their chunk's read is under way
  uint64_t rows_filtered = 0, events = 0, transactions = 0;
  uint64_t inserts = 0, updates = 0, deletes = 0, truncates = 0;
};

class Core {
 public:
  Core(CoreOptions options, Position start, std::vector<CoreTable> tables);

  // --- the log ---
  /// False while enough is waiting for the sink: the owner stops feeding the log.
  bool wants_log() const { return sink_keeps_up() && (reads_under_way_ == 0 || deferred_bytes_ < options_.deferred_bytes_max); }
  /// All that matters once chunk reads have been given up.
  bool sink_keeps_up() const { return sealed_.size() < 2; }
  void on_log(const std::shared_ptr<const LogBatch>& batch);
  /// Transactions from here on are not taken: the pipeline's stop position. Checked at transaction ends, and when the copy is complete,
  /// which may be long after the last event of an idle log.
  void stop_at(const LogOffset& offset) {
    stop_offset_ = offset;
    check_stop();
  }
  void stop_at(const GtidSet& gtids) {
    stop_gtids_ = gtids;
    check_stop();
  }
  void stop_at_micros(int64_t micros) { stop_micros_ = micros; }
  bool stop_reached() const { return stop_reached_; }

  // --- the copy ---
  std::optional<ChunkTask> take_chunk_task();
  /// The worker knows the chunk's upper bound (nullopt: the segment's own). From now on changes on its keys are kept for it.
  ChunkOpening open_chunk(const ChunkTask& task, const std::optional<KeyBytes>& upto);
  void chunk_read(const ChunkTask& task, ChunkResult result);
  /// No view holds for the opening: the chunk waits unopened again, so that the log can go on meanwhile.
  void give_back(const ChunkTask& task);
  /// A chunk was given back: where the log is not read before the copy is done (plain mode), it has to be, for it may tell what no view
  /// could prove.
  bool copy_needs_log() const { return copy_needs_log_; }

  // --- the sink ---
  /// The next batch to write, or nothing. `save_position`: also when only the position has moved.
  std::optional<CoreBatch> take_batch(bool save_position);
  void on_committed(const CoreBatch& batch);

  // --- what it stands at ---
  const Position& delivered() const { return delivered_; }
  const Position& committed() const { return committed_; }
  /// Every chunk is in the sink and committed.
  bool copy_committed() const { return chunks_left_ == 0 && chunks_uncommitted_ == 0 && resolved_uncommitted_ == 0; }
  /// Plain mode: the sink has, or was given, rows of the copy that are later than what it has of the log.
  bool copy_is_ahead() const { return committed_.offset < overlap_end_; }
  /// Nothing waits for the sink.
  bool idle() const { return sealed_.empty() && !building_any() && !in_transaction_ && outstanding_ == 0; }
  /// When the source committed the oldest transaction that the sink does not have (at the latest); 0: it has all that was delivered.
  int64_t waiting_since_micros() const { return waiting_since_micros_; }
  const CoreCounts& counts() const { return counts_; }
  const TableCounts& table_counts(uint32_t table) const { return tables_[table].counts; }
  uint64_t bytes_waiting() const { return building_.bytes + sealed_bytes_; }

 private:
  struct Table {
    SchemaRef schema;
    TableCopy copy;
    NetChanges net;
    bool sink_was_empty;
    bool touched = false;  // a change was applied while the copy runs: its key may meet a chunk row
    bool dirty = false;
    bool locked = false;       // a loose transaction changed it, now or before a restart: views are opened under a lock from then on
    bool in_progress = false;  // the transaction under way changed it
    uint64_t chunk_rows;       // adapted
    uint32_t uncommitted = 0;  // chunks emitted, their commit not confirmed
    TableCounts counts;
    Table(const CoreTable& t, uint64_t rows)
        : schema(t.schema), copy(t.schema, t.copy, t.records), net(t.schema), sink_was_empty(t.sink_was_empty), chunk_rows(rows) {
      counts.copying = !copy.done();
    }
  };
  struct Building {
    CoreBatch batch;
    std::shared_ptr<Arena> arena = std::make_shared<Arena>();
    std::shared_ptr<const LogBatch> kept;  // the latest batch in `keep`
    uint64_t bytes = 0, changes = 0;
  };

  // core.cpp
  bool building_any() const;
  void keep(const std::shared_ptr<const LogBatch>& batch);
  TableStep& new_step(uint32_t table);
  void flush_table(uint32_t table);
  void seal(bool commit);
  bool stops_before(const LogTransaction& transaction) const;
  void check_stop();
  void transaction_ended(const LogTransaction& transaction);
  void pass_skipped(const LogBatch& batch, size_t from, size_t upto);
  void forget_seen(const Visibility& visibility);

  // core_route.cpp: where a change goes
  enum class Fate : uint8_t { applied, not_read_yet, in_read, merged, deferred };  // counter() has them in this order
  Fate route(const Change& change, const TransactionMark& mark);
  static bool in_read(Segment& segment, const TransactionMark& mark);
  Fate route_keyless(Table& t, const Change& change, const TransactionMark& mark);
  Fate route_provable(Table& t, uint32_t table, const Change& change, const TransactionMark& mark);
  Fate route_unproved(Table& t, uint32_t table, const Change& change, const TransactionMark& mark);
  Fate route_truncate(Table& t, uint32_t table, const TransactionMark& mark);
  bool repeats_the_copy() const { return (!options_.exactly_once && chunks_left_ != 0) || delivered_.offset < overlap_end_; }
  Fate place(Table& t, uint32_t table, Op op, Row before, Row after, const TransactionMark& mark);
  void apply(Table& t, uint32_t table, Op op, Row before, Row after);
  void empty(Table& t, uint32_t table);
  void apply_update(Table& t, uint32_t table, Row before, Row after);
  void move_key(uint32_t table, Row before, Row after);
  void defer(Segment& segment, const TableSchema& schema, Op op, Row before, Row after, const TransactionMark& mark);
  void reread(Table& t, uint32_t table, Row key);
  void resolve(Table& t, uint32_t table, Segment& single, uint64_t rows, const TransactionMark& mark);
  void merge(const TableSchema& schema, ChunkBuffer& buffer, Op op, Row before, Row after, bool only_known);
  void count(Fate fate);
  uint64_t& counter(Fate fate);

  // core_chunks.cpp: the life of a chunk
  void read_ended(const Segment* segment);
  void unread(Table& t, Segment& segment);
  void note_commit_order(const TransactionMark& mark);
  void note_prepared(const LogBatch& batch);
  void settle_deferred(Table& t, Segment& segment);
  void settle_keyless(Table& t, Segment& segment);
  void emit_ready();
  void emit(uint32_t table, Segment& segment);
  void seal_spilled(uint32_t table, Segment& segment);
  void adapt(Table& t, uint64_t rows, uint64_t bytes, double seconds);

  CoreOptions options_;
  std::vector<Table> tables_;
  Position delivered_, committed_;
  bool in_transaction_ = false;
  TransactionMark in_progress_;
  int64_t waiting_since_micros_ = 0;
  std::vector<Gtid> skipped_gtids_;  // of batches that ended within a transaction: counted at its end
  std::optional<LogOffset> stop_offset_;
  std::optional<GtidSet> stop_gtids_;
  int64_t stop_micros_ = 0;
  bool stop_reached_ = false;

  Building building_;
  std::vector<uint32_t> dirty_;
  DeferredChange* last_deferred_ = nullptr;  // of the change being routed
  std::deque<CoreBatch> sealed_;
  uint64_t sealed_bytes_ = 0;
  size_t outstanding_ = 0;  // batches taken and not committed
  uint32_t reads_under_way_ = 0;
  uint64_t deferred_bytes_ = 0;  // changes that wait for these reads
  std::vector<XaCommit> xa_unproved_;
  bool xa_suspected_ = true;  // see ChunkOpening
  bool copy_needs_log_ = false;
  std::vector<uint64_t> xa_prepared_;     // kept while xa_suspected_
  std::vector<uint32_t> tables_changed_;  // by the transaction under way
  uint32_t chunks_open_ = 0;              // reserved, reading or buffered
  uint32_t chunks_uncommitted_ = 0;       // emitted, their commit not confirmed
  uint32_t resolved_uncommitted_ = 0;     // likewise, without a read: they do not count as in flight
  size_t chunks_left_ = 0;                // tables whose copy is not done
  std::optional<LogOffset> lowest_high_;  // of the chunks that wait for the stream to pass
  LogOffset overlap_end_;                 // plain mode, also of an earlier session: before it the log brings what chunk reads have seen
  size_t next_table_ = 0;                 // where take_chunk_task looks first
  CoreCounts counts_;
};

}  // namespace tidemark
