// A disk that gets full: what was committed stays, the error says what to do, and it goes on when there is room.
#include "sink_fixture.h"
#include "support/full_disk.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

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
int fill(const FullDisk& disk) {
  const std::string path = disk.file("sink.db");
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
  disk.make_room();
  if (start() != commits) return 6;
  Arena arena;
  sink->write(thousand_rows(arena, commits + 1));
  return rows_in(path) == (commits + 1) * 1000 ? 0 : 7;
}

}  // namespace

TEST_CASE("a full disk loses nothing, and with room again it goes on") { on_full_disk(4 << 20, fill); }
