// kill -9 at each failpoint of a commit, in a child process: rows, position and chunk record are all there or none of them is.
#include <sys/wait.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "sink_fixture.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

/// Runs in the child: three commits of 2,000 rows; ends by the failpoint.
[[noreturn]] void write_until_killed(const std::string& path, const std::string& failpoints) {
  ::setenv("TIDEMARK_FAILPOINTS", failpoints.c_str(), 1);
  load_failpoints();
  try {
    auto sink = make_sqlite_sink(config_for(path));
    sink->open();
    sink->load_state("p");
    sink->prepare("p", {sink_table(orders())});
    for (int64_t commit = 1; commit <= 3; ++commit) {
      Arena arena;
      TableStep step;
      for (int64_t i = 0; i < 2000; ++i) {
        Value* row = arena.allocate_row(3);
        row[0] = Value::int64(commit * 10'000 + i);
        row[1] = text("n");
        row[2] = decimal("1.00");
        step.upserts.push_back(row);
      }
      SinkBatch batch;
      batch.steps = {step};
      batch.position = position(static_cast<uint64_t>(commit));
      ChunkRecord chunk;
      chunk.table = {"shop", "orders"};
      chunk.range.upto = std::to_string(commit);
      batch.chunks = {chunk};
      sink->write(batch);
    }
  } catch (const std::exception&) {
    ::_exit(3);
  }
  ::_exit(0);
}

}  // namespace

TEST_CASE("killed at any point of a commit, the file holds whole commits with their position and records") {
  struct Case {
    const char* failpoint;
    uint64_t commits;
  };
  for (const Case& c : {Case{"sink.begin=kill@2", 1}, Case{"sink.after_rows=kill@2", 1}, Case{"sink.before_commit=kill@2", 1},
                        Case{"sink.after_commit=kill@2", 2}, Case{"sink.before_commit=kill@1", 0}, Case{"sink.after_commit=kill@3", 3}}) {
    INFO(c.failpoint);
    TemporaryDirectory directory;
    std::string path = directory.file("sink.db");
    pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) write_until_killed(path, c.failpoint);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGKILL);

    auto sink = make_sqlite_sink(config_for(path));
    sink->open();
    SavedState saved = sink->load_state("p");  // the lock of the dead process is gone
    CHECK(saved.position.offset.byte == c.commits);
    CHECK(saved.chunks.size() == c.commits);
    auto prepared = sink->prepare("p", {sink_table(orders())});
    CHECK_FALSE(prepared[0].created);
    CHECK(query(path, "SELECT count(*) FROM orders") == std::to_string(2000 * c.commits));
    CHECK(query(path, "PRAGMA integrity_check") == "ok");
  }
}
