// The core by itself, where the simulator does not go: the stop positions, the plain mode's refusal, and how chunks grow and shrink.
#include <initializer_list>

#include "pipeline/core.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;

namespace {

constexpr const char* kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
GtidSet gtids(const std::string& numbers) { return GtidSet::parse_mysql(std::string(kUuid) + ":" + numbers); }

SchemaRef two_columns() {
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

Position start() {
  Position p;
  p.lineage = Lineage::mysql;
  p.server = "a";
  p.log_name = "log";
  p.offset = {1, 100};
  p.gtids = gtids("1");
  return p;
}

Core core_of(bool copies, CoreOptions options = {}) {
  CoreTable table;
  table.schema = two_columns();
  table.copy = copies;
  return Core(options, start(), {table});
}

// Transaction `n` (from 2 on) lies at n*100 to n*100+90 of the log, was committed in second n, and writes row n.
LogTransaction transaction(LogBatch& batch, uint64_t n) {
  LogTransaction t;
  t.first_change = static_cast<uint32_t>(batch.changes.size());
  t.change_count = 1;
  t.mark.begin = {1, n * 100};
  t.mark.end = {1, n * 100 + 90};
  t.mark.gtid = {gtids("1").intervals().begin()->first, n, 0};
  t.mark.commit_micros = static_cast<int64_t>(n) * 1000000;
  Value* row = batch.arena.allocate_row(2);
  row[0] = row[1] = Value::int64(static_cast<int64_t>(n));
  batch.changes.push_back({Op::insert, 0, nullptr, row});
  return t;
}

std::shared_ptr<LogBatch> batch_of(std::initializer_list<uint64_t> numbers) {
  auto batch = std::make_shared<LogBatch>();
  for (uint64_t n : numbers) {
    batch->transactions.push_back(transaction(*batch, n));
    batch->read_to = batch->transactions.back().mark.end;
  }
  return batch;
}

uint64_t commits(Core& core) {
  uint64_t transactions = 0;
  while (auto batch = core.take_batch(true)) {
    transactions += batch->source_transactions;
    core.on_committed(*batch);
  }
  return transactions;
}

ChunkResult read_of(uint64_t rows, double seconds) {
  ChunkResult result;
  result.visibility.offset = result.high = {1, 100};
  auto block = std::make_unique<RowBlock>();
  for (uint64_t i = 0; i < rows; ++i) {
    Value* row = block->arena.allocate_row(2);
    row[0] = row[1] = Value::int64(static_cast<int64_t>(i));
    block->rows.push_back(row);
  }
  result.blocks.push_back(std::move(block));
  result.seconds = seconds;
  return result;
}

KeyBytes key_of(int64_t id) {
  const Value row[2] = {Value::int64(id), Value::int64(0)};
  return encode_key(*two_columns(), row);
}

}  // namespace

TEST_CASE("the core stops before the transaction at the stop offset, and takes nothing after it") {
  Core core = core_of(false);
  core.stop_at(LogOffset{1, 300});
  CHECK_FALSE(core.stop_reached());
  core.on_log(batch_of({2, 3, 4}));
  CHECK(core.stop_reached());
  CHECK(core.delivered().offset == LogOffset{1, 290});
  core.on_log(batch_of({5}));
  CHECK(commits(core) == 1);
  CHECK(core.idle());
  CHECK(core.committed().offset == LogOffset{1, 290});
}

TEST_CASE("a stop offset that the log has reached without a transaction there") {
  Core core = core_of(false);
  core.stop_at(LogOffset{1, 295});
  core.on_log(batch_of({2}));
  CHECK_FALSE(core.stop_reached());
  auto idle = std::make_shared<LogBatch>();
  idle->read_to = {1, 295};
  core.on_log(idle);
  CHECK(core.stop_reached());
  CHECK(core.committed().offset == LogOffset{1, 100});
  CHECK(commits(core) == 1);
  CHECK(core.committed().offset == LogOffset{1, 295});

  Core there = core_of(false);
  there.stop_at(LogOffset{1, 100});
  CHECK(there.stop_reached());
}

TEST_CASE("the core stops when it has the GTIDs of the stop position") {
  Core core = core_of(false);
  core.stop_at(gtids("1-3"));
  CHECK_FALSE(core.stop_reached());
  core.on_log(batch_of({2, 3, 4}));
  CHECK(core.stop_reached());
  CHECK(commits(core) == 2);
  CHECK(core.committed().gtids == gtids("1-3"));

  Core skipped = core_of(false);  // the last one changed no captured table
  skipped.stop_at(gtids("1-3"));
  auto batch = batch_of({2});
  batch->skipped_gtids.push_back({gtids("1").intervals().begin()->first, 3, 0});
  skipped.on_log(batch);
  CHECK(skipped.stop_reached());

  Core there = core_of(false);
  there.stop_at(gtids("1"));
  CHECK(there.stop_reached());
}

TEST_CASE("the core stops before the first transaction at or after the stop time") {
  Core core = core_of(false);
  core.stop_at_micros(3000000);
  core.on_log(batch_of({2}));
  CHECK_FALSE(core.stop_reached());
  core.on_log(batch_of({3, 4}));
  CHECK(core.stop_reached());
  CHECK(commits(core) == 1);
}

TEST_CASE("a copy is completed before the stop position counts") {
  Core core = core_of(true);
  core.stop_at(LogOffset{1, 100});
  CHECK_FALSE(core.stop_reached());
  const ChunkTask task = core.take_chunk_task().value();
  core.open_chunk(task, std::nullopt);
  core.on_log(batch_of({2}));  // beyond the stop, taken all the same
  CHECK(core.counts().deferred == 1);
  core.chunk_read(task, read_of(2, 0.1));
  CHECK(core.stop_reached());
  CHECK(commits(core) == 1);
  CHECK(core.copy_committed());
}

TEST_CASE("views are opened under a lock while loose commits of before the session may not be visible") {
  CoreTable table;
  table.schema = two_columns();
  table.copy = true;
  Position resumed = start();
  resumed.loose = true;
  Core core({}, resumed, {table});
  auto task = core.take_chunk_task();
  REQUIRE(task);
  ChunkOpening opening = core.open_chunk(*task, key_of(1));
  CHECK(opening.locked);
  core.chunk_read(*task, read_of(1, 0.1));
  auto batch = core.take_batch(true);
  REQUIRE(batch);
  CHECK(batch->position.loose);
  core.on_committed(*batch);
  task = core.take_chunk_task();
  REQUIRE(task);
  CHECK(core.open_chunk(*task, std::nullopt).locked);
  core.chunk_read(*task, read_of(0, 0.1));
  batch = core.take_batch(true);
  REQUIRE(batch);
  CHECK_FALSE(batch->position.loose);  // nothing is left to be read
}

TEST_CASE("chunks grow and shrink towards half a second, within their bounds") {
  CoreOptions options;
  options.chunk_rows = 1000;
  Core core = core_of(true, options);
  int64_t upto = 0;
  auto next = [&](uint64_t rows, double seconds) {
    const ChunkTask task = core.take_chunk_task().value();
    upto += 1000000;
    core.open_chunk(task, key_of(upto));
    core.chunk_read(task, read_of(rows, seconds));
    commits(core);
    const ChunkTask after = core.take_chunk_task().value();
    core.open_chunk(after, std::nullopt);
    core.give_back(after);
    return after.rows;
  };
  CHECK(next(1000, 0.25) == 2000);  // twice as many in half a second
  CHECK(next(2000, 0) == 8000);     // not more than four times as many at once
  CHECK(next(100, 0.001) == 8000);  // the last rows of a range tell nothing
  CHECK(next(8000, 4000.0) == 64);  // never fewer than this
  CHECK(next(64, 0.5) == 64);
}

TEST_CASE("the plain mode does not repeat a moved key of which only a part is known") {
  CoreOptions options;
  options.exactly_once = false;
  Core core = core_of(true, options);
  auto batch = std::make_shared<LogBatch>();
  LogTransaction t = transaction(*batch, 2);
  Value* before = batch->arena.allocate_row(2);
  Value* after = batch->arena.allocate_row(2);
  before[0] = Value::int64(1);
  after[0] = Value::int64(2);
  batch->changes.back() = {Op::update, 0, before, after};
  batch->transactions.push_back(t);
  try {
    core.on_log(batch);
    FAIL("it was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unsupported);
    CHECK(error.hint().find("exactly_once: true") != std::string::npos);
  }
}
