// The simulated sink: rows, position row and finish records that are durable together, one open transaction, and the contract of
// include/tidemark/sink.h checked at every step. Owned by one history.
#pragma once

#include <vector>

#include "pipeline/core.h"
#include "sim/plan.h"
#include "sim/tables.h"

namespace tidemark::sim {

class Sink {
 public:
  explicit Sink(const Plan& plan) : plan_(plan) {}

  /// Into the open transaction. Throws Error as a sink does, Violation when the core breaks the contract.
  void write(const CoreBatch& batch);
  void commit(const CoreBatch& batch);
  void roll_back() { open_ = rows_; }
  /// The operator empties it: tables and tidemark's own.
  void wipe();

  const SavedState& saved() const { return saved_; }
  const SinkDatabase& rows() const { return rows_; }
  bool is_empty(int table) const;

 private:
  void apply(const TableStep& step);
  void check_disjoint(const TableShape& shape, const TableStep& step) const;
  void put(const TableShape& shape, SinkRows& rows, Row row, bool plain);
  void patch(const TableShape& shape, SinkRows& rows, const TableStep::Patch& patch, bool must_hit);
  void change(const TableShape& shape, SinkRows& rows, const Change& change);
  void store(const TableShape& shape, SinkRows& rows, size_t place, Cell cell);

  const Plan& plan_;
  SinkDatabase rows_{}, open_{};
  SavedState saved_;
};

}  // namespace tidemark::sim
