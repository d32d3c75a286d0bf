// Where a change goes: to the sink, into a chunk's rows, or nowhere because a chunk read has it (design 2.2, 2.3;
// the names follow the executable model of that section).
#include "pipeline/core.h"
#include "pipeline/row_images.h"
#include "pipeline/row_ops.h"
#include "tidemark/error.h"

namespace tidemark {

namespace {

/// Plain mode, and what is left to settle of it: the sink's row with the old key may be a later one than the row that moved, so upserts do
/// not settle it.
[[noreturn]] void cannot_be_repeated(const TableSchema& schema) {
  throw Error(ErrorKind::unsupported, "reading a change of " + printable(schema.name.text()),
              "a row's key changes while the table is copied, and the row image lacks its other columns",
              "Set exactly_once: true for the pipeline, or run SET GLOBAL binlog_row_image = 'FULL' at the source and reconnect its "
              "clients; then copy "
              "into an empty target again.");
}

}  // namespace

uint64_t& Core::counter(Fate fate) {
  constexpr uint64_t CoreCounts::*kCounters[] = {&CoreCounts::changes_applied, &CoreCounts::dropped_not_read_yet,
                                                 &CoreCounts::dropped_in_read, &CoreCounts::merged, &CoreCounts::deferred};
  return counts_.*kCounters[static_cast<size_t>(fate)];
}

void Core::count(Fate fate) {
  ++counts_.changes_in;
  ++counter(fate);
  if (fate == Fate::deferred) last_deferred_->settles = true;
}

/// Proved to be in the chunk's read. Where a transaction may be in it or not, the read is a lower bound from there on: it and all that
/// follow are merged in the order of the log, and the last one of each key tells what the read has or will have at its high watermark.
bool Core::in_read(Segment& segment, const TransactionMark& mark) {
  const Visibility::Sight sight = segment.visibility.judge(mark);
  if (sight == Visibility::Sight::unknown) segment.visibility.offset = mark.begin;
  return sight == Visibility::Sight::seen;
}

Core::Fate Core::route(const Change& raw, const TransactionMark& mark) {
  Table& t = tables_[raw.table];
  if (!t.in_progress && !t.copy.done()) {
    t.in_progress = true;
    tables_changed_.push_back(raw.table);
  }
  Change change = completed_images(*t.schema, raw, *building_.arena);
  if (repeats_the_copy() && moves_partial_row(*t.schema, change)) cannot_be_repeated(*t.schema);
  constexpr uint64_t CoreCounts::*kByOp[] = {&CoreCounts::inserts, &CoreCounts::updates, &CoreCounts::deletes, &CoreCounts::truncates};
  ++(counts_.*kByOp[static_cast<size_t>(change.op)]);
  if (t.copy.done()) {
    apply(t, raw.table, change.op, change.before, change.after);
    return Fate::applied;
  }
  if (!t.schema->has_key()) return route_keyless(t, change, mark);
  if (change.op == Op::truncate) return route_truncate(t, raw.table, mark);
  return t.copy.provable() ? route_provable(t, raw.table, change, mark) : route_unproved(t, raw.table, change, mark);
}

/// One chunk, exact visibility: what the read did not see waits until the chunk is emitted. A read that may have seen it or not is
/// thrown away.
Core::Fate Core::route_keyless(Table& t, const Change& change, const TransactionMark& mark) {
  std::vector<Segment*> segments = t.copy.in_flight();
  if (segments.empty()) return Fate::not_read_yet;
  Segment& segment = *segments.front();
  if (segment.state == Segment::State::buffered) {
    const Visibility::Sight sight = segment.visibility.judge(mark);
    if (sight == Visibility::Sight::seen) return Fate::in_read;
    if (sight == Visibility::Sight::unknown) {
      unread(t, segment);
      return Fate::not_read_yet;
    }
  }
  defer(segment, *t.schema, change.op, change.before, change.after, mark);
  return Fate::deferred;
}

Core::Fate Core::route_provable(Table& t, uint32_t table, const Change& change, const TransactionMark& mark) {
  const TableSchema& schema = *t.schema;
  if (change.op != Op::update || same_key(schema, change.before, change.after)) {
    return place(t, table, change.op, change.before, change.after, mark);
  }
  if (has_absent(schema, change.after)) {
    using State = Segment::State;
    if (t.copy.segment_of(change.before).state == State::emitted && t.copy.segment_of(change.after).state == State::emitted) {
      move_key(table, change.before, change.after);
      return Fate::applied;
    }
    reread(t, table, change.after);  // first, for the copy may be done when the old key is resolved
    return place(t, table, Op::remove, change.before, nullptr, mark);
  }
  Fate gone = place(t, table, Op::remove, change.before, nullptr, mark);
  Fate come = place(t, table, Op::insert, nullptr, change.after, mark);
  for (Fate strongest : {Fate::applied, Fate::deferred, Fate::merged}) {
    if (gone == strongest || come == strongest) return strongest;
  }
  return come;
}

/// A change of one key of a provable table. op update: the key stays.
Core::Fate Core::place(Table& t, uint32_t table, Op op, Row before, Row after, const TransactionMark& mark) {
  Segment& segment = t.copy.segment_of(op == Op::remove ? before : after);
  using State = Segment::State;
  if (segment.range.only && segment.state == State::unopened && (op == Op::remove || !has_absent(*t.schema, after))) {
    apply(t, table, op, before, after);
    resolve(t, table, segment, op == Op::remove ? 0 : 1, mark);
    return Fate::applied;
  }
  if (segment.state == State::unopened || segment.state == State::reserved) return Fate::not_read_yet;
  if (segment.state == State::reading) {
    defer(segment, *t.schema, op, before, after, mark);
    return Fate::deferred;
  }
  if (segment.state == State::buffered) {
    if (in_read(segment, mark)) return Fate::in_read;
    merge(*t.schema, *segment.buffer, op, before, after, false);
    return Fate::merged;
  }
  apply(t, table, op, before, after);
  return Fate::applied;
}

/// Which chunk holds a key is not known: apply at once, and merge into every open chunk that turns out to hold the key.
Core::Fate Core::route_unproved(Table& t, uint32_t table, const Change& change, const TransactionMark& mark) {
  const TableSchema& schema = *t.schema;
  bool key_moves = change.op == Op::update && !same_key(schema, change.before, change.after);
  bool partial_move = key_moves && has_absent(schema, change.after);
  Op op = partial_move ? Op::remove : change.op;
  for (Segment* segment : t.copy.in_flight()) {
    if (segment->state == Segment::State::reading) {
      defer(*segment, schema, op, change.before, partial_move ? nullptr : change.after, mark);
    } else if (!in_read(*segment, mark)) {
      merge(schema, *segment->buffer, op, change.before, change.after, true);
    }
  }
  apply(t, table, op, change.before, change.after);
  if (partial_move) reread(t, table, change.after);
  if (op == Op::remove || key_moves) {
    if (Segment* gone = t.copy.unopened_single_of(change.before)) resolve(t, table, *gone, 0, mark);
  }
  if (op != Op::remove && !has_absent(schema, change.after)) {
    if (Segment* come = t.copy.unopened_single_of(change.after)) resolve(t, table, *come, 1, mark);
  }
  return Fate::applied;
}

/// A change of every key at once: each chunk takes it as it takes a change of one of its keys. The sink's rows are those of chunks that
/// were emitted, and of changes that were applied at once; all of them are older. A chunk that is not opened yet will be read after it.
/// Where the copy is ahead of the log (plain mode), the rows of the copy that are younger go as well: as the table was empty here, the log
/// has each of them still to come, whole.
Core::Fate Core::route_truncate(Table& t, uint32_t table, const TransactionMark& mark) {
  Fate fate = Fate::not_read_yet;
  for (Segment* segment : t.copy.in_flight()) {
    if (segment->state == Segment::State::reading) {
      defer(*segment, *t.schema, Op::truncate, nullptr, nullptr, mark);
      fate = Fate::deferred;
    } else if (!in_read(*segment, mark)) {
      segment->buffer->clear();
      if (fate != Fate::deferred) fate = Fate::merged;
    } else if (fate == Fate::not_read_yet) {
      fate = Fate::in_read;
    }
  }
  if (t.copy.provable() && !t.copy.any_emitted()) return fate;
  apply(t, table, Op::truncate, nullptr, nullptr);
  return Fate::applied;
}

void Core::apply(Table& t, uint32_t table, Op op, Row before, Row after) {
  if (!t.dirty) {
    t.dirty = true;
    dirty_.push_back(table);
  }
  t.touched = true;
  ++t.counts.changes_applied;
  if (op == Op::truncate) {
    empty(t, table);
  } else if (!t.schema->has_key()) {
    auto& steps = building_.batch.steps;
    if (steps.empty() || steps.back().table != table || steps.back().sequence.empty()) new_step(table);
    steps.back().sequence.push_back({op, table, before, after});
  } else if (op == Op::insert) {
    t.net.upsert(after);
  } else if (op == Op::remove) {
    t.net.remove(before);
  } else {
    apply_update(t, table, before, after);
  }
  if (options_.ordered) flush_table(table);
}

/// What the batch had for the table until then nobody will see.
void Core::empty(Table& t, uint32_t table) {
  std::erase_if(building_.batch.steps, [table](const TableStep& step) { return step.table == table; });
  if (t.schema->has_key()) {
    t.net.truncate();
  } else {
    new_step(table).empty_first = true;
  }
}

void Core::apply_update(Table& t, uint32_t table, Row before, Row after) {
  bool absent = has_absent(*t.schema, after);
  if (same_key(*t.schema, before, after)) {
    if (absent) {
      t.net.patch(before, after, *building_.arena);
    } else {
      t.net.upsert(after);
    }
  } else if (absent) {
    move_key(table, before, after);
  } else {
    t.net.remove(before);
    if (options_.ordered) flush_table(table);
    t.net.upsert(after);
  }
}

/// A key change with absent columns: UPDATE of the key at the sink, in a step of its own, since it cannot be a net change of one key.
void Core::move_key(uint32_t table, Row before, Row after) {
  flush_table(table);
  new_step(table).patches.push_back({before, after});
  tables_[table].touched = true;
}

void Core::defer(Segment& segment, const TableSchema& schema, Op op, Row before, Row after, const TransactionMark& mark) {
  uint64_t bytes = segment.deferred_rows.bytes_allocated();
  segment.deferred.push_back({op, copy_row(schema, before, segment.deferred_rows), copy_row(schema, after, segment.deferred_rows), mark});
  deferred_bytes_ += segment.deferred_rows.bytes_allocated() - bytes;
  last_deferred_ = &segment.deferred.back();
}

/// The row cannot be completed: its key becomes a chunk of its own, to be read like any other (design 2.3). Never guess a value.
void Core::reread(Table& t, uint32_t table, Row key) {
  if (!t.copy.provable()) {
    for (Segment* segment : t.copy.in_flight()) {
      if (segment->state == Segment::State::buffered) segment->buffer->remove(key);
    }
  }
  Segment* earlier = t.copy.single_of(key);
  if (earlier != nullptr) {
    if (earlier->state == Segment::State::buffered) --chunks_open_;
    for (const DeferredChange& d : earlier->deferred) {  // the new read comes after them
      if (!d.settles) continue;
      --counts_.deferred;
      ++counts_.dropped_not_read_yet;
    }
  }
  Segment* single = t.copy.make_single(key);
  if (single == nullptr) return;
  apply(t, table, Op::remove, key, nullptr);
  ChunkRecord record;
  record.table = t.schema->name;
  record.range = single->range;
  record.done = false;
  building_.batch.chunks.push_back(std::move(record));
}

/// A key's own chunk that nobody has begun to read needs no read any more: the log has just said what the key has. Otherwise a row whose
/// key moves all the time would leave a chunk behind at every key.
void Core::resolve(Table& t, uint32_t table, Segment& single, uint64_t rows, const TransactionMark& mark) {
  ChunkRecord record;
  record.table = t.schema->name;
  record.range = single.range;
  record.rows = rows;
  record.high = mark.begin;
  building_.batch.chunks.push_back(std::move(record));
  building_.batch.resolved.push_back(table);
  ++resolved_uncommitted_;
  ++t.uncommitted;
  t.copy.emitted(single);
  if (t.copy.done()) --chunks_left_;
}

/// `only_known`: a row that the chunk does not hold is left alone (tables whose chunks' extents are not known here).
void Core::merge(const TableSchema& schema, ChunkBuffer& buffer, Op op, Row before, Row after, bool only_known) {
  if (only_known && op == Op::insert) return;
  if (only_known && op == Op::update && !has_absent(schema, after)) {
    if (!buffer.has(before)) return;
    if (!same_key(schema, before, after)) buffer.remove(before);
  }
  buffer.merge(op, before, after);
}

}  // namespace tidemark
