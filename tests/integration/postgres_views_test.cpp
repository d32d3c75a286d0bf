// Read views of the PostgreSQL snapshot reader on a real server: what they see and say that they see, the high watermark, early ends, and
// which tables they read.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "integration/postgres_reader_fixture.h"
#include "servers/wait.h"
#include "tidemark/key.h"

using namespace std::chrono_literals;
using namespace tidemark;
using namespace tidemark::postgres;
using namespace tidemark::test;

namespace {

TableSchema numbered(const std::string& name) {
  return pg_table(name, {pg_column("id", ValueKind::int64, "integer"), pg_column("v", ValueKind::text, "text")}, {0});
}

void create_numbered(const std::string& name, int rows, int text_bytes = 1) {
  at_source(fmt::format(
      "CREATE TABLE {0} (id int PRIMARY KEY, v text); INSERT INTO {0} SELECT i, repeat('x', {1}) FROM generate_series(1, {2}) i", name,
      text_bytes, rows));
}

uint64_t lsn(const std::string& expression) { return parse_lsn(source_server().value("SELECT " + expression)).value(); }

bool is_in_progress(const Visibility& seen, uint64_t txid) {
  return std::find(seen.in_progress.begin(), seen.in_progress.end(), txid) != seen.in_progress.end();
}

/// A snapshot lists what is in progress below the last id that has ended.
void end_a_later_transaction() { source_server().exec("SET synchronous_commit = local; SELECT pg_current_xact_id()"); }

}  // namespace

TEST_CASE("a view does not see a transaction that is in progress, and says so") {
  SnapshotFixture fixture;
  create_numbered("open_one", 3);
  const TableSchema table = numbered("open_one");
  PostgresClient writer = source_server().connect();
  writer.exec("BEGIN; INSERT INTO open_one VALUES (4, 'y')");
  const uint64_t txid = std::stoull(writer.value("SELECT pg_current_xact_id()"));
  end_a_later_transaction();
  const Visibility before = fixture.reader.begin(table, {}).visibility;
  CHECK(before.by == Visibility::By::snapshot);
  CHECK(before.exact);
  CHECK_FALSE(before.sees_txid(txid));
  CHECK(is_in_progress(before, txid));
  writer.exec("COMMIT");
  ReadRows read;
  fixture.reader.read(table, {}, 1 << 20, read.sink());
  CHECK(read.rows.size() == 3);
  fixture.reader.end();

  const Visibility after = fixture.reader.begin(table, {}).visibility;
  CHECK(after.sees_txid(txid));
  CHECK(after.txid_end > txid);
  ReadRows again;
  fixture.reader.read(table, {}, 1 << 20, again.sink());
  CHECK(again.rows.size() == 4);
}

TEST_CASE("a commit that waits for a synchronous standby is in the WAL and in progress") {
  SnapshotFixture fixture;
  create_numbered("stalled", 1);
  const TableSchema table = numbered("stalled");
  PostgresServer& server = source_server();
  server.exec("ALTER SYSTEM SET synchronous_standby_names = 'ghost'");
  server.exec("SELECT pg_reload_conf()");
  PostgresClient writer = server.connect();
  std::thread stalled([&] {
    writer.exec("SET synchronous_commit = on");
    try {
      writer.exec("UPDATE stalled SET v = 'late' WHERE id = 1");
    } catch (const PostgresFailure&) {
      // the test may end the wait by ending the session
    }
  });
  const bool waits =
      wait_until(20s, [&] { return server.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "1"; });
  const uint64_t txid =
      std::stoull(server.value("SELECT coalesce(max(backend_xid::text), '0') FROM pg_stat_activity WHERE wait_event = 'SyncRep'"));
  end_a_later_transaction();
  const uint64_t committed = lsn("pg_current_wal_flush_lsn()");
  const Visibility seen = fixture.reader.begin(table, {}).visibility;
  // neither the view nor its watermark waits for the standby
  const LogOffset high = fixture.reader.high_watermark();
  ReadRows read;
  fixture.reader.read(table, {}, 1 << 20, read.sink());
  fixture.reader.end();
  server.exec("ALTER SYSTEM RESET synchronous_standby_names");
  server.exec("SELECT pg_reload_conf()");
  server.exec("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  stalled.join();
  REQUIRE(waits);
  REQUIRE(txid != 0);
  CHECK(high.byte >= committed);
  CHECK_FALSE(seen.sees_txid(txid));
  CHECK(is_in_progress(seen, txid));
  REQUIRE(read.rows.size() == 1);
  CHECK(read.rows[0][1].bytes() == "x");
  CHECK(fixture.read(table).rows[0][1].bytes() == "late");
  CHECK(fixture.reader.begin(table, {}).visibility.sees_txid(txid));
}

TEST_CASE("the high watermark has all that the view saw, and is flushed") {
  SnapshotFixture fixture;
  create_numbered("idle", 1);
  const TableSchema table = numbered("idle");
  PostgresClient writer = source_server().connect();
  for (int i = 0; i < 20; ++i) {
    // visible at once, flushed some time
    writer.exec(fmt::format("SET synchronous_commit = off; INSERT INTO idle VALUES ({}, 'z')", i + 2));
    const uint64_t inserted = lsn("pg_current_wal_insert_lsn()");
    fixture.reader.begin(table, {});
    const LogOffset high = fixture.reader.high_watermark();
    const uint64_t flushed = lsn("pg_current_wal_flush_lsn()");
    CHECK(high.file == 1);
    CHECK(high.byte >= inserted);
    CHECK(flushed >= high.byte);
    fixture.reader.end();
  }
  // where all is flushed nothing is written
  fixture.reader.begin(table, {});
  const LogOffset first = fixture.reader.high_watermark();
  const LogOffset second = fixture.reader.high_watermark();
  CHECK(second.byte - first.byte < 500);
  fixture.reader.end();
}

TEST_CASE("a table is locked before its view opens, so that nothing empties it unseen") {
  SnapshotFixture fixture;
  create_numbered("kept", 3);
  const TableSchema table = numbered("kept");
  fixture.reader.begin(table, {});
  PostgresClient other = source_server().connect();
  other.exec("SET lock_timeout = '200ms'");
  CHECK_THROWS_AS(other.exec("TRUNCATE kept"), PostgresFailure);
  fixture.reader.end();
  other.exec("TRUNCATE kept");
  CHECK(fixture.read(table).rows.empty());
}

TEST_CASE("blocks are as large as they may be, and a read that ends early harms nothing after it") {
  SnapshotFixture fixture;
  create_numbered("stopped", 60000, 1000);
  const TableSchema table = numbered("stopped");
  constexpr size_t kBlockBytes = size_t{256} << 10;
  ReadRows all = fixture.read(table, {}, kBlockBytes);
  CHECK(all.rows.size() == 60000);
  REQUIRE(all.blocks.size() > 200);
  for (const auto& block : all.blocks) CHECK(block->bytes() <= kBlockBytes + (64u << 10));

  for (int i = 0; i < 15; ++i) {
    fixture.reader.begin(table, {});
    size_t blocks = 0, rows = 0;
    fixture.reader.read(table, {}, kBlockBytes, [&](std::unique_ptr<RowBlock>) { return ++blocks < 3; });
    CHECK(blocks == 3);
    // within the same view, and nothing of the cancelled statement reaches it
    fixture.reader.read(table, {}, kBlockBytes, [&](std::unique_ptr<RowBlock> block) {
      rows += block->rows.size();
      return true;
    });
    CHECK(rows == 60000);
    fixture.reader.end();
    CHECK(fixture.reader.boundary(table, std::nullopt, std::nullopt, 60001) == std::nullopt);
  }
  // outside of a view as well
  std::vector<KeyBytes> keys;
  for (Row row : all.rows) keys.push_back(encode_key(table, row));
  size_t given = 0;
  fixture.reader.read_keys(table, keys, [&](std::unique_ptr<RowBlock> block) {
    given += block->rows.size();
    return false;
  });
  CHECK(given > 0);
  CHECK(given < 3000);
  ReadRows some;
  fixture.reader.read_keys(table, {keys[5], keys[500]}, some.sink());
  CHECK(some.rows.size() == 2);
}

TEST_CASE("cancel ends what waits, and for good") {
  SnapshotFixture fixture;
  create_numbered("locked", 3);
  const TableSchema table = numbered("locked");
  PostgresClient holder = source_server().connect();
  holder.exec("BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE");
  std::thread canceller([&] {
    std::this_thread::sleep_for(500ms);
    fixture.reader.cancel();
  });
  const auto start = std::chrono::steady_clock::now();
  const Error error = source_error_of([&] { fixture.reader.begin(table, {}); });
  canceller.join();
  CHECK(error.kind() == ErrorKind::interrupted);
  CHECK(std::chrono::steady_clock::now() - start < 20s);
  CHECK(source_error_of([&] { fixture.reader.begin(table, {}); }).kind() == ErrorKind::interrupted);
  CHECK(source_error_of([&] { fixture.reader.high_watermark(); }).kind() == ErrorKind::interrupted);
}

TEST_CASE("a view whose connection is cut is lost, and the next one is not") {
  SnapshotFixture fixture;
  create_numbered("cut", 3);
  const TableSchema table = numbered("cut");
  fixture.reader.begin(table, {});
  source_server().exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader' AND state = 'idle in transaction'");
  ReadRows read;
  CHECK(source_error_of([&] { fixture.reader.read(table, {}, 1 << 20, read.sink()); }).kind() == ErrorKind::source_unavailable);
  CHECK(source_error_of([&] { fixture.reader.read(table, {}, 1 << 20, read.sink()); }).kind() == ErrorKind::source_unavailable);
  fixture.reader.end();
  CHECK(fixture.read(table).rows.size() == 3);
}

TEST_CASE("rows of 100 MB come in blocks of their own") {
  SnapshotFixture fixture;
  at_source(
      "CREATE TABLE huge (id int PRIMARY KEY, v bytea); ALTER TABLE huge ALTER v SET STORAGE EXTERNAL;"
      "INSERT INTO huge SELECT i, decode(repeat(md5(i::text), 6250000), 'hex') FROM generate_series(1, 2) i; INSERT INTO huge VALUES (3, "
      "'')");
  const TableSchema table =
      pg_table("huge", {pg_column("id", ValueKind::int64, "integer"), pg_column("v", ValueKind::bytes, "bytea")}, {0});
  std::vector<size_t> sizes;
  fixture.reader.begin(table, {});
  fixture.reader.read(table, {}, 1 << 20, [&](std::unique_ptr<RowBlock> block) {
    REQUIRE(block->rows.size() == 1);
    const std::string_view bytes = block->rows[0][1].bytes();
    sizes.push_back(bytes.size());
    CHECK((bytes.empty() || bytes.substr(0, 16) == bytes.substr(bytes.size() - 16)));
    return true;
  });
  fixture.reader.end();
  CHECK(sizes == std::vector<size_t>{100000000, 100000000, 0});
}

TEST_CASE("a partitioned table is read whole, a parent without its children") {
  SnapshotFixture fixture;
  at_source(
      "CREATE TABLE parts (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM "
      "(0) TO (50);"
      "CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (50) TO (200); INSERT INTO parts SELECT i, 'p' FROM generate_series(1, "
      "100) i;"
      "CREATE TABLE parent (id int PRIMARY KEY, v text); CREATE TABLE child (extra int) INHERITS (parent);"
      "INSERT INTO parent VALUES (1, 'own'); INSERT INTO child VALUES (2, 'theirs', 3)");
  const TableSchema parts = numbered("parts");
  const ReadRows all = fixture.read(parts);
  REQUIRE(all.rows.size() == 100);
  for (size_t i = 0; i < 100; ++i) CHECK(all.rows[i][0].int64() == static_cast<int64_t>(i + 1));
  const auto bound = fixture.reader.boundary(parts, std::nullopt, std::nullopt, 60);
  CHECK(fixture.read(parts, {std::nullopt, bound, std::nullopt}).rows.size() == 60);
  CHECK(fixture.read(numbered("parent")).rows.size() == 1);
}

TEST_CASE("dropped and generated columns are not read, and hostile names do no harm") {
  SnapshotFixture fixture;
  at_source(
      "CREATE TABLE \"A \"\"b\"\" '$\" (gone int, \"Id \"\"x\\\" int PRIMARY KEY, twice int GENERATED ALWAYS AS (\"Id \"\"x\\\" * 2) "
      "STORED, \"sel'ect\" text);"
      "ALTER TABLE \"A \"\"b\"\" '$\" DROP COLUMN gone; INSERT INTO \"A \"\"b\"\" '$\" VALUES (7, DEFAULT, 'seven')");
  const TableSchema table =
      pg_table("A \"b\" '$", {pg_column("Id \"x\\", ValueKind::int64, "integer"), pg_column("sel'ect", ValueKind::text, "text")}, {0});
  const ReadRows read = fixture.read(table);
  REQUIRE(read.rows.size() == 1);
  CHECK(read.rows[0][0].int64() == 7);
  CHECK(read.rows[0][1].bytes() == "seven");
}

TEST_CASE("a table without key is read whole") {
  SnapshotFixture fixture;
  at_source("CREATE TABLE keyless (v text); INSERT INTO keyless SELECT 'same' FROM generate_series(1, 500)");
  CHECK(fixture.read(pg_table("keyless", {pg_column("v", ValueKind::text, "text")}, {})).rows.size() == 500);
}

TEST_CASE("a large table without key is read over two connections, each row once as of one snapshot") {
  SnapshotFixture fixture;
  at_source(
      "CREATE TABLE heap (id int, v text) WITH (fillfactor = 80);"
      "INSERT INTO heap SELECT i, repeat('x', 150) FROM generate_series(1, 400000) i; DELETE FROM heap WHERE id % 50 = 0");
  const TableSchema table = pg_table("heap", {pg_column("id", ValueKind::int64, "integer"), pg_column("v", ValueKind::text, "text")}, {});
  fixture.reader.begin(table, {.exact = true});
  // rows move, between ranges too, and nobody who waits for the table's lock stops the read
  source_server().exec("UPDATE heap SET v = 'moved' WHERE id % 3 = 0; INSERT INTO heap SELECT 0, 'new' FROM generate_series(1, 1000)");
  PostgresClient other = source_server().connect();
  std::vector<bool> seen(400001);
  size_t rows = 0, wrong = 0;
  std::string connections;
  fixture.reader.read(table, {}, 1 << 20, [&](std::unique_ptr<RowBlock> block) {
    if (connections.empty()) {
      connections = other.value(
          "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND state = 'active' AND query LIKE '%COPY%heap%ctid%'");
    }
    for (Row row : block->rows) {
      const auto id = static_cast<size_t>(row[0].int64());
      wrong += id == 0 || seen.at(id) || row[1].bytes().size() != 150 ? 1 : 0;
      seen.at(id) = true;
      ++rows;
    }
    return true;
  });
  CHECK(rows == 392000);
  CHECK(wrong == 0);
  CHECK(connections == "2");

  // it ends early, and is read again in the same view, while someone waits to lock the table for himself
  fixture.reader.read(table, {}, 1 << 20, [&](std::unique_ptr<RowBlock>) { return false; });
  std::thread waiter([&] { other.exec("BEGIN; LOCK TABLE heap IN ACCESS EXCLUSIVE MODE; COMMIT"); });
  CHECK(wait_until(20s, [&] { return source_server().value("SELECT count(*) FROM pg_locks WHERE NOT granted") == "1"; }));
  const auto start = std::chrono::steady_clock::now();
  ReadRows again;
  fixture.reader.read(table, {}, 1 << 20, again.sink());
  CHECK(again.rows.size() == 392000);
  CHECK(std::chrono::steady_clock::now() - start < 50s);  // lock_timeout would end it after 60
  fixture.reader.end();
  waiter.join();
  CHECK(fixture.read(table).rows.size() == 393000);
}

TEST_CASE("rows that are hidden from us are not left out in silence") {
  SnapshotFixture fixture;
  create_numbered("secret", 3);
  source_server().exec("ALTER TABLE secret ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON secret USING (id = 1)");
  const TableSchema table = numbered("secret");
  const Error error = source_error_of([&] { fixture.read(table); });
  CHECK(error.kind() == ErrorKind::credentials);
  CHECK(error.hint() == "ALTER ROLE \"reader\" BYPASSRLS;");
  fixture.reader.end();
  source_server().exec("ALTER ROLE reader BYPASSRLS");
  CHECK(fixture.read(table).rows.size() == 3);
  source_server().exec("ALTER ROLE reader NOBYPASSRLS");
}

TEST_CASE("what is wrong with a table is said") {
  SnapshotFixture fixture;
  CHECK(source_error_of([&] { fixture.read(numbered("no_such_table")); }).kind() == ErrorKind::schema_changed);
  source_server().exec("CREATE TABLE closed (id int PRIMARY KEY, v text)");
  const Error error = source_error_of([&] { fixture.read(numbered("closed")); });
  CHECK(error.kind() == ErrorKind::credentials);
  CHECK(error.hint() == "GRANT SELECT ON TABLE \"closed\" TO \"reader\";");
  at_source("CREATE TABLE narrow (id int PRIMARY KEY)");
  CHECK(source_error_of([&] { fixture.read(numbered("narrow")); }).kind() == ErrorKind::schema_changed);
}
