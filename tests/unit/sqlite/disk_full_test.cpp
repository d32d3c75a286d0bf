// A file system that is full, a real one: a small tmpfs in a mount namespace of a child process. What was committed stays, the error says
// what to do, and it goes on when there is room.
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "sink_fixture.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

constexpr int kNotPossible = 77;

uint64_t rows_in(const std::string& path) { return std::stoull(query(path, "SELECT count(*) FROM orders")); }

SinkBatch thousand_rows(Arena& arena, uint64_t commit) {
  std::string_view name = arena.copy(std::string(200, 'n'));
  TableStep step;
  for (uint64_t i = 0; i < 1000; ++i) {
    Value* row = arena.allocate_row(3);
    row[0] = Value::int64(static_cast<int64_t>(commit * 1000 + i));
    row[1] = text(name);
    row[2] = decimal("1.00");
    step.upserts.push_back(row);
  }
  SinkBatch batch;
  batch.steps = {step};
  batch.position = position(commit);
  return batch;
}

/// 0: as it should be; otherwise the number of the check that failed.
int fill_the_disk(const std::string& directory) {
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return kNotPossible;
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  if (::mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=4m") != 0) return kNotPossible;
  std::string path = directory + "/sink.db", ballast = directory + "/ballast";
  std::ofstream(ballast) << std::string(2 << 20, 'x');
  auto sink = make_sqlite_sink(config_for(path));
  auto start = [&] {
    sink->open();
    Position saved = sink->load_state("p").position;
    sink->prepare("p", {sink_table(orders())});
    return saved.offset.byte;
  };
  start();
  uint64_t commits = 0;
  for (;; ++commits) {
    Arena arena;
    try {
      sink->write(thousand_rows(arena, commits + 1));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::sink_unavailable) return 1;
      if (error.hint().find("df -h") == std::string::npos) return 2;
      break;
    }
    if (commits > 100) return 3;
  }
  if (commits == 0) return 4;
  if (rows_in(path) != commits * 1000) return 5;
  std::filesystem::remove(ballast);
  if (start() != commits) return 6;
  Arena arena;
  sink->write(thousand_rows(arena, commits + 1));
  return rows_in(path) == (commits + 1) * 1000 ? 0 : 7;
}

}  // namespace

TEST_CASE("a full disk loses nothing, and with room again it goes on") {
  TemporaryDirectory directory;
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int result = 99;
    try {
      result = fill_the_disk(directory.file(""));
    } catch (...) {
    }
    ::_exit(result);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotPossible) {
    WARN("skipped: this user may not mount a file system");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}
