// The plain mode (exactly_once: false, src/README.md) at the core: what is promised while rows of the copy are ahead of the log, and after.
#include "support/catch.h"
#include "tidemark/error.h"
#include "unit/pipeline/one_table.h"

using namespace tidemark;
using namespace tidemark::pipeline_test;

namespace {

CoreOptions plain() {
  CoreOptions options;
  options.exactly_once = false;
  return options;
}

/// All is copied, and rows of it are as of transaction 4.
Position ahead() {
  Position p = start();
  p.copied_to = {1, 490};
  return p;
}

ChunkRecord all_rows(const LogOffset& high) {
  ChunkRecord record;
  record.table = {"d", "t"};
  record.high = high;
  return record;
}

/// Transaction n with an update of row n of which the log has the key and nothing else: it has to meet a row, or not.
std::shared_ptr<LogBatch> patch(uint64_t n) {
  const auto id = static_cast<int64_t>(n);
  return moved_key(n, id, id);
}

bool must_hit(Core& core) {
  const std::optional<CoreBatch> batch = core.take_batch(false);
  REQUIRE(batch);
  REQUIRE(batch->steps.size() == 1);
  REQUIRE(batch->steps[0].patches.size() == 1);
  core.on_committed(*batch);
  return batch->steps[0].patches_must_hit;
}

}  // namespace

TEST_CASE("plain mode: rows are given to the sink as they come, and the position says how far they are ahead of it") {
  Core core = core_of(true, plain());
  const ChunkTask task = core.take_chunk_task().value();
  core.open_chunk(task, std::nullopt);
  core.chunk_read(task, read_of(2, 0, 4));
  const std::optional<CoreBatch> rows = core.take_batch(false);
  REQUIRE(rows);
  CHECK(rows->chunks.size() == 1);
  CHECK(rows->position.offset == LogOffset{1, 100});
  CHECK(rows->position.copied_to == LogOffset{1, 490});
  CHECK(core.copy_is_ahead());
  core.on_committed(*rows);
  CHECK(core.copy_committed());

  core.on_log(batch_of({2, 3}));
  CHECK(commits(core) == 2);
  CHECK(core.committed().copied_to == LogOffset{1, 490});
  CHECK(core.copy_is_ahead());
  core.on_log(batch_of({4}));
  CHECK(core.counts().changes_applied == 3);  // nothing is dropped: upserts settle what the read has seen
  CHECK(commits(core) == 1);
  CHECK(core.committed().copied_to == LogOffset{});
  CHECK_FALSE(core.copy_is_ahead());
}

TEST_CASE("a chunk that waits for the log, as every one does but in plain mode, is never ahead") {
  Core core = core_of(true);
  const ChunkTask task = core.take_chunk_task().value();
  core.open_chunk(task, std::nullopt);
  core.chunk_read(task, read_of(2, 0, 4));
  CHECK(commits(core) == 0);
  core.on_log(batch_of({2, 3}));
  CHECK_FALSE(core.copy_is_ahead());
  core.on_log(batch_of({4}));
  CHECK_FALSE(core.copy_is_ahead());
  CHECK(commits(core) == 3);
  CHECK(core.copy_committed());
  CHECK(core.committed().copied_to == LogOffset{});
}

TEST_CASE("an update need not meet a row until the log has settled the copy, and must from then on") {
  // also when it is the next session that goes on, and when the plain mode was turned off in between
  const bool exactly_once = GENERATE(false, true);
  CoreOptions options;
  options.exactly_once = exactly_once;
  Core core = core_of(true, options, {all_rows({1, 490})}, ahead());
  CHECK(core.copy_is_ahead());
  core.on_log(patch(2));
  CHECK_FALSE(must_hit(core));
  CHECK(core.committed().copied_to == LogOffset{1, 490});
  core.on_log(patch(4));
  CHECK(must_hit(core));
  core.on_log(patch(5));
  CHECK(must_hit(core));
  CHECK(core.committed().copied_to == LogOffset{});
}

TEST_CASE("plain mode: a moved key of which only a part is known is refused until the log has settled the copy") {
  auto refuses = [](Core& core, uint64_t n) {
    try {
      core.on_log(moved_key(n, 1, 2));
      return false;
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::unsupported);
      CHECK(error.hint().find("exactly_once: true") != std::string::npos);
      return true;
    }
  };
  Core copying = core_of(true, plain());
  CHECK(refuses(copying, 2));
  const bool exactly_once = GENERATE(false, true);
  CoreOptions options;
  options.exactly_once = exactly_once;
  Core copied = core_of(true, options, {all_rows({1, 490})}, ahead());
  CHECK(refuses(copied, 2));
  Core settled = core_of(true, options, {all_rows({1, 490})}, ahead());
  settled.on_log(batch_of({4}));
  CHECK_FALSE(refuses(settled, 5));
  CHECK(commits(settled) == 2);
}

TEST_CASE("plain mode: after a failover the high watermarks of another server's log mean nothing") {
  Position there = start();
  there.server = "b";
  Core core = core_of(true, plain(), {all_rows({9, 4711})}, there);
  CHECK_FALSE(core.copy_is_ahead());
  core.on_log(moved_key(2, 1, 2));
  CHECK(must_hit(core));
  CHECK(core.committed().copied_to == LogOffset{});
}

TEST_CASE("plain mode: what is prepared when the session begins is suspect, and the log is needed to tell") {
  Core core = core_of(true, plain());
  Visibility v;
  v.offset = v.xa_before = {1, 9000};
  v.xa_open = {8};
  const ChunkTask first = core.take_chunk_task().value();
  CHECK_FALSE(core.open_chunk(first, std::nullopt).holds(v));
  CHECK_FALSE(core.copy_needs_log());
  core.give_back(first);
  CHECK(core.copy_needs_log());
  auto batch = std::make_shared<LogBatch>();
  batch->xa_prepared_at_start = {8};
  core.on_log(batch);
  const ChunkTask second = core.take_chunk_task().value();
  CHECK(core.open_chunk(second, std::nullopt).holds(v));
}
