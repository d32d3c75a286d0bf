// Net changes of one table as statements: arrays of columns through unnest(), COPY for bulk, one row at a time where only that is right.
// Owned by the sink, one thread; throws Error. The statements are queued in the flight, COPY lands it first.
#pragma once

#include <string_view>
#include <vector>

#include "engine/postgres/flight.h"
#include "engine/postgres/target_table.h"

namespace tidemark::postgres {

class RowStatements {
 public:
  RowStatements(Connection& connection, Flight& flight) : connection_(connection), flight_(flight) {}

  /// Every row of the table. By DELETE: TRUNCATE needs a privilege and a table that no foreign key refers to, and readers that began
  /// before it would see the table empty.
  void empty(TargetTable& table);
  void remove(TargetTable& table, const std::vector<Row>& rows);
  void upsert(TargetTable& table, const std::vector<Row>& rows);
  void patch(TargetTable& table, const std::vector<TableStep::Patch>& patches, bool must_hit);
  /// Tables without key: in order, whole rows.
  void replay(TargetTable& table, const std::vector<Change>& changes);
  /// Rows of which none is in the sink.
  void load_plain(TargetTable& table, const std::vector<Row>& rows);
  /// A transaction has ended: temporary tables are empty again, or gone when it was rolled back; large buffers are given back.
  void transaction_ended(std::vector<TargetTable>& tables, bool rolled_back);

 private:
  /// One column of a statement with array parameters: where its values come from.
  struct Source {
    size_t column;
    bool from_after;  // patches: the new row instead of the key
  };
  void begin_arrays(const TargetTable& table, const std::vector<Source>& sources);
  void send_arrays(TargetTable& table, Statement& statement, uint32_t count, size_t arrays, int64_t must_affect);
  size_t array_bytes(size_t arrays) const;
  void upsert_singles(TargetTable& table, const Row* rows, size_t count);
  void upsert_arrays(TargetTable& table, const Row* rows, size_t count);
  void load_staged(TargetTable& table, const Row* rows, size_t count, bool plain);
  void prepare_stage(TargetTable& table);
  void copy_rows(TargetTable& table, const std::string& into, const Row* rows, size_t count);
  void patch_group(TargetTable& table, const std::string& shape, const std::vector<const TableStep::Patch*>& patches, bool must_hit);
  void patch_single(TargetTable& table, Statement& statement, const std::vector<Source>& sources, const TableStep::Patch& patch,
                    bool must_hit);
  void replay_one(TargetTable& table, const Change& change);
  void send_singles(TargetTable& table, Statement& statement, const std::vector<size_t>& starts, int64_t must_affect);

  Connection& connection_;
  Flight& flight_;
  std::vector<ByteBuffer> arrays_;  // one per column of the statement that is being built
  ByteBuffer singles_;
  ByteBuffer copy_;
  Params params_;
  std::vector<Row> sorted_;
  std::vector<TargetTable*> filled_;  // tables whose temporary table holds rows of this transaction
};

}  // namespace tidemark::postgres
