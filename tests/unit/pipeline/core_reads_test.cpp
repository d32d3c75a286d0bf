// What the barrier (design 2.2) asks of a read view, and chunks whose read comes to nothing.
#include "support/catch.h"
#include "unit/pipeline/one_table.h"

using namespace tidemark;
using namespace tidemark::pipeline_test;

namespace {

ChunkOpening opened(Core& core) {
  const ChunkTask task = core.take_chunk_task().value();
  ChunkOpening opening = core.open_chunk(task, std::nullopt);
  core.give_back(task);
  return opening;
}

/// Of the log up to 1:9000, with these in the list of XA RECOVER.
Visibility view(std::vector<uint64_t> xa_open = {}) {
  Visibility v;
  v.offset = v.xa_before = {1, 9000};
  v.xa_open = std::move(xa_open);
  return v;
}

bool holds(ChunkOpening opening, const Visibility& v) { return opening.holds(v); }

std::shared_ptr<LogBatch> prepared(uint64_t begin, uint64_t xid) {
  auto batch = std::make_shared<LogBatch>();
  batch->xa_prepared.push_back({{1, begin}, xid});
  return batch;
}

}  // namespace

TEST_CASE("a table that a loose transaction changed is read under a lock") {
  Core core = core_of(true);
  CHECK(holds(opened(core), view()));
  auto batch = batch_of({2});
  batch->transactions.back().mark.order = CommitOrder::loose;
  core.on_log(batch);
  Visibility v = view();
  CHECK_FALSE(holds(opened(core), v));
  v.loose = true;
  CHECK(holds(opened(core), v));
}

TEST_CASE("an XA COMMIT is waited for until reads see it, or its xid is prepared anew") {
  Core core = core_of(true);
  auto batch = batch_of({2});
  batch->transactions.back().mark.order = CommitOrder::xa;
  batch->transactions.back().mark.xid = 7;
  core.on_log(batch);
  core.on_log(prepared(150, 7));  // that of this COMMIT
  core.on_log(prepared(350, 8));
  CHECK_FALSE(holds(opened(core), view({7})));
  CHECK(holds(opened(core), view()));
  CHECK(opened(core).xa.size() == 1);
  core.on_log(prepared(450, 7));
  CHECK(opened(core).xa.empty());
  CHECK(holds(opened(core), view({7})));
}

TEST_CASE("what is prepared when a session begins is suspect, but for what the log says is prepared") {
  Core core = core_of(true);
  CHECK_FALSE(holds(opened(core), view({8, 9})));
  core.on_log(prepared(250, 8));
  CHECK_FALSE(holds(opened(core), view({8, 9})));
  SECTION("prepared since") { core.on_log(prepared(350, 9)); }
  SECTION("prepared before") {
    auto batch = std::make_shared<LogBatch>();
    batch->xa_prepared_at_start = {9};
    core.on_log(batch);
  }
  CHECK(holds(opened(core), view({8, 9})));
}

TEST_CASE("once a view has held, nothing of before the session is suspect") {
  Core core = core_of(true);
  const ChunkTask task = core.take_chunk_task().value();
  core.open_chunk(task, key_of(10));
  core.chunk_read(task, read_of(1, 0));
  core.on_log(prepared(250, 8));
  const ChunkOpening opening = opened(core);
  CHECK_FALSE(opening.xa_suspected);
  CHECK(opening.xa_prepared.empty());
  CHECK(holds(opening, view({8, 9})));
}

TEST_CASE("a read that nobody waits for any more leaves its place to the next one") {
  CoreOptions options;
  options.chunks_in_flight_max = 1;
  ChunkRecord all, single;
  all.range = {};
  single.range.only = key_of(5);
  single.done = false;
  Core core = core_of(true, options, {all, single});
  const ChunkTask first = core.take_chunk_task().value();
  CHECK(first.range.only == key_of(5));
  core.open_chunk(first, std::nullopt);
  core.on_log(moved_key(2, 4, 5));  // row 5 is another one now, of which only the key is known
  SECTION("given back") { core.give_back(first); }
  SECTION("read") { core.chunk_read(first, read_of(0, 0)); }
  const std::optional<ChunkTask> second = core.take_chunk_task();
  REQUIRE(second);
  CHECK(second->range.only == key_of(5));
  CHECK(second->segment != first.segment);
  CHECK(core.open_chunk(*second, std::nullopt).delivered.offset == LogOffset{1, 290});
  core.chunk_read(*second, read_of(0, 0, 2));
  CHECK(commits(core) == 1);
  CHECK(core.copy_committed());
  CHECK(core.counts().deferred == 0);
}
