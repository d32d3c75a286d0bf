#include "sim/checks.h"

#include <fmt/format.h>

#include "sim/violation.h"

namespace tidemark::sim {

namespace {

/// Which keys the finish records cover: a bit a slot.
uint32_t covered_slots(const TableShape& shape, const std::vector<ChunkRecord>& records) {
  uint32_t covered = 0, singles_left = 0, singles_done = 0;
  for (const ChunkRecord& record : records) {
    if (record.table != shape.schema->name) continue;
    for (int slot = 0; slot < kSlots; ++slot) {
      const uint32_t bit = 1u << static_cast<unsigned>(slot);
      if (!shape.has_key()) {
        covered |= bit;
        continue;
      }
      if (!shape.in_range(slot, record.range)) continue;
      if (!record.done) {
        singles_left |= bit;
      } else if (record.range.only) {
        singles_done |= bit;
      } else {
        if (covered & bit) throw Violation(fmt::format("two finish records of {} cover the same key", record.table.table));
        covered |= bit;
      }
    }
  }
  return (covered | singles_done) & ~singles_left;
}

void check_table(const TableShape& shape, const Rows& source, const SinkRows& sink, uint32_t covered, size_t at) {
  const bool exact = !shape.has_key() || provable(shape.kind);  // nothing that is not read yet is in the sink
  for (size_t slot = 0; slot < kSlots; ++slot) {
    const Cell& expected = source[slot];
    for (size_t spelling = 0; spelling < 2; ++spelling) {
      const Cell& there = sink[slot * 2 + spelling];
      const bool wanted = expected.count != 0 && expected.spelling == spelling;
      const bool is_covered = (covered >> slot) & 1u;
      if (there.count == 0 && (!wanted || !is_covered)) continue;
      if (there.count != 0 && wanted && there == expected && (is_covered || !exact)) continue;
      const char* what = there.count == 0 ? "is missing" : !wanted ? "is not at the source" : !is_covered ? "is not read yet" : "differs";
      throw Violation(fmt::format("after transaction {} row {}{} of {} {} (version {}, the source has {})", at, slot,
                                  spelling == 0 ? "" : "'", shape.schema->name.table, what, there.a, expected.a));
    }
  }
}

}  // namespace

size_t check_sink(const Source& source, const Sink& sink, size_t before) {
  const SavedState& saved = sink.saved();
  const std::optional<size_t> index = source.index_of(saved.position);
  if (!index) throw Violation("the sink's position is no place between two transactions of the log: " + saved.position.text());
  if (*index < before) throw Violation(fmt::format("the sink's position went back from transaction {} to {}", before, *index));
  const Plan& plan = source.plan();
  if (saved.position.copied_to.file != 0) {  // until then the plain mode promises nothing
    if (plan.options.exactly_once) throw Violation("rows of the copy are ahead of the position");
    return *index;
  }
  for (size_t t = 0; t < plan.tables.size(); ++t) {
    check_table(*plan.tables[t], source.state_at(*index)[t], sink.rows()[t], covered_slots(*plan.tables[t], saved.chunks), *index);
  }
  return *index;
}

void check_drops(const Source& source, const Sink& sink, const LogBatch& batch, const CoreCounts& before, const CoreCounts& after) {
  const uint64_t in_read = after.dropped_in_read - before.dropped_in_read;
  const uint64_t dropped = in_read + after.dropped_not_read_yet - before.dropped_not_read_yet;
  if (dropped == 0) return;
  const Plan& plan = source.plan();
  // A read that is given up leaves changes of earlier batches to the next read.
  const uint64_t given_up = plan.unordered || plan.images != Images::full ? before.deferred : 0;
  uint32_t covered[kTablesMax] = {};
  for (size_t t = 0; t < plan.tables.size(); ++t) covered[t] = covered_slots(*plan.tables[t], sink.saved().chunks);
  uint64_t may_drop = 0, may_be_read = 0;
  for (const LogTransaction& transaction : batch.transactions) {
    const bool visible = source.log()[static_cast<size_t>(transaction.mark.commit_micros - 1)].visible;
    for (uint32_t i = 0; i < transaction.change_count; ++i) {
      const Change& c = batch.changes[transaction.first_change + i];
      const TableShape& shape = *plan.tables[c.table];
      if (shape.has_key() && !provable(shape.kind)) continue;
      // A moved row that cannot be completed is read again, also when its key was in the sink.
      bool open = covered[c.table] == 0 || (shape.has_key() && plan.images != Images::full);
      for (Row row : {c.before, c.after}) {
        if (row == nullptr || !shape.has_key() || key_absent(*shape.schema, row)) continue;
        if ((covered[c.table] >> static_cast<unsigned>(shape.place_of(row) / 2) & 1u) == 0) open = true;
      }
      if (!open) continue;
      ++may_drop;
      may_be_read += visible;
    }
  }
  if (in_read > may_be_read) throw Violation("a change was dropped as seen by a read, although reads do not see it");
  if (dropped > may_drop + given_up) throw Violation("a change was dropped, although its key is in the sink or not known to be unread");
}

void check_settled(const Source& source, const TableShape& shape, const KeyRange& range, const View& view,
                   const std::vector<WaitingChange>& waiting, const CoreCounts& before, const CoreCounts& after) {
  const uint64_t in_read = after.dropped_in_read - before.dropped_in_read;
  const uint64_t not_read = after.dropped_not_read_yet - before.dropped_not_read_yet;
  if (in_read + not_read == 0) return;
  uint64_t seen = 0, beyond = 0;
  for (const WaitingChange& w : waiting) {
    seen += view.has(source.log()[w.transaction]);
    bool inside = true;
    for (int place : w.places) inside = inside && (place < 0 || !shape.has_key() || shape.in_range(place / 2, range));
    beyond += !inside;
  }
  if (in_read > seen) throw Violation("a change that waited was dropped as seen by a read that has not seen it");
  const Plan& plan = source.plan();
  // A key that got a chunk of its own, or a read that is thrown away: the next read is due to have them.
  const bool read_again = plan.images != Images::full || (!shape.has_key() && plan.unordered);
  if (not_read > beyond && !read_again) throw Violation("a change that waited was dropped as not read yet, although its chunk was read");
}

void check_counts(const Core& core) {
  const CoreCounts& c = core.counts();
  if (c.changes_in != c.changes_applied + c.dropped_not_read_yet + c.dropped_in_read + c.merged + c.deferred)
    throw Violation("changes in and out do not add up");
  if (core.copy_committed() && c.deferred != 0) throw Violation("a change still waits for a chunk, although all are done");
}

void check_memory(const Core& core, const CoreOptions& options, size_t largest_batch_bytes) {
  // A sealed batch, those that one more log batch fills, and one under construction; each ends at the first transaction beyond its bound.
  const uint64_t bound =
      10 * (options.batch_bytes + largest_batch_bytes) + options.chunks_in_flight_max * (uint64_t{128} * 1024 + 2 * largest_batch_bytes);
  if (core.bytes_waiting() > bound)
    throw Violation(fmt::format("{} bytes wait for the sink, the bound is {}", core.bytes_waiting(), bound));
}

void check_equal(const Source& source, const Sink& sink) {
  const Plan& plan = source.plan();
  for (size_t t = 0; t < plan.tables.size(); ++t)
    check_table(*plan.tables[t], source.visible_rows(static_cast<int>(t)), sink.rows()[t], ~0u, source.log().size());
}

}  // namespace tidemark::sim
