#include "pipeline/core.h"

#include <algorithm>

#include "tidemark/error.h"

namespace tidemark {

Core::Core(CoreOptions options, Position start, std::vector<CoreTable> tables)
    : options_(options), delivered_(start), committed_(std::move(start)), overlap_end_(committed_.copied_to) {
  tables_.reserve(tables.size());
  for (const CoreTable& t : tables) {
    tables_.emplace_back(t, options_.chunk_rows);
    if (!tables_.back().copy.done()) ++chunks_left_;
    tables_.back().locked = delivered_.loose;
  }
}

bool Core::building_any() const { return !building_.batch.steps.empty() || !dirty_.empty() || !building_.batch.chunks.empty(); }

void Core::keep(const std::shared_ptr<const LogBatch>& batch) {
  if (building_.kept == batch) return;
  building_.kept = batch;
  building_.batch.keep.push_back(batch);
  building_.bytes += batch->bytes();
}

TableStep& Core::new_step(uint32_t table) {
  TableStep& step = building_.batch.steps.emplace_back();
  step.table = table;
  step.patches_must_hit = tables_[table].copy.done() && !repeats_the_copy();
  return step;
}

void Core::flush_table(uint32_t table) {
  if (!tables_[table].net.empty()) tables_[table].net.take(new_step(table));
}

void Core::seal(bool commit) {
  for (uint32_t table : dirty_) {
    flush_table(table);
    tables_[table].dirty = false;
  }
  dirty_.clear();
  CoreBatch& batch = building_.batch;
  batch.keep.push_back(building_.arena);
  batch.commit = commit;
  if (commit) {
    delivered_.loose = delivered_.loose && chunks_left_ != 0;
    delivered_.copied_to = delivered_.offset < overlap_end_ ? overlap_end_ : LogOffset();
    batch.position = delivered_;
    if (batch.position.offset.file != 0 && batch.position.read_from >= batch.position.offset) {
      batch.position.read_from = {};
      batch.position.read_from_gtids = {};
    }
  }
  std::vector<ChunkRecord> records;  // part of a commit: they travel with the batch that ends the transaction
  std::vector<uint32_t> emitted, resolved;
  if (!commit) {
    records.swap(batch.chunks);
    emitted.swap(batch.emitted);
    resolved.swap(batch.resolved);
  }
  batch.bytes = building_.bytes;
  sealed_bytes_ += batch.bytes;
  sealed_.push_back(std::move(batch));
  building_ = Building();
  building_.batch.chunks = std::move(records);
  building_.batch.emitted = std::move(emitted);
  building_.batch.resolved = std::move(resolved);
}

bool Core::stops_before(const LogTransaction& transaction) const {
  if (chunks_left_ != 0) return false;  // the copy is completed first, whatever the stop position
  if (stop_offset_ && transaction.mark.begin >= *stop_offset_) return true;
  if (stop_gtids_ && delivered_.gtids.contains(*stop_gtids_)) return true;
  return stop_micros_ != 0 && transaction.mark.commit_micros >= stop_micros_;
}

void Core::transaction_ended(const LogTransaction& transaction) {
  in_transaction_ = false;
  note_commit_order(transaction.mark);
  delivered_.offset = transaction.mark.end;
  delivered_.gtids.add(transaction.mark.gtid);
  if (const uint64_t txid = transaction.mark.txid; txid != 0) {  // they come nearly sorted
    std::vector<uint64_t>& unseen = delivered_.unseen;
    unseen.insert(std::upper_bound(unseen.begin(), unseen.end(), txid), txid);
  }
  ++counts_.transactions;
  ++building_.batch.source_transactions;
  building_.batch.last_commit_micros = transaction.mark.commit_micros;
  emit_ready();
  if (building_.bytes >= options_.batch_bytes || building_.changes >= options_.batch_rows) {
    if (building_any()) {
      seal(true);
    } else {  // all of it was dropped, or copied into chunks: its bytes need not wait for the sink
      building_.batch.keep.clear();
      building_.kept.reset();
      building_.arena = std::make_shared<Arena>();
      building_.bytes = building_.changes = 0;
    }
  }
}

/// What one snapshot contains, all later ones do: the barrier need not look for it any more.
void Core::forget_seen(const Visibility& visibility) {
  if (visibility.by != Visibility::By::snapshot) return;
  std::erase_if(delivered_.unseen, [&](uint64_t txid) { return visibility.sees_txid(txid); });
}

/// GTIDs of transactions without a captured change belong to the position at the end of the next one that has some, or of the batch.
void Core::pass_skipped(const LogBatch& batch, size_t from, size_t upto) {
  auto pass = [&](const Gtid& gtid) {
    // A MariaDB domain stands at its latest transaction; one that was skipped before a delivered one is behind that already.
    if (!delivered_.gtids.contains(gtid)) delivered_.gtids.add(gtid);
  };
  std::for_each(skipped_gtids_.begin(), skipped_gtids_.end(), pass);
  skipped_gtids_.clear();
  for (size_t i = from; i < upto; ++i) pass(batch.skipped_gtids[i]);
}

void Core::on_log(const std::shared_ptr<const LogBatch>& batch) {
  if (stop_reached_) return;
  counts_.rows_filtered += batch->rows_filtered;
  counts_.events += batch->events;
  // Of a start that is known by its GTIDs only, read_from is an offset in the log of another server.
  if (delivered_.read_from.file == 0 || delivered_.offset.file == 0) {
    delivered_.read_from = batch->read_from;
    delivered_.read_from_gtids = batch->read_from_gtids;
  }
  size_t skipped = 0;
  for (const LogTransaction& transaction : batch->transactions) {
    if (transaction.starts && stops_before(transaction)) {
      stop_reached_ = true;
      return;
    }
    in_transaction_ = true;
    in_progress_ = transaction.mark;
    if (waiting_since_micros_ == 0) waiting_since_micros_ = transaction.mark.commit_micros;
    for (uint32_t i = 0; i < transaction.change_count; ++i) {
      keep(batch);
      const Change& change = batch->changes[transaction.first_change + i];
      count(route(change, transaction.mark));
      ++building_.changes;
    }
    if (transaction.ends) {
      pass_skipped(*batch, skipped, transaction.skipped);
      skipped = transaction.skipped;
      transaction_ended(transaction);
    } else if (building_.bytes >= options_.batch_bytes) {
      seal(false);  // a transaction larger than a batch: its sink transaction stays open
    }
  }
  note_prepared(*batch);
  if (batch->snapshot) forget_seen(*batch->snapshot);
  if (in_transaction_) {
    skipped_gtids_.insert(skipped_gtids_.end(), batch->skipped_gtids.begin() + static_cast<std::ptrdiff_t>(skipped),
                          batch->skipped_gtids.end());
    return;
  }
  delivered_.read_from = batch->read_from;
  delivered_.read_from_gtids = batch->read_from_gtids;
  delivered_.offset = std::max(delivered_.offset, batch->read_to);
  pass_skipped(*batch, skipped, batch->skipped_gtids.size());
  emit_ready();
  check_stop();
}

void Core::check_stop() {
  if (chunks_left_ != 0 || in_transaction_) return;
  if (stop_offset_ && delivered_.offset >= *stop_offset_) stop_reached_ = true;
  if (stop_gtids_ && delivered_.gtids.contains(*stop_gtids_)) stop_reached_ = true;
}

std::optional<CoreBatch> Core::take_batch(bool save_position) {
  if (sealed_.empty()) {
    if (in_transaction_) return std::nullopt;
    bool moved =
        save_position && outstanding_ == 0 && (delivered_.offset != committed_.offset || delivered_.read_from != committed_.read_from);
    if (!building_any() && !moved) return std::nullopt;
    seal(true);
  }
  CoreBatch batch = std::move(sealed_.front());
  sealed_.pop_front();
  sealed_bytes_ -= batch.bytes;
  ++outstanding_;
  return batch;
}

void Core::on_committed(const CoreBatch& batch) {
  --outstanding_;
  if (!batch.commit) return;
  committed_ = batch.position;
  if (!in_transaction_ && delivered_.offset <= committed_.offset) {
    waiting_since_micros_ = 0;
  } else if (batch.last_commit_micros != 0) {
    waiting_since_micros_ = batch.last_commit_micros;
  }
  auto confirm = [this](uint32_t& uncommitted, const std::vector<uint32_t>& of) {
    for (uint32_t table : of) {
      --uncommitted;
      Table& t = tables_[table];
      if (--t.uncommitted == 0) t.counts.copying = !t.copy.done();
    }
  };
  confirm(chunks_uncommitted_, batch.emitted);
  confirm(resolved_uncommitted_, batch.resolved);
}

}  // namespace tidemark
