// The log reader of PostgreSQL on a real server: what it delivers, what it says to the server, and at what it stops.
#include <thread>

#include "integration/postgres_stream_fixture.h"

using namespace tidemark;
using namespace tidemark::test;
using postgres::Delivery;
using Lines = std::vector<std::string>;

namespace {

Delivery read_all(const StreamedSchema& schema, LogReader& reader, size_t target_bytes = 1 << 20) {
  Delivery out;
  read_past(reader, schema.tables, wal_end(), out, target_bytes);
  return out;
}

/// Settings of the reader's role, for as long as this lives.
struct RoleSetting {
  RoleSetting(std::string name, const std::string& value) : name_(std::move(name)) {
    source_server().exec(fmt::format("ALTER ROLE reader SET {} = '{}'", name_, value));
  }
  ~RoleSetting() { source_server().exec(fmt::format("ALTER ROLE reader RESET {}", name_)); }
  std::string name_;
};

}  // namespace

TEST_CASE("every kind of change") {
  StreamedSchema s("kinds",
                   "CREATE TABLE {s}.keyed (id bigint PRIMARY KEY, note text, big text, price numeric(10,2), twice int GENERATED ALWAYS AS "
                   "(2) STORED);"
                   "ALTER TABLE {s}.keyed ALTER big SET STORAGE EXTERNAL;"
                   "CREATE TABLE {s}.whole (id int PRIMARY KEY, a text); ALTER TABLE {s}.whole REPLICA IDENTITY FULL;"
                   "CREATE TABLE {s}.keyless (a int, b text); ALTER TABLE {s}.keyless REPLICA IDENTITY FULL;"
                   "CREATE TABLE {s}.by_index (a int, code text NOT NULL, c text);"
                   "CREATE UNIQUE INDEX by_code ON {s}.by_index (code); ALTER TABLE {s}.by_index REPLICA IDENTITY USING INDEX by_code;"
                   "CREATE TABLE {s}.other (id int PRIMARY KEY)");
  s.add("keyed", {0});
  s.add("whole", {0});
  s.add("keyless", {});
  s.add("by_index", {1});
  s.sql(
      "BEGIN; INSERT INTO {s}.keyed VALUES (1, 'a', repeat('x', 3000), 1.5), (2, NULL, '', -0.05);"
      "UPDATE {s}.keyed SET note = 'b' WHERE id = 1; UPDATE {s}.keyed SET id = 3 WHERE id = 2; DELETE FROM {s}.keyed WHERE id = 3; COMMIT");
  s.sql("INSERT INTO {s}.other SELECT generate_series(1, 5)");
  s.sql("INSERT INTO {s}.whole VALUES (1, 'a'); UPDATE {s}.whole SET a = 'b'; DELETE FROM {s}.whole");
  s.sql("INSERT INTO {s}.keyless VALUES (1, NULL); UPDATE {s}.keyless SET b = 'b'; DELETE FROM {s}.keyless");
  s.sql(
      "INSERT INTO {s}.by_index VALUES (1, 'k', 'c'); UPDATE {s}.by_index SET c = 'd'; UPDATE {s}.by_index SET code = 'l';"
      "DELETE FROM {s}.by_index");
  const std::string xid = source_server().value("SELECT pg_snapshot_xmax(pg_current_snapshot())");
  const auto reader = s.open();
  const Delivery all = read_all(s, *reader);
  const std::string big(3000, 'x');
  const Lines expected{"keyed insert 1 | a | " + big + " | 1.50",
                       "keyed insert 2 | NULL |  | -0.05",
                       "keyed update 1 | ~ | ~ | ~ -> 1 | b | ~ | 1.50",
                       "keyed update 2 | ~ | ~ | ~ -> 3 | NULL |  | -0.05",
                       "keyed remove 3 | ~ | ~ | ~",
                       "--",
                       "whole insert 1 | a",
                       "whole update 1 | a -> 1 | b",
                       "whole remove 1 | b",
                       "--",
                       "keyless insert 1 | NULL",
                       "keyless update 1 | NULL -> 1 | b",
                       "keyless remove 1 | b",
                       "--",
                       "by_index insert 1 | k | c",
                       "by_index update ~ | k | ~ -> 1 | k | d",
                       "by_index update ~ | k | ~ -> 1 | l | d",
                       "by_index remove ~ | l | ~",
                       "--"};
  CHECK(all.lines() == expected);
  CHECK(all.rows_filtered == 5);
  CHECK(all.transactions.back().mark.txid == std::stoull(xid) - 1);
  CHECK(all.transactions.back().mark.commit_micros > 1'700'000'000'000'000);
  CHECK(all.transactions.back().mark.end.file == 1);
}

TEST_CASE("TRUNCATE is a change of each table that it empties") {
  const RoleSetting small("logical_decoding_work_mem", "64kB");
  StreamedSchema s("emptied",
                   "CREATE TABLE {s}.t (id int PRIMARY KEY); CREATE TABLE {s}.child (id int PRIMARY KEY, t int REFERENCES {s}.t);"
                   "CREATE TABLE {s}.other (id int PRIMARY KEY)");
  s.add("t", {0});
  s.add("child", {0});
  s.sql("INSERT INTO {s}.t VALUES (1)");
  s.sql("BEGIN; INSERT INTO {s}.t VALUES (2); TRUNCATE {s}.t RESTART IDENTITY CASCADE; INSERT INTO {s}.t VALUES (3); COMMIT");
  s.sql(
      "BEGIN; INSERT INTO {s}.t SELECT generate_series(10, 5000); SAVEPOINT x; TRUNCATE {s}.t CASCADE; ROLLBACK TO x; TRUNCATE {s}.child;"
      "TRUNCATE {s}.other; COMMIT");
  const Streaming streaming = GENERATE(Streaming::on, Streaming::off);
  const auto reader = s.open(s.from(), streaming);
  const Delivery all = read_all(s, *reader);
  REQUIRE(all.transactions.size() == 3);
  Lines truncates = all.transactions[1].changes;
  std::sort(truncates.begin() + 1, truncates.begin() + 3);
  CHECK(truncates == Lines{"t insert 2", "child truncate", "t truncate", "t insert 3"});
  CHECK(all.transactions[2].changes.size() == 4991 + 1);
  CHECK(all.transactions[2].changes.back() == "child truncate");
}

TEST_CASE("streamed before their end or not: the same transactions in the same order") {
  const RoleSetting small("logical_decoding_work_mem", "64kB");
  StreamedSchema s("streamed", "CREATE TABLE {s}.t (id int PRIMARY KEY, note text); CREATE TABLE {s}.u (id int PRIMARY KEY, note text)");
  s.make_slot("streamed_off");
  s.make_slot("streamed_parallel");
  s.add("t", {0});
  s.add("u", {0});
  PostgresClient a = source_server().connect(), b = source_server().connect();
  auto on = [&](PostgresClient& client, const std::string& sql) { client.exec(s.filled(sql)); };
  const std::string some = "SELECT i, repeat('x', 100) FROM generate_series({}, {}) i";
  auto rows = [&](int from, int upto) { return fmt::format(fmt::runtime(some), from, upto); };
  // big ones interleaved, committed in the other order, with small ones in between
  on(a, "BEGIN; INSERT INTO {s}.t " + rows(1, 3000));
  on(b, "BEGIN; INSERT INTO {s}.u " + rows(1, 3000));
  s.sql("INSERT INTO {s}.t VALUES (100001, 'small')");
  on(a, "SAVEPOINT one; INSERT INTO {s}.t " + rows(3001, 6000) + "; SAVEPOINT two; UPDATE {s}.t SET note = 'gone' WHERE id <= 2000");
  on(b, "UPDATE {s}.u SET note = 'kept' WHERE id <= 2000");
  on(a, "ROLLBACK TO one; INSERT INTO {s}.t " + rows(7001, 7010));
  on(b, "COMMIT");
  s.sql("BEGIN; INSERT INTO {s}.u VALUES (100002, 'small'); SAVEPOINT x; INSERT INTO {s}.u VALUES (100003, 'no'); ROLLBACK TO x; COMMIT");
  on(a, "RELEASE one; DELETE FROM {s}.t WHERE id <= 1500; COMMIT");
  // a table whose first row falls into what is rolled back
  on(a, "BEGIN; SAVEPOINT x; INSERT INTO {s}.u " + rows(10001, 13000) + "; ROLLBACK TO x; INSERT INTO {s}.u " + rows(20001, 23000) +
            "; COMMIT");
  on(a, "BEGIN; INSERT INTO {s}.t " + rows(30001, 33000) + "; ROLLBACK");
  s.sql("INSERT INTO {s}.t VALUES (100004, 'last')");

  const auto streaming = s.open();
  const Delivery with = read_all(s, *streaming, 64 << 10);
  const auto plain = s.open(s.from(), Streaming::off, "streamed_off");
  const Delivery without = read_all(s, *plain);
  REQUIRE(with.transactions.size() == 6);
  CHECK(with.transactions[1].changes.size() == 5000);
  CHECK(with.transactions[3].changes.size() == 3010 + 1500);
  CHECK(with.parts > 12);  // the large ones come in parts
  CHECK((with.lines() == without.lines()));
  const auto parallel = s.open(s.from(), Streaming::parallel, "streamed_parallel");
  CHECK((read_all(s, *parallel).lines() == without.lines()));
  for (size_t i = 0; i < with.transactions.size(); ++i) {
    CHECK(with.transactions[i].mark.begin == without.transactions[i].mark.begin);
    CHECK(with.transactions[i].mark.end == without.transactions[i].mark.end);
    CHECK(with.transactions[i].mark.txid == without.transactions[i].mark.txid);
  }
  // and the one did stream, the other did not (the numbers arrive by and by)
  auto streamed = [](const std::string& slot) {
    return source_server().value("SELECT stream_txns FROM pg_stat_replication_slots WHERE slot_name = '" + slot + "'");
  };
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (streamed("streamed") == "0" && std::chrono::steady_clock::now() < until) {
    LogBatch batch;
    streaming->read(batch, 1 << 20, 100ms);
  }
  CHECK(streamed("streamed") != "0");
  CHECK(streamed("streamed_off") == "0");
}

TEST_CASE("reading goes on behind what was delivered, and keeps what is not acknowledged") {
  StreamedSchema s("again", "CREATE TABLE {s}.t (id int PRIMARY KEY, note text)");
  s.add("t", {0});
  s.sql("INSERT INTO {s}.t VALUES (1, 'a')");
  s.sql("INSERT INTO {s}.t VALUES (2, 'b')");
  Position after_first = s.from();
  {
    const auto reader = s.open();
    const Delivery all = read_all(s, *reader);
    REQUIRE(all.lines() == Lines{"t insert 1 | a", "--", "t insert 2 | b", "--"});
    after_first.offset = all.transactions[0].mark.end;
    for (int i = 0; i < 15; ++i) {
      LogBatch batch;
      reader->read(batch, 1 << 20, 100ms);
    }
    CHECK(StreamedSchema::slot_value("again", "confirmed_flush_lsn") == lsn_text(s.from().offset.byte));  // nothing was acknowledged
    reader->acknowledge(after_first);
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (StreamedSchema::slot_value("again", "confirmed_flush_lsn") != lsn_text(after_first.offset.byte)) {
      REQUIRE(std::chrono::steady_clock::now() < until);
      LogBatch batch;
      reader->read(batch, 1 << 20, 100ms);
    }
  }
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (StreamedSchema::slot_value("again", "active") == "t") REQUIRE(std::chrono::steady_clock::now() < until);
  const auto reader = s.open(after_first);
  CHECK(read_all(s, *reader).lines() == Lines{"t insert 2 | b", "--"});
}

TEST_CASE("an idle pipeline follows a busy neighbour: the place read to moves on, and with it the slot") {
  StreamedSchema s("idle", "CREATE TABLE {s}.t (id int PRIMARY KEY)");
  s.add("t", {0});
  source_server().exec("CREATE DATABASE neighbour");
  const auto reader = s.open();
  Delivery out;
  PostgresAddress beside;
  beside.host = source_server().host();
  beside.port = source_server().port();
  beside.database = "neighbour";
  PostgresClient neighbour(beside);
  neighbour.exec("CREATE TABLE n AS SELECT i, repeat('x', 500) AS x FROM generate_series(1, 20000) i");
  const uint64_t end = wal_end();
  CHECK(end - s.from().offset.byte > 8'000'000);
  read_past(*reader, s.tables, end, out);
  CHECK(out.transactions.empty());
  Position position = s.from();
  position.offset = out.read_to;
  reader->acknowledge(position);
  LogBatch batch;
  reader->read(batch, 1 << 20, 100ms);
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (StreamedSchema::slot_value("idle", "confirmed_flush_lsn") != lsn_text(position.offset.byte)) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    reader->keep_alive();
  }
}

TEST_CASE("a reader that must not read on stays connected as long as it says so") {
  const RoleSetting impatient("wal_sender_timeout", "2s");
  StreamedSchema s("held_up", "CREATE TABLE {s}.t (id int PRIMARY KEY, note text)");
  s.add("t", {0});
  s.sql("INSERT INTO {s}.t SELECT i, repeat('x', 1000) FROM generate_series(1, 60000) i");  // more than any socket holds
  const auto reader = s.open();
  Delivery out;
  LogBatch first;
  while (first.changes.empty()) reader->read(first, 100000, 200ms);
  out.add(first, s.tables);
  // how long a server is patient with a reader that says nothing depends on what the kernel keeps, so it is asked whether it was told
  const auto heard = [] { return source_server().value("SELECT max(reply_time) FROM pg_stat_replication"); };
  std::this_thread::sleep_for(1s);
  const std::string before = heard();
  for (int i = 0; i < 10; ++i) {
    reader->keep_alive();
    std::this_thread::sleep_for(500ms);
  }
  CHECK(heard() > before);
  read_past(*reader, s.tables, wal_end(), out);
  CHECK(out.transactions.front().changes.size() == 60000);
}

TEST_CASE("snapshots tell which transactions are seen by now") {
  StreamedSchema s("seen", "CREATE TABLE {s}.t (id int PRIMARY KEY)");
  s.add("t", {0});
  const auto reader = s.open();
  Delivery out;
  std::optional<Visibility> latest;
  const auto until = std::chrono::steady_clock::now() + 20s;
  for (int i = 1; !latest; ++i) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    s.sql(fmt::format("INSERT INTO {{s}}.t VALUES ({})", i));
    LogBatch batch;
    reader->read(batch, 1 << 20, 200ms);
    out.add(batch, s.tables);
    if (batch.snapshot) latest = batch.snapshot;
  }
  CHECK(latest->by == Visibility::By::snapshot);
  CHECK(latest->sees(out.transactions.front().mark));
  TransactionMark future = out.transactions.back().mark;
  future.txid += 1000;
  CHECK_FALSE(latest->sees(future));
}
