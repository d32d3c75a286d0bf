// The life of a chunk: taken by a worker, opened, read, completed by the stream up to its high watermark, emitted (design 2.2).
#include <algorithm>

#include "pipeline/core.h"
#include "tidemark/error.h"

namespace tidemark {

namespace {
constexpr double kChunkSecondsTarget = 0.5;
constexpr uint64_t kChunkRowsMax = 1'000'000;
}  // namespace

std::optional<ChunkTask> Core::take_chunk_task() {
  if (chunks_open_ + chunks_uncommitted_ >= options_.chunks_in_flight_max) return std::nullopt;
  // Of a transaction of which only a part was delivered nobody can say whether a view sees it; its end will tell.
  if (in_transaction_ && in_progress_.order == CommitOrder::unended) return std::nullopt;
  while (next_table_ < tables_.size() && tables_[next_table_].copy.done()) ++next_table_;
  for (size_t i = next_table_; i < tables_.size(); ++i) {
    Table& t = tables_[i];
    if (t.copy.done()) continue;
    Segment* segment = t.copy.reserve();
    if (segment == nullptr) continue;
    ++chunks_open_;
    t.counts.started = true;
    return ChunkTask{static_cast<uint32_t>(i), segment->id, segment->range, t.chunk_rows,
                     segment->range.only.has_value() || !t.schema->has_key()};
  }
  return std::nullopt;
}

ChunkOpening Core::open_chunk(const ChunkTask& task, const std::optional<KeyBytes>& upto) {
  Table& t = tables_[task.table];
  Segment& segment = *t.copy.find(task.segment);
  t.copy.cut(segment, upto);
  segment.state = Segment::State::reading;
  ++reads_under_way_;
  ChunkOpening opening;
  opening.range = segment.range;
  opening.delivered = delivered_;
  opening.delivered.offset = std::max(delivered_.offset, options_.views_from);
  if (in_transaction_) opening.in_progress = in_progress_;
  opening.locked = t.locked;
  opening.xa = xa_unproved_;
  opening.xa_suspected = xa_suspected_;
  opening.xa_prepared = xa_prepared_;
  return opening;
}

bool ChunkOpening::holds(const Visibility& v) {
  if (!v.sees_all(delivered) || (in_progress && !v.sees(*in_progress))) return false;
  if (v.by != Visibility::By::offset) return true;
  if (locked && !v.loose) return false;
  if (!std::all_of(xa.begin(), xa.end(), [&](const XaCommit& c) { return v.xa_ended(c.begin, c.xid); })) return false;
  if (!xa_suspected) return true;
  if (!suspects_) suspects_ = v.xa_open;
  std::erase_if(*suspects_, [&](uint64_t xid) {
    auto among = [&](const std::vector<uint64_t>& xids) { return std::find(xids.begin(), xids.end(), xid) != xids.end(); };
    return !among(v.xa_open) || among(xa_prepared);
  });
  return suspects_->empty();
}

/// One read less, for whose sake the log may have to wait.
void Core::read_ended(const Segment* segment) {
  --reads_under_way_;
  deferred_bytes_ -=
      reads_under_way_ == 0 || segment == nullptr ? 0 : std::min<uint64_t>(deferred_bytes_, segment->deferred_rows.bytes_allocated());
  if (reads_under_way_ == 0) deferred_bytes_ = 0;
}

/// The chunk is to be read again. What waited for its rows was delivered before that, so the barrier sees to it.
void Core::unread(Table& t, Segment& segment) {
  for (const DeferredChange& d : segment.deferred) {
    if (!d.settles) continue;
    --counts_.deferred;
    ++counter(Fate::not_read_yet);
  }
  --chunks_open_;
  t.copy.reopen(segment);
}

void Core::give_back(const ChunkTask& task) {
  Table& t = tables_[task.table];
  Segment* segment = t.copy.find(task.segment);
  copy_needs_log_ = true;
  read_ended(segment);
  if (segment != nullptr) {
    unread(t, *segment);
  } else {
    --chunks_open_;
  }
}

/// What has to be known of commits that are not ordered with the log, when a transaction has ended.
void Core::note_commit_order(const TransactionMark& mark) {
  for (uint32_t table : tables_changed_) {
    tables_[table].in_progress = false;
    if (mark.order == CommitOrder::loose) tables_[table].locked = delivered_.loose = true;
  }
  tables_changed_.clear();
  if (mark.order == CommitOrder::xa && chunks_left_ != 0) xa_unproved_.push_back({mark.begin, mark.xid});
}

void Core::note_prepared(const LogBatch& batch) {
  for (const LogBatch::Prepared& prepared : batch.xa_prepared) {
    std::erase_if(xa_unproved_, [&](const XaCommit& c) { return c.xid == prepared.xid && c.begin < prepared.begin; });
    if (xa_suspected_) xa_prepared_.push_back(prepared.xid);
  }
  if (xa_suspected_ && batch.xa_prepared_at_start) {
    xa_prepared_.insert(xa_prepared_.end(), batch.xa_prepared_at_start->begin(), batch.xa_prepared_at_start->end());
  }
}

void Core::chunk_read(const ChunkTask& task, ChunkResult result) {
  Table& t = tables_[task.table];
  Segment* found = t.copy.find(task.segment);
  read_ended(found);
  // The barrier held for this view: what it proved is proved for all later ones.
  xa_suspected_ = false;
  xa_prepared_.clear();
  std::erase_if(xa_unproved_, [&](const XaCommit& c) { return result.visibility.xa_ended(c.begin, c.xid); });
  forget_seen(result.visibility);
  if (found == nullptr) {  // the key was changed in a way that needs another read
    --chunks_open_;
    return;
  }
  Segment& segment = *found;
  if (result.truncated_at) t.copy.cut(segment, result.truncated_at);
  segment.visibility = std::move(result.visibility);
  segment.high = result.high;
  segment.buffer = std::make_shared<ChunkBuffer>(t.schema);
  for (auto& block : result.blocks) segment.buffer->add_block(std::move(block));
  segment.spilled = std::move(result.spilled);
  adapt(t, segment.buffer->row_count(), segment.buffer->bytes(), result.seconds);
  segment.state = Segment::State::buffered;
  if (t.schema->has_key()) {
    t.copy.drop_singles_from(segment, *segment.buffer);
    settle_deferred(t, segment);
  } else {
    settle_keyless(t, segment);
    if (segment.state != Segment::State::buffered) return;
  }
  if (!lowest_high_ || segment.high < *lowest_high_) lowest_high_ = segment.high;
  if (!in_transaction_) emit_ready();
  check_stop();
}

/// The read's visibility is known now: what it has seen is dropped, the rest is merged in the order of the log.
void Core::settle_deferred(Table& t, Segment& segment) {
  for (const DeferredChange& d : segment.deferred) {
    Fate fate = Fate::merged;
    if (in_read(segment, d.mark)) {
      fate = Fate::in_read;
    } else if (d.op == Op::truncate || !t.copy.provable()) {
      merge(*t.schema, *segment.buffer, d.op, d.before, d.after, true);
    } else if (&t.copy.segment_of(d.op == Op::remove ? d.before : d.after) != &segment) {
      fate = Fate::not_read_yet;  // beyond the end of a read that was cut short, or a key that got a chunk of its own
    } else {
      merge(*t.schema, *segment.buffer, d.op, d.before, d.after, false);
    }
    if (d.settles) {
      --counts_.deferred;
      ++counter(fate);
    }
  }
  segment.deferred.clear();
  segment.deferred_rows = Arena();
}

void Core::settle_keyless(Table& t, Segment& segment) {
  for (const DeferredChange& d : segment.deferred) {
    if (segment.visibility.judge(d.mark) == Visibility::Sight::unknown) return unread(t, segment);
  }
  auto seen = [&](const DeferredChange& d) {
    if (!segment.visibility.sees(d.mark)) return false;
    --counts_.deferred;  // each change waits here once: without a key there is one chunk
    ++counts_.dropped_in_read;
    return true;
  };
  std::erase_if(segment.deferred, seen);
}

/// Between transactions only: an emitted chunk is part of the stream, and a batch that it fills ends a sink transaction.
void Core::emit_ready() {
  if (!lowest_high_ || (options_.exactly_once && delivered_.offset < *lowest_high_)) return;
  lowest_high_.reset();
  for (uint32_t table = 0; table < tables_.size(); ++table) {
    if (tables_[table].copy.done()) continue;
    for (Segment* segment : tables_[table].copy.buffered()) {
      // In plain mode upserts settle what the log brings again; without a key nothing would.
      bool settled_by_upserts = !options_.exactly_once && tables_[table].schema->has_key();
      if (settled_by_upserts || delivered_.offset >= segment->high) {
        emit(table, *segment);
      } else if (!lowest_high_ || segment->high < *lowest_high_) {
        lowest_high_ = segment->high;
      }
    }
  }
}

/// The rows follow what came before in the stream, in a batch of their own, and the sink's transaction stays open after them: the finish
/// record in the next batch ends it.
void Core::seal_spilled(uint32_t table, Segment& segment) {
  if (building_any()) seal(false);
  CoreBatch batch;
  batch.commit = false;
  batch.spilled = std::move(segment.spilled);
  batch.spilled_table = table;
  sealed_.push_back(std::move(batch));
}

void Core::emit(uint32_t table, Segment& segment) {
  Table& t = tables_[table];
  flush_table(table);  // what came before in the stream is applied before
  ChunkRecord record;
  record.table = t.schema->name;
  record.range = segment.range;
  record.rows = segment.buffer->row_count();
  record.high = segment.high;
  if (delivered_.offset < segment.high) overlap_end_ = std::max(overlap_end_, segment.high);
  t.counts.rows_copied += record.rows;
  t.counts.bytes_copied += segment.buffer->bytes();
  ++t.counts.chunks_done;
  building_.bytes += segment.buffer->bytes();
  if (segment.spilled) {
    record.rows += segment.spilled->row_count();
    t.counts.rows_copied += segment.spilled->row_count();
    t.counts.bytes_copied += segment.spilled->bytes();
    seal_spilled(table, segment);
  }
  TableStep& step = new_step(table);
  step.patches_must_hit = false;
  step.load = segment.buffer->take_rows();
  bool keyless = !t.schema->has_key();
  step.load_plain = keyless || (t.sink_was_empty && !segment.range.only && (t.copy.provable() || !t.touched));
  building_.batch.keep.push_back(segment.buffer);
  if (!segment.deferred.empty()) {  // a table without key: the changes that waited follow its rows
    auto owner = std::make_shared<Arena>(std::move(segment.deferred_rows));
    building_.batch.keep.push_back(owner);
    for (const DeferredChange& d : segment.deferred) {
      apply(t, table, d.op, d.before, d.after);
      --counts_.deferred;
      ++counts_.changes_applied;
    }
    segment.deferred.clear();
  }
  building_.batch.chunks.push_back(std::move(record));
  building_.batch.emitted.push_back(table);
  --chunks_open_;
  ++chunks_uncommitted_;
  ++t.uncommitted;
  t.copy.emitted(segment);
  if (t.copy.done()) --chunks_left_;
  if (building_.bytes >= options_.batch_bytes) seal(true);
}

/// Chunks grow or shrink towards half a second of reading, within the bound on bytes.
void Core::adapt(Table& t, uint64_t rows, uint64_t bytes, double seconds) {
  if (!options_.adapt_chunks || rows * 10 < t.chunk_rows * 9) return;  // the last chunk of a range tells nothing
  double by_bytes = static_cast<double>(options_.chunk_bytes) * 0.75 / static_cast<double>(std::max<uint64_t>(bytes / rows, 1));
  double by_time = static_cast<double>(rows) * kChunkSecondsTarget / std::max(seconds, 0.001);
  double wanted = std::min({by_bytes, by_time, static_cast<double>(t.chunk_rows) * 4, static_cast<double>(kChunkRowsMax)});
  t.chunk_rows = std::max<uint64_t>(static_cast<uint64_t>(wanted), 64);
}

}  // namespace tidemark
