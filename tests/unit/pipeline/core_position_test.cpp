// Which position travels with a batch when XA transactions are prepared, and when it is written though nothing else is.
#include "support/catch.h"
#include "unit/pipeline/one_table.h"

using namespace tidemark;
using namespace tidemark::pipeline_test;

namespace {

CoreOptions a_transaction_a_batch() {
  CoreOptions options;
  options.batch_bytes = 1;
  return options;
}

Position next_position(Core& core) {
  const std::optional<CoreBatch> batch = core.take_batch(false);
  REQUIRE(batch);
  core.on_committed(*batch);
  return batch->position;
}

}  // namespace

TEST_CASE("a position within a log batch knows what was prepared before it, and not what was prepared after it") {
  Core core = core_of(false, a_transaction_a_batch());
  auto batch = batch_of({2, 3, 4});
  batch->read_from = {1, 295};  // of the batch's own XA PREPARE, between 2 and 3
  batch->read_from_gtids = gtids("1-2");
  core.on_log(batch);
  const Position before = next_position(core);
  CHECK(before.offset == LogOffset{1, 290});
  CHECK(before.read_from == LogOffset{});
  CHECK(before.read_from_gtids.empty());
  const Position after = next_position(core);
  CHECK(after.offset == LogOffset{1, 390});
  CHECK(after.read_from == LogOffset{1, 295});
  CHECK(after.read_from_gtids == gtids("1-2"));
  next_position(core);

  core.on_log(batch_of({5, 6}));  // it was committed at the end of the batch before
  CHECK(next_position(core).read_from == LogOffset{1, 295});
  CHECK(next_position(core).read_from == LogOffset{1, 295});  // the batch's end tells that nothing is prepared any more
  core.on_log(batch_of({7}));
  CHECK(next_position(core).read_from == LogOffset{});
}

TEST_CASE("a position within a log batch has the GTIDs that were skipped before it, and none from behind it") {
  Core core = core_of(false, a_transaction_a_batch());
  auto batch = batch_of({2, 4, 7});
  for (uint64_t n : {3, 5, 6, 8}) batch->skipped_gtids.push_back(gtid(n));
  batch->transactions[1].skipped = 1;
  batch->transactions[2].skipped = 3;
  batch->transactions[2].ends = false;
  core.on_log(batch);
  CHECK(next_position(core).gtids == gtids("1-2"));
  CHECK(next_position(core).gtids == gtids("1-4"));
  auto rest = batch_of({7});
  rest->transactions[0].starts = false;
  core.on_log(rest);
  while (auto part = core.take_batch(false)) {
    core.on_committed(*part);
    if (part->commit) CHECK(part->position.gtids == gtids("1-8"));
  }
}

TEST_CASE("a position is written when only the place to read from has moved, and not while a batch is on its way") {
  Position from = start();
  from.read_from = {1, 50};
  Core core = core_of(false, {}, {}, from);
  CHECK_FALSE(core.take_batch(true));
  auto idle = std::make_shared<LogBatch>();
  idle->read_to = {1, 100};
  core.on_log(idle);  // what was prepared has been rolled back
  CHECK_FALSE(core.take_batch(false));
  CHECK(commits(core) == 0);
  CHECK(core.committed().offset == LogOffset{1, 100});
  CHECK(core.committed().read_from == LogOffset{});

  core.on_log(batch_of({2}));
  const std::optional<CoreBatch> batch = core.take_batch(true);
  REQUIRE(batch);
  idle = std::make_shared<LogBatch>();
  idle->read_to = {1, 295};
  core.on_log(idle);
  CHECK_FALSE(core.take_batch(true));
  core.on_committed(*batch);
  CHECK(commits(core) == 0);
  CHECK(core.committed().offset == LogOffset{1, 295});
}
