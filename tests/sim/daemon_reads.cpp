// What the daemon reads from the source: the log in batches, cut anywhere, and chunks under read views.
#include <algorithm>

#include "sim/checks.h"
#include "sim/daemon.h"
#include "sim/violation.h"

namespace tidemark::sim {

namespace {

/// What the runtime keeps in a file.
class SpilledBlock : public RowSource {
 public:
  explicit SpilledBlock(std::unique_ptr<RowBlock> block) : block_(std::move(block)), rows_(block_->rows.size()) {}
  std::unique_ptr<RowBlock> next() override { return std::move(block_); }
  uint64_t row_count() const override { return rows_; }
  uint64_t bytes() const override { return rows_; }

 private:
  std::unique_ptr<RowBlock> block_;
  uint64_t rows_;
};

}  // namespace

/// Row images as the server writes them and an engine hands them on.
void Daemon::add_change(Arena& arena, const LoggedChange& c, std::vector<Change>& out) {
  const TableShape& t = shape(c.table);
  Change change{c.op, c.table, nullptr, nullptr};
  if (c.op == Op::truncate) {
    out.push_back(change);
    return;
  }
  if (!t.has_key()) {  // without a key the old row is always logged whole
    if (c.op != Op::insert) change.before = t.make_row(arena, c.old_slot, c.before, part_all);
    uint8_t parts = part_all;
    if (plan_.images == Images::minimal && c.op == Op::update) {
      parts = 0;
      if (c.old_slot / 3 != c.new_slot / 3) parts |= part_key;
      if (c.old_slot % 3 != c.new_slot % 3) parts |= part_t;
    }
    if (c.op != Op::remove) change.after = t.make_row(arena, c.new_slot, c.after, parts);
    out.push_back(change);
    return;
  }
  const bool key_moves = c.old_slot != c.new_slot || c.before.spelling != c.after.spelling;
  uint8_t before = part_all, after = part_all;
  switch (plan_.images) {
    case Images::full: break;
    case Images::minimal:
      before = part_key;
      if (c.op == Op::update) {
        after = part_a;
        if (key_moves) after |= part_key;
        if (c.before.t != c.after.t) after |= part_t;
        if (c.before.u != c.after.u) after |= part_u;
      } else if (c.after.t == kDefaultT) {
        after &= static_cast<uint8_t>(~part_t);
      }
      break;
    case Images::noblob:
      before &= static_cast<uint8_t>(~part_t);
      if (c.op == Op::update ? c.before.t == c.after.t : c.after.t == kDefaultT) after &= static_cast<uint8_t>(~part_t);
      break;
    case Images::toast:
      before = part_key;
      if (c.op == Op::update && c.before.t == c.after.t) after &= static_cast<uint8_t>(~part_t);
      break;
  }
  if (c.op != Op::insert) change.before = t.make_row(arena, c.old_slot, c.before, before);
  if (c.op != Op::remove) change.after = t.make_row(arena, c.new_slot, c.after, after);
  out.push_back(change);
}

/// What the reader keeps of XA transactions. False: with that the entry is read.
bool Daemon::add_prepared(const LogEntry& entry, LogBatch& batch) {
  const bool delivered_before = next_ < start_index_;
  if (entry.prepares != 0) {
    pending_[entry.prepares] = {entry.begin, source_.gtids_before(next_)};
    if (batch.read_from.file == 0) {
      batch.read_from = entry.begin;
      batch.read_from_gtids = pending_[entry.prepares].gtids_before;
    }
    if (!delivered_before && plan_.server == ServerKind::mariadb) batch.xa_prepared.push_back({entry.begin, entry.prepares});
  } else if (entry.ends != 0 && part_ == 0 && pending_.erase(entry.ends) == 0 && entry.count != 0 && !delivered_before) {
    log_end_ = Error(ErrorKind::unsupported, "reading the log", "XA COMMIT of a transaction that was prepared before the start");
    return true;
  }
  if (!delivered_before && entry.prepares == 0) return true;
  if (!delivered_before && entry.gtid.number != 0) batch.skipped_gtids.push_back(entry.gtid);
  ++next_;
  return false;
}

/// PostgreSQL's stream has places on the timeline that the server is on now, also for what came before a failover.
LogOffset Daemon::streamed(LogOffset offset) const {
  if (plan_.server == ServerKind::postgres) offset.file = source_.log_end().file;
  return offset;
}

/// The next transaction, or a part of it. False: the batch ends here.
bool Daemon::add_part(Rng& rng, LogBatch& batch) {
  if (next_ == source_.log().size()) return false;
  const LogEntry& entry = source_.log()[next_];
  if (!add_prepared(entry, batch)) return next_ < source_.log().size();
  if (log_end_) return false;
  if (entry.altered >= 0) {
    log_end_ = Error(ErrorKind::schema_changed, "reading the log", "a captured table was altered");
    return false;
  }
  LogTransaction part;
  part.first_change = static_cast<uint32_t>(batch.changes.size());
  part.starts = part_ == 0;
  part.mark.begin = streamed(entry.begin);
  part.mark.gtid = entry.gtid;
  part.mark.commit_micros = static_cast<int64_t>(next_ + 1);
  if (entry.txid != 0) {  // the log has 32 bits of it
    part.mark.txid = last_txid_ = widen_txid(static_cast<uint32_t>(entry.txid), last_txid_ != 0 ? last_txid_ : source_.snapshot().txid_end);
  }
  if (entry.count == 0 && rng.one_in(2)) {
    if (entry.gtid.number != 0) batch.skipped_gtids.push_back(entry.gtid);
    ++next_;
    return true;
  }
  size_t upto = entry.count;
  if (plan_.parts != 0 && rng.one_in(plan_.parts)) upto = std::min<size_t>(upto, part_ + 1);
  for (size_t i = part_; i < upto; ++i) {
    const LoggedChange& c = source_.change(entry.first + i);
    if (schemas_[c.table] != entry.schemas[c.table]) {  // the log says so
      log_end_ = Error(ErrorKind::schema_changed, "reading the log", "a table does not have the columns that are known");
      return false;
    }
    add_change(batch.arena, c, batch.changes);
  }
  part.change_count = static_cast<uint32_t>(upto - part_);
  part.ends = upto == entry.count;
  part.skipped = static_cast<uint32_t>(batch.skipped_gtids.size());
  part.mark.end = streamed(part.ends ? entry.end : entry.begin);
  part.mark.order = entry.order == CommitOrder::xa || part.ends || !plan_.unordered ? entry.order : CommitOrder::unended;
  part.mark.xid = entry.xid;
  batch.transactions.push_back(part);
  part_ = part.ends ? 0 : upto;
  if (part.ends) ++next_;
  return part.ends;
}

void Daemon::read_log(Rng& rng) {
  if (!up() || log_end_ || queue_.size() >= 3) return;
  const bool keys = std::all_of(plan_.tables.begin(), plan_.tables.end(), [](const TableShape* t) { return t->has_key(); });
  if (plain_ && keys && copy_allowed_ && !core_->copy_committed() && !core_->copy_needs_log()) return;  // the plain mode copies first
  auto batch = std::make_shared<LogBatch>();
  const size_t from = next_;
  bool more = true;
  for (const auto& [xid, pending] : pending_) {
    if (batch->read_from.file != 0 && !(pending.begin < batch->read_from)) continue;
    batch->read_from = pending.begin;
    batch->read_from_gtids = pending.gtids_before;
  }
  for (int n = 1 + rng.below(3); n > 0 && more; --n) more = add_part(rng, *batch);
  if (part_ == 0 && next_ >= start_index_) {
    const LogOffset end = next_ == source_.log().size() ? source_.log_end()
                          : next_ > from                ? streamed(source_.log()[next_ - 1].end)
                                                        : LogOffset{};
    if (end > reported_) batch->read_to = reported_ = end;
  }
  if (plan_.server == ServerKind::postgres && rng.one_in(4)) batch->snapshot = source_.snapshot();
  if (plan_.unordered && !told_prepared_ && next_ >= start_index_) {
    told_prepared_ = true;
    batch->xa_prepared_at_start = {Source::kStaysPrepared};
    for (const auto& [xid, pending] : pending_) batch->xa_prepared_at_start->push_back(xid);
  }
  if (batch->empty()) return;
  largest_batch_ = std::max(largest_batch_, batch->bytes());
  story_.tell("the reader reads up to transaction {}{}", next_, part_ != 0 ? " and a part of the next" : "");
  queue_.push_back(std::move(batch));
}

void Daemon::route() {
  guarded([&] {
    if (queue_.empty() || !core_->wants_log()) return;
    const std::shared_ptr<const LogBatch> batch = std::move(queue_.front());
    queue_.pop_front();
    const CoreCounts before = core_->counts();
    note_waiting(*batch);
    core_->on_log(batch);
    check_drops(source_, sink_, *batch, before, core_->counts());
    check_memory(*core_, plan_.options, largest_batch_);
  });
}

void Daemon::note_waiting(const LogBatch& batch) {
  if (std::none_of(workers_.begin(), workers_.end(), [](const Worker& w) { return w.open(); })) return;
  for (const LogTransaction& transaction : batch.transactions) {
    for (uint32_t i = 0; i < transaction.change_count; ++i) {
      const Change& c = batch.changes[transaction.first_change + i];
      const TableShape& t = shape(c.table);
      auto place = [&](Row row) { return row == nullptr || !t.has_key() || key_absent(*t.schema, row) ? -1 : t.place_of(row); };
      for (Worker& w : workers_) {
        if (!w.open() || w.task.table != c.table) continue;
        w.waiting.push_back({static_cast<size_t>(transaction.mark.commit_micros - 1), {place(c.before), place(c.after)}});
      }
    }
  }
}

void Daemon::copy(Rng& rng) {
  if (!up()) return;
  copy_with(rng.below(static_cast<uint32_t>(workers_.size())), rng);
}

void Daemon::copy_with(size_t worker, Rng& rng) {
  if (!up() || !copy_allowed_) return;
  guarded([&] {
    Worker& w = workers_[worker];
    switch (w.step) {
      case Worker::Step::idle: {
        auto task = core_->take_chunk_task();
        if (!task) return;
        w.task = *task;
        w.upto.reset();
        int rows = 0;
        for (int slot = 0; slot < kSlots && !w.task.whole; ++slot) {  // as the server walks its index, outside any view
          const Cell& cell = source_.visible_rows(static_cast<int>(w.task.table))[static_cast<size_t>(slot)];
          if (cell.count == 0 || !shape(w.task.table).in_range(slot, w.task.range) || ++rows < static_cast<int>(w.task.rows)) continue;
          w.upto = shape(w.task.table).encoded[static_cast<size_t>(slot * 2 + cell.spelling)];
          break;
        }
        w.step = Worker::Step::bounded;
        return;
      }
      case Worker::Step::bounded:
        w.opening = core_->open_chunk(w.task, w.upto);
        w.waiting.clear();
        w.step = Worker::Step::opened;
        return;
      case Worker::Step::opened:
        w.listed = source_.list();
        w.step = Worker::Step::listed;
        return;
      case Worker::Step::listed: open_view(w, rng); return;
      case Worker::Step::viewed: read_rows(w); return;
      case Worker::Step::read:  // the high watermark after the rows: a TRUNCATE may have taken them from the view
        w.high = source_.log_end();
        w.step = Worker::Step::marked;
        return;
      case Worker::Step::marked:
        w.step = Worker::Step::idle;
        hand_over(w, rng);
        return;
    }
  });
}

void Daemon::open_view(Worker& w, Rng& rng) {
  w.step = Worker::Step::opened;
  const auto table = static_cast<int>(w.task.table);
  std::optional<View> view = source_.open_view(table, !shape(w.task.table).has_key(), w.opening.locked, w.listed);
  if (!view || !w.opening.holds(view->visibility)) {
    if (!rng.one_in(8)) return;
    core_->give_back(w.task);  // it has waited long enough, the log may be waiting for it
    w.step = Worker::Step::idle;
    return;
  }
  if (view->altered != schemas_[w.task.table]) throw Error(ErrorKind::schema_changed, "copying", "the table was altered");
  w.view = std::move(*view);
  w.step = Worker::Step::viewed;
}

/// A view shows what it showed when it was opened, unless the table was emptied since.
void Daemon::read_rows(Worker& w) {
  const auto table = static_cast<int>(w.task.table);
  if (source_.being_emptied(table)) return;  // the statement waits
  w.step = Worker::Step::read;
  if (source_.empties(table) == w.view.empties) return;
  if (plan_.server == ServerKind::postgres) {
    w.view.rows = Rows();
    return;
  }
  core_->give_back(w.task);  // ER_TABLE_DEF_CHANGED
  w.step = Worker::Step::idle;
}

void Daemon::hand_over(Worker& w, Rng& rng) {
  const TableShape& t = shape(w.task.table);
  ChunkResult result;
  result.visibility = std::move(w.view.visibility);
  result.high = w.high;
  auto block = std::make_unique<RowBlock>();
  const bool cut_short = !w.task.whole && rng.one_in(4);
  for (int slot = 0; slot < kSlots; ++slot) {
    const Cell& cell = w.view.rows[static_cast<size_t>(slot)];
    if (cell.count == 0 || !t.in_range(slot, w.opening.range)) continue;
    for (int n = t.has_key() ? 1 : cell.count; n > 0; --n) block->rows.push_back(t.make_row(block->arena, slot, cell, part_all));
    if (cut_short && rng.one_in(2)) {
      result.truncated_at = t.encoded[static_cast<size_t>(slot * 2 + cell.spelling)];
      break;
    }
    if (t.has_key() && rng.one_in(8)) {
      result.blocks.push_back(std::move(block));
      block = std::make_unique<RowBlock>();
    }
  }
  story_.tell("worker reads {} rows of {}, high watermark {}:{}", block->rows.size(), t.schema->name.table, w.high.file, w.high.byte);
  if (!t.has_key() && rng.one_in(2)) {
    result.spilled = std::make_shared<SpilledBlock>(std::move(block));
  } else {
    result.blocks.push_back(std::move(block));
  }
  KeyRange read = w.opening.range;
  if (result.truncated_at) read.upto = result.truncated_at;
  const CoreCounts before = core_->counts();
  core_->chunk_read(w.task, std::move(result));
  check_settled(source_, t, read, w.view, w.waiting, before, core_->counts());
}

}  // namespace tidemark::sim
