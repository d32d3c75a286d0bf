// The core by itself, where the simulator does not go: the stop positions, and how chunks grow and shrink.
#include "support/catch.h"
#include "tidemark/error.h"
#include "unit/pipeline/one_table.h"

using namespace tidemark;
using namespace tidemark::pipeline_test;

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
  batch->skipped_gtids.push_back(gtid(3));
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

TEST_CASE("on another server what must be read again is told by places in its own log") {
  CoreTable table;
  table.schema = two_columns();
  Position resumed = start();
  resumed.offset = {};
  resumed.read_from = {9, 500};  // of the server before
  resumed.read_from_gtids = gtids("1");
  CoreOptions options;
  options.batch_rows = 1;
  Core core(options, resumed, {table});
  auto log = batch_of({2, 3});
  log->read_from = {1, 150};
  log->read_from_gtids = gtids("1");
  core.on_log(log);
  auto batch = core.take_batch(true);  // ends within the log batch
  REQUIRE(batch);
  CHECK(batch->position.offset == LogOffset{1, 290});
  CHECK(batch->position.read_from == LogOffset{1, 150});
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

TEST_CASE("a stop position is looked at between transactions only") {
  Core core = core_of(false);
  auto half = batch_of({2});
  half->transactions.back().ends = false;
  half->read_to = {};
  core.on_log(half);
  core.stop_at(LogOffset{1, 100});  // as when the source's clock passes the stop time
  CHECK_FALSE(core.stop_reached());
  auto rest = batch_of({2});
  rest->transactions.back().starts = false;
  core.on_log(rest);
  CHECK(core.stop_reached());
  CHECK(commits(core) == 1);
  CHECK(core.committed().offset == LogOffset{1, 290});
}
