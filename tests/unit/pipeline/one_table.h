// A core with one table of two integers, `id` (its key) and `v`, and what a test feeds it with: transaction n, from 2 on, lies at n*100 to
// n*100+90 of the log, has the GTID n, was committed in second n and inserts row n.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/core.h"

namespace tidemark::pipeline_test {

inline GtidSet gtids(const std::string& numbers) { return GtidSet::parse_mysql("3e11fa47-71ca-11e1-9e33-c80aa9429562:" + numbers); }
inline Gtid gtid(uint64_t number) { return {gtids("1").intervals().begin()->first, number, 0}; }

inline SchemaRef two_columns() {
  auto schema = std::make_shared<TableSchema>();
  schema->name = {"d", "t"};
  schema->columns.resize(2);
  for (Column& c : schema->columns) {
    c.kind = ValueKind::int64;
    c.order_known = true;
  }
  schema->columns[0].name = "id";
  schema->columns[1].name = "v";
  schema->key = {0};
  return schema;
}

inline KeyBytes key_of(int64_t id) {
  const Value row[2] = {Value::int64(id), Value::int64(0)};
  return encode_key(*two_columns(), row);
}

/// Before transaction 2.
inline Position start() {
  Position p;
  p.lineage = Lineage::mysql;
  p.server = "a";
  p.log_name = "log";
  p.offset = {1, 100};
  p.gtids = gtids("1");
  return p;
}

inline Core core_of(bool copies, const CoreOptions& options = {}, std::vector<ChunkRecord> records = {}, const Position& from = start()) {
  CoreTable table;
  table.schema = two_columns();
  table.copy = copies;
  table.records = std::move(records);
  return Core(options, from, {table});
}

/// Nothing: the column is absent.
inline Row row_of(Arena& arena, std::optional<int64_t> id, std::optional<int64_t> v) {
  Value* row = arena.allocate_row(2);
  if (id) row[0] = Value::int64(*id);
  if (v) row[1] = Value::int64(*v);
  return row;
}

/// A part of transaction n; `change` instead of its insert.
inline LogTransaction& add_transaction(LogBatch& batch, uint64_t n, std::optional<Change> change = std::nullopt) {
  LogTransaction& t = batch.transactions.emplace_back();
  t.first_change = static_cast<uint32_t>(batch.changes.size());
  t.change_count = 1;
  t.mark.begin = {1, n * 100};
  t.mark.end = batch.read_to = {1, n * 100 + 90};
  t.mark.gtid = gtid(n);
  t.mark.commit_micros = static_cast<int64_t>(n) * 1000000;
  const auto id = static_cast<int64_t>(n);
  batch.changes.push_back(change ? *change : Change{Op::insert, 0, nullptr, row_of(batch.arena, id, id)});
  return t;
}

inline std::shared_ptr<LogBatch> batch_of(std::initializer_list<uint64_t> numbers) {
  auto batch = std::make_shared<LogBatch>();
  for (uint64_t n : numbers) add_transaction(*batch, n);
  return batch;
}

/// Transaction n with an update of row `id` to `to`, of whose columns the images have only the key.
inline std::shared_ptr<LogBatch> moved_key(uint64_t n, int64_t id, int64_t to) {
  auto batch = std::make_shared<LogBatch>();
  add_transaction(*batch, n, Change{Op::update, 0, row_of(batch->arena, id, {}), row_of(batch->arena, to, {})});
  return batch;
}

/// Commits what there is to write; how many transactions of the source it was.
inline uint64_t commits(Core& core) {
  uint64_t transactions = 0;
  while (auto batch = core.take_batch(true)) {
    transactions += batch->source_transactions;
    core.on_committed(*batch);
  }
  return transactions;
}

/// A read of rows 0 to rows-1, at transaction `at`.
inline ChunkResult read_of(uint64_t rows, double seconds, uint64_t at = 0) {
  ChunkResult result;
  result.visibility.offset = result.high = at == 0 ? LogOffset{1, 100} : LogOffset{1, at * 100 + 90};
  auto block = std::make_unique<RowBlock>();
  for (uint64_t i = 0; i < rows; ++i) {
    const auto id = static_cast<int64_t>(i);
    block->rows.push_back(row_of(block->arena, id, id));
  }
  result.blocks.push_back(std::move(block));
  result.seconds = seconds;
  return result;
}

}  // namespace tidemark::pipeline_test
