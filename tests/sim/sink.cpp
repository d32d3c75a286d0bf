#include "sim/sink.h"

#include <algorithm>

#include "sim/violation.h"
#include "tidemark/error.h"

namespace tidemark::sim {

namespace {
bool has_absent_column(const TableShape& shape, Row row) {
  for (size_t i = 0; i < shape.schema->columns.size(); ++i) {
    if (row[i].is_absent()) return true;
  }
  return false;
}
}  // namespace

void Sink::wipe() {
  rows_ = open_ = {};
  saved_ = {};
}

bool Sink::is_empty(int table) const {
  const SinkRows& rows = rows_[static_cast<size_t>(table)];
  return std::all_of(rows.begin(), rows.end(), [](const Cell& c) { return c.count == 0; });
}

void Sink::store(const TableShape& shape, SinkRows& rows, size_t place, Cell cell) {
  if (shape.unique && cell.u >= 0) {
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i != place && rows[i].count != 0 && rows[i].u == cell.u)
        throw Error(ErrorKind::sink_conflict, "writing to the sink", "duplicate value of a unique key");
    }
  }
  rows[place] = cell;
}

void Sink::put(const TableShape& shape, SinkRows& rows, Row row, bool plain) {
  if (has_absent_column(shape, row)) throw Violation("a row that is to be stored is not whole");
  const auto place = static_cast<size_t>(shape.place_of(row));
  if (!shape.has_key()) {
    if (!plain) throw Violation("an upsert into a table without key");
    ++rows[place].count;
    return;
  }
  if (plain && rows[place].count != 0) throw Violation("a plain load meets a row with its key");
  Cell cell;
  shape.take(row, cell);
  cell.spelling = static_cast<uint8_t>(place % 2);
  store(shape, rows, place, cell);
}

void Sink::patch(const TableShape& shape, SinkRows& rows, const TableStep::Patch& patch, bool must_hit) {
  const auto from = static_cast<size_t>(shape.place_of(patch.key)), to = static_cast<size_t>(shape.place_of(patch.row));
  if (rows[from].count == 0) {
    if (must_hit) throw Error(ErrorKind::data, "writing to the sink", "an update meets no row");
    return;
  }
  if (from != to && rows[to].count != 0) throw Error(ErrorKind::sink_conflict, "writing to the sink", "duplicate key");
  Cell cell = rows[from];
  rows[from] = Cell();
  shape.take(patch.row, cell);
  cell.spelling = static_cast<uint8_t>(to % 2);
  store(shape, rows, to, cell);
}

void Sink::change(const TableShape& shape, SinkRows& rows, const Change& change) {
  if (shape.has_key()) throw Violation("a change by whole row in a table with a key");
  if (change.before != nullptr) {
    Cell& row = rows[static_cast<size_t>(shape.place_of(change.before))];
    if (row.count == 0) throw Error(ErrorKind::data, "writing to the sink", "a change of a row without key meets no row");
    --row.count;
  }
  if (change.after != nullptr) ++rows[static_cast<size_t>(shape.place_of(change.after))].count;
}

/// Sinks apply deletes, upserts and patches each at once: that they may relies on no key being in two of them, or twice.
void Sink::check_disjoint(const TableShape& shape, const TableStep& step) const {
  uint32_t seen = 0;
  auto see = [&](Row key) {
    const uint32_t bit = 1u << static_cast<unsigned>(shape.place_of(key));
    if (seen & bit) throw Violation("a step changes a key twice");
    seen |= bit;
  };
  for (Row key : step.deletes) see(key);
  for (Row row : step.upserts) see(row);
  for (const TableStep::Patch& p : step.patches) see(p.key);
}

void Sink::apply(const TableStep& step) {
  const TableShape& shape = *plan_.tables[step.table];
  SinkRows& rows = open_[step.table];
  if (shape.has_key()) check_disjoint(shape, step);
  if (step.empty_first) rows = SinkRows();
  for (Row key : step.deletes) rows[static_cast<size_t>(shape.place_of(key))] = Cell();
  for (Row row : step.upserts) put(shape, rows, row, false);
  for (const TableStep::Patch& p : step.patches) patch(shape, rows, p, step.patches_must_hit);
  for (const Change& c : step.sequence) change(shape, rows, c);
  for (Row row : step.load) put(shape, rows, row, step.load_plain);
}

void Sink::write(const CoreBatch& batch) {
  while (std::unique_ptr<RowBlock> block = batch.spilled ? batch.spilled->next() : nullptr) {
    for (Row row : block->rows) put(*plan_.tables[batch.spilled_table], open_[batch.spilled_table], row, true);
  }
  for (const TableStep& step : batch.steps) apply(step);
  if (!batch.commit && !batch.chunks.empty()) throw Violation("finish records before the end of a transaction");
}

void Sink::commit(const CoreBatch& batch) {
  rows_ = open_;
  saved_.position = batch.position;
  for (const ChunkRecord& record : batch.chunks) {
    std::erase_if(saved_.chunks, [&](const ChunkRecord& old) { return old.table == record.table && old.range == record.range; });
    saved_.chunks.push_back(record);
  }
}

}  // namespace tidemark::sim
