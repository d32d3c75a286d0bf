// The state file on a real disk: what is saved comes back, and files that are foreign, newer, damaged or in use are refused with the cure.
#include "tidemark/state.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/failpoint.h"
#include "support/catch.h"
#include "support/full_disk.h"
#include "support/temporary_directory.h"
#include "tidemark/error.h"

using namespace tidemark;
using tidemark::test::FullDisk;
using tidemark::test::on_full_disk;
using tidemark::test::TemporaryDirectory;

namespace {

Position position(uint64_t byte) {
  return Position::parse("mysql server=00000000-0000-0000-0000-000000000001 file=binlog.000001:" + std::to_string(byte) + " gtids=");
}

ChunkRecord chunk(const std::string& table, const std::string& upto, uint64_t rows) {
  ChunkRecord record;
  record.table = {"shop", table};
  record.range.upto = upto;
  record.rows = rows;
  record.high = {7, 1234};
  return record;
}

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  char* error = nullptr;
  int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error);
  INFO((error == nullptr ? "" : error));
  CHECK(code == SQLITE_OK);
  sqlite3_free(error);
  sqlite3_close(db);
}

template <typename Call>
Error error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error was thrown");
  std::abort();
}

bool contains(const std::string& text, const std::string& part) {
  UNSCOPED_INFO("in: " << text);
  return text.find(part) != std::string::npos;
}

Error open_error(const std::string& path) {
  return error_of([&] { open_state(path); });
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("what is saved comes back after a restart") {
  TemporaryDirectory directory;
  std::string path = directory.file("state.db");
  TableSchema schema;
  schema.name = {"shop", "or\"d'ers"};
  Column id;
  id.name = "id";
  id.kind = ValueKind::int64;
  id.native_type = "int";
  id.nullable = false;
  schema.columns = {id};
  schema.key = {0};
  schema.key_origin = KeyOrigin::primary;
  schema.source_columns = 1;
  {
    auto state = open_state(path);
    CHECK_FALSE(state->load("p").found);
    state->save_commit("p", position(1), {chunk("orders", std::string("\0k", 2), 10), chunk("orders", "m", 0)});
    ChunkRecord planned = chunk("orders", "m", 0);
    planned.done = false;
    state->save_commit("p", position(2), {planned});
    state->save_commit("other", position(9), {});
    state->save_schemas("p", {{schema, position(1).text()}, {schema, position(2).text()}});
    state->save_progress("p", {{{"shop", "orders"}, "copying", 5}, {{"shop", "items"}, "pending", 0}});
    state->save_progress("p", {{{"shop", "orders"}, "streaming", 50}});
  }
  auto state = open_state(path);
  StoredPipeline stored = state->load("p");
  CHECK(stored.found);
  CHECK(stored.position == position(2));
  REQUIRE(stored.chunks.size() == 2);
  for (const ChunkRecord& record : stored.chunks) {
    CHECK(record.high == LogOffset{7, 1234});
    CHECK((record.range.upto == "m" ? !record.done : record.done && record.rows == 10 && record.range.upto == std::string("\0k", 2)));
  }
  REQUIRE(stored.schemas.size() == 2);
  CHECK(stored.schemas[1].schema == schema);
  CHECK(stored.schemas[1].valid_from == position(2).text());
  auto progress = state->load_progress("p");
  REQUIRE(progress.size() == 2);
  CHECK(progress[1].state == "streaming");
  CHECK(progress[1].rows_copied == 50);
  CHECK(state->pipelines() == std::vector<std::string>{"other", "p"});
}

TEST_CASE("rebuild replaces what the sink knows of one pipeline") {
  TemporaryDirectory directory;
  auto state = open_state(directory.file("state.db"));
  state->save_commit("p", position(1), {chunk("orders", "a", 1), chunk("items", "b", 1)});
  state->save_commit("q", position(5), {chunk("orders", "a", 1)});
  TableSchema schema;
  schema.name = {"shop", "orders"};
  state->save_schemas("p", {{schema, position(1).text()}});
  state->rebuild("p", {position(3), {chunk("orders", "z", 9)}, {}, {}});
  StoredPipeline stored = state->load("p");
  CHECK(stored.schemas.size() == 1);  // the sink has none to rebuild them from
  CHECK(stored.position == position(3));
  REQUIRE(stored.chunks.size() == 1);
  CHECK(stored.chunks[0].rows == 9);
  CHECK(state->load("q").chunks.size() == 1);
  state->rebuild("p", {});
  CHECK_FALSE(state->load("p").position.known());
}

TEST_CASE("a second daemon is told who holds the file") {
  TemporaryDirectory directory;
  std::string path = directory.file("state.db");
  auto state = open_state(path);
  Error error = open_error(path);
  CHECK(error.kind() == ErrorKind::busy);
  CHECK(contains(error.cause(), "pid " + std::to_string(::getpid())));
  state.reset();
  CHECK_NOTHROW(open_state(path));
}

TEST_CASE("status reads the file beside a running daemon and writes nothing") {
  TemporaryDirectory directory;
  std::string path = directory.file("state.db");
  CHECK(error_of([&] { open_state_read_only(path); }).kind() == ErrorKind::state);
  CHECK_FALSE(std::filesystem::exists(path));
  auto state = open_state(path);
  state->save_commit("p", position(1), {});
  std::string before = content(path);
  auto reader = open_state_read_only(path);
  CHECK(reader->load("p").position == position(1));
  CHECK(error_of([&] { reader->save_commit("p", position(2), {}); }).kind() == ErrorKind::state);
  CHECK(content(path) == before);
  state->save_commit("p", position(3), {});
  CHECK(reader->load("p").position == position(3));
}

TEST_CASE("a file of a newer tidemark is refused and left as it is") {
  TemporaryDirectory directory;
  std::string path = directory.file("state.db");
  open_state(path)->save_commit("p", position(1), {});
  run_sql(path, "PRAGMA user_version = 99; ALTER TABLE pipeline RENAME TO pipelines_of_the_future");
  std::string before = content(path);
  Error error = open_error(path);
  CHECK(error.kind() == ErrorKind::state);
  CHECK(contains(error.cause(), "newer tidemark"));
  CHECK(contains(error.cause(), "99"));
  CHECK_FALSE(error.hint().empty());
  CHECK(content(path) == before);
  CHECK(error_of([&] { open_state_read_only(path); }).kind() == ErrorKind::state);
}

TEST_CASE("the schema of version 1 is never edited") {
  TemporaryDirectory directory;
  std::string path = directory.file("state.db");
  open_state(path);
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  std::string schema;
  auto collect = [](void* out, int, char** values, char**) {
    *static_cast<std::string*>(out) += std::string(values[0]) + "\n";
    return 0;
  };
  sqlite3_exec(db, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name", collect, &schema, nullptr);
  sqlite3_close(db);
  CHECK(schema ==
        "CREATE TABLE chunk (pipeline TEXT NOT NULL, source_database TEXT NOT NULL, source_table TEXT NOT NULL, after_key BLOB NOT NULL,"
        " upto_key BLOB NOT NULL, only_key BLOB NOT NULL, done INTEGER NOT NULL, row_count INTEGER NOT NULL, high_file INTEGER NOT NULL,"
        " high_byte INTEGER NOT NULL, sum INTEGER NOT NULL,"
        " PRIMARY KEY (pipeline, source_database, source_table, after_key, upto_key, only_key)) STRICT, WITHOUT ROWID\n"
        "CREATE TABLE pipeline (name TEXT NOT NULL PRIMARY KEY, position TEXT NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID\n"
        "CREATE TABLE progress (pipeline TEXT NOT NULL, source_database TEXT NOT NULL, source_table TEXT NOT NULL, state TEXT NOT NULL,"
        " rows_copied INTEGER NOT NULL, PRIMARY KEY (pipeline, source_database, source_table)) STRICT, WITHOUT ROWID\n"
        "CREATE TABLE table_schema (pipeline TEXT NOT NULL, source_database TEXT NOT NULL, source_table TEXT NOT NULL,"
        " valid_from TEXT NOT NULL, place INTEGER NOT NULL, definition TEXT NOT NULL, sum INTEGER NOT NULL,"
        " PRIMARY KEY (pipeline, source_database, source_table, valid_from)) STRICT, WITHOUT ROWID\n");
}

TEST_CASE("files of others and places without a file are refused") {
  TemporaryDirectory directory;
  std::string foreign = directory.file("firefox.db");
  run_sql(foreign, "CREATE TABLE bookmarks (url TEXT)");
  std::string before = content(foreign);
  Error error = open_error(foreign);
  CHECK(error.kind() == ErrorKind::state);
  CHECK(contains(error.cause(), "another program"));
  CHECK(content(foreign) == before);

  std::ofstream(directory.file("text")) << std::string(9000, 'x');
  error = open_error(directory.file("text"));
  CHECK(error.kind() == ErrorKind::state);
  CHECK(contains(error.hint(), "rebuilt from the sink"));

  error = open_error(directory.file("no/such/state.db"));
  CHECK(error.kind() == ErrorKind::state);
  CHECK(contains(error.hint(), "install -d"));
  CHECK(open_error(directory.file("")).kind() == ErrorKind::state);
}

TEST_CASE("any flipped byte is refused or harmless, and never another position") {
  TemporaryDirectory directory;
  std::string path = directory.file("state.db");
  open_state(path)->save_commit("p", position(4711), {chunk("orders", "m", 10)});
  const std::string good = content(path);
  size_t refused = 0;
  // 37 and 4096 have no common divisor, so that every kind of place in a page is met
  for (size_t i = 0; i < good.size(); i += 37) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x15);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bad;
    try {
      StoredPipeline stored = open_state(path)->load("p");
      if (stored.found) {
        CHECK(stored.position == position(4711));
        for (const ChunkRecord& record : stored.chunks) CHECK((record.rows == 10 && record.range == chunk("orders", "m", 10).range));
      }
    } catch (const Error& error) {
      ++refused;
      CHECK(error.kind() == ErrorKind::state);
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("a damaged record is found by its checksum") {
  TemporaryDirectory directory;
  std::string path = directory.file("state.db");
  open_state(path)->save_commit("p", position(4711), {chunk("orders", "m", 10)});
  run_sql(path, "UPDATE pipeline SET position = replace(position, '4711', '4811')");
  Error error = error_of([&] { open_state(path)->load("p"); });
  CHECK(error.kind() == ErrorKind::state);
  CHECK(contains(error.hint(), "rebuilt from the sink"));
  open_state(path)->rebuild("p", {position(1), {}, {}, {}});
  run_sql(path, "DELETE FROM chunk");
  CHECK(open_state(path)->load("p").position == position(1));
}

TEST_CASE("killed while it saves, the file holds the one commit or the other") {
  for (const char* failpoint : {"state.before_write=kill@2", "state.after_write=kill@2"}) {
    INFO(failpoint);
    TemporaryDirectory directory;
    std::string path = directory.file("state.db");
    pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::setenv("TIDEMARK_FAILPOINTS", failpoint, 1);
      load_failpoints();
      auto state = open_state(path);
      state->save_commit("p", position(1), {});
      state->save_commit("p", position(2), {chunk("orders", "m", 10)});
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    StoredPipeline stored = open_state(path)->load("p");
    bool after = std::string(failpoint).find("after") != std::string::npos;
    CHECK(stored.position == position(after ? 2 : 1));
    CHECK(stored.chunks.size() == (after ? 1u : 0u));
  }
}

namespace {

/// Saves until the disk is full. 0: as it should be; otherwise the number of the check that failed.
int fill(const FullDisk& disk) {
  const std::string path = disk.file("state.db");
  auto state = open_state(path);
  uint64_t saved = 0;
  for (;; ++saved) {
    std::vector<ChunkRecord> chunks;
    for (int i = 0; i < 20; ++i) chunks.push_back(chunk("orders", std::to_string(saved) + std::string(200, 'k') + std::to_string(i), 1));
    try {
      state->save_commit("p", position(saved + 1), chunks);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::state || error.hint().find("df -h") == std::string::npos) return 1;
      break;
    }
    if (saved > 10'000) return 2;
  }
  if (saved == 0 || state->load("p").position != position(saved)) return 3;
  disk.make_room();
  state->save_commit("p", position(99'999), {});
  state.reset();
  StoredPipeline stored = open_state(path)->load("p");
  return stored.position == position(99'999) && stored.chunks.size() == saved * 20 ? 0 : 4;
}

}  // namespace

TEST_CASE("a full disk is an error that says so, and loses nothing") { on_full_disk(2 << 20, fill); }

TEST_CASE("a file that another program writes for long is busy, and usable afterwards") {
  TemporaryDirectory dir;
  const std::string path = dir.file("state.db");
  auto store = open_state(path);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  Error error = error_of([&] { store->save_commit("shop", position(4), {}); });
  CHECK(error.kind() == ErrorKind::busy);
  CHECK(contains(error.hint(), "fuser -v " + path));
  sqlite3_close(other);
  store->save_commit("shop", position(4), {});
  CHECK(store->load("shop").position == position(4));
}

TEST_CASE("status reads what a killed daemon left") {
  TemporaryDirectory directory;
  std::string path = directory.file("state.db");
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto state = open_state(path);
    state->save_commit("p", position(8), {chunk("orders", "m", 10)});
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(std::filesystem::exists(path + "-wal"));
  CHECK(open_state_read_only(path)->load("p").position == position(8));
  CHECK(open_state(path)->load("p").chunks.size() == 1);
  CHECK_FALSE(std::filesystem::exists(path + "-wal"));
  CHECK(open_state_read_only(path)->load("p").position == position(8));
  CHECK_FALSE(std::filesystem::exists(path + "-wal"));
  CHECK_FALSE(std::filesystem::exists(path + "-shm"));
}
