// At what the log reader of PostgreSQL stops, and what it says then: on a real server.
#include <signal.h>

#include <thread>

#include "integration/postgres_stream_fixture.h"

using namespace tidemark;
using namespace tidemark::test;
using postgres::Delivery;
using Lines = std::vector<std::string>;

namespace {

/// Reads until an error comes; what came before it is in `out`.
Error stopped_by(const StreamedSchema& s, LogReader& reader, Delivery& out) {
  return source_error_of([&] { read_past(reader, s.tables, UINT64_MAX, out); });
}

bool says(const Error& error, const std::string& text) {
  INFO(error.what() << " hint: " << error.hint());
  return std::string(error.what()).find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("statements that change a captured table stop the reader behind what came before") {
  StreamedSchema s("changed",
                   "CREATE TABLE {s}.t (id int PRIMARY KEY, note text, price numeric(10,2)); CREATE TYPE {s}.mood AS ENUM ('a', 'b')");
  s.add("t", {0});
  s.sql("INSERT INTO {s}.t VALUES (1, 'before', 1)");
  struct Case {
    const char *statement, *then, *what;
  };
  const Case c = GENERATE(
      Case{"ALTER TABLE {s}.t ADD more int", "INSERT INTO {s}.t VALUES (2)", "column more: is new in the log"},
      Case{"ALTER TABLE {s}.t DROP note", "INSERT INTO {s}.t VALUES (2)", "column note: is not in the log"},
      Case{"ALTER TABLE {s}.t RENAME note TO memo", "INSERT INTO {s}.t VALUES (2)", "column note: is called memo in the log"},
      Case{"ALTER TABLE {s}.t ALTER price TYPE numeric(12,2)", "INSERT INTO {s}.t VALUES (2)",
           "column price: is numeric(12,2) in the log, numeric(10,2) in the schema"},
      Case{"ALTER TABLE {s}.t ALTER id TYPE bigint", "INSERT INTO {s}.t VALUES (2)", "column id: is bigint in the log"},
      Case{"ALTER TABLE {s}.t ALTER note TYPE {s}.mood USING NULL", "INSERT INTO {s}.t VALUES (2)",
           "column note: is changed.mood in the log"},
      Case{"ALTER TABLE {s}.t RENAME TO t2; CREATE TABLE {s}.t (LIKE {s}.t2 INCLUDING ALL)", "INSERT INTO {s}.t VALUES (2)",
           "table changed.t: another table has taken its name"},
      Case{"ALTER TABLE {s}.t REPLICA IDENTITY NOTHING", "INSERT INTO {s}.t VALUES (2)", "column id: it belongs to the key, but not to"});
  const auto reader = s.open();
  s.sql(c.statement);
  s.sql(c.then);
  Delivery out;
  const Error error = stopped_by(s, *reader, out);
  CAPTURE(c.statement, error.what(), error.hint());
  CHECK(out.lines() == Lines{"t insert 1 | before | 1.00", "--"});
  CHECK((error.kind() == ErrorKind::schema_changed || error.kind() == ErrorKind::server_settings));
  CHECK(says(error, c.what));
  CHECK(parse_lsn(error.position()).value_or(0) > out.transactions.at(0).mark.begin.byte);
  CHECK_FALSE(error.hint().empty());
}

TEST_CASE("a statement that is rolled back to a savepoint changes nothing") {
  source_server().exec("ALTER ROLE reader SET logical_decoding_work_mem = '64kB'");
  StreamedSchema s("undone", "CREATE TABLE {s}.t (id int PRIMARY KEY, note text)");
  s.add("t", {0});
  s.sql(
      "BEGIN; INSERT INTO {s}.t VALUES (1, 'a'); SAVEPOINT x; ALTER TABLE {s}.t ADD more int;"
      "INSERT INTO {s}.t SELECT i, repeat('x', 100) FROM generate_series(10, 3000) i; ROLLBACK TO x;"
      "INSERT INTO {s}.t SELECT i, repeat('y', 100) FROM generate_series(10, 3000) i; COMMIT");
  const Streaming streaming = GENERATE(Streaming::on, Streaming::off);
  const auto reader = s.open(s.from(), streaming);
  Delivery out;
  read_past(*reader, s.tables, wal_end(), out);
  REQUIRE(out.transactions.size() == 1);
  CHECK(out.transactions[0].changes.size() == 2992);
  CHECK(out.transactions[0].changes.back() == "t insert 3000 | " + std::string(100, 'y'));
  source_server().exec("ALTER ROLE reader RESET logical_decoding_work_mem");
}

TEST_CASE("a schema that is renamed within a transaction, and back") {
  StreamedSchema s("moved", "CREATE TABLE {s}.t (id int PRIMARY KEY, note text)");
  s.add("t", {0});
  const auto reader = s.open();
  s.sql(
      "BEGIN; INSERT INTO {s}.t VALUES (1, 'a'); ALTER SCHEMA {s} RENAME TO elsewhere; INSERT INTO elsewhere.t VALUES (2, 'b');"
      "ALTER SCHEMA elsewhere RENAME TO {s}; INSERT INTO {s}.t VALUES (3, 'c'); COMMIT");
  Delivery out;
  read_past(*reader, s.tables, wal_end(), out);
  CHECK(out.lines() == Lines{"t insert 1 | a", "t insert 2 | b", "t insert 3 | c", "--"});
}

TEST_CASE("what is wrong with the slot is said when reading begins") {
  StreamedSchema s("slots", "CREATE TABLE {s}.t (id int PRIMARY KEY)");
  s.add("t", {0});
  SECTION("it is in use") {
    const auto reader = s.open();
    const Error error = source_error_of([&] { s.open(); });
    CHECK(error.kind() == ErrorKind::busy);
    CHECK(error.hint().find("pg_replication_slots") != std::string::npos);
  }
  SECTION("it is not there") {
    const Error error = source_error_of([&] { s.open(s.from(), Streaming::on, "no_such_slot"); });
    CHECK(error.kind() == ErrorKind::log_purged);
    CHECK(says(error, "no_such_slot"));
  }
  SECTION("the server is another one") {
    Position other = s.from();
    other.server = "123";
    CHECK(source_error_of([&] { s.open(other); }).kind() == ErrorKind::lineage);
  }
  SECTION("the publication is gone") {
    const auto reader = s.open();
    s.sql("DROP PUBLICATION {s}");
    s.sql("INSERT INTO {s}.t VALUES (1)");
    Delivery out;
    const Error error = stopped_by(s, *reader, out);
    CHECK(error.kind() == ErrorKind::server_settings);
    CHECK(error.hint().find("CREATE PUBLICATION") != std::string::npos);
  }
}

TEST_CASE("a slot that fell behind what the server keeps is told with its cure") {
  StreamedSchema s("behind", "CREATE TABLE {s}.t (id int PRIMARY KEY)");
  s.add("t", {0});
  source_server().exec("ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'");
  source_server().exec("SELECT pg_reload_conf()");
  for (int i = 0; i < 4; ++i) {
    source_server().exec("CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)");
    source_server().exec("DROP TABLE filler");
    source_server().exec("SELECT pg_switch_wal()");
  }
  source_server().exec("CHECKPOINT");
  REQUIRE(StreamedSchema::slot_value("behind", "wal_status") == "lost");
  const Error error = source_error_of([&] { s.open(); });
  source_server().exec("ALTER SYSTEM RESET max_slot_wal_keep_size");
  source_server().exec("SELECT pg_reload_conf()");
  CHECK(error.kind() == ErrorKind::log_purged);
  CHECK(error.hint().find("pg_drop_replication_slot('behind')") != std::string::npos);
}

TEST_CASE("a WAL sender that works in silence is waited for, a silent server is not") {
  StreamedSchema s("silent", "CREATE TABLE {s}.t (id int PRIMARY KEY)");
  s.add("t", {0});
  const auto reader = s.open();
  Delivery out;
  s.sql("INSERT INTO {s}.t VALUES (1)");
  read_past(*reader, s.tables, wal_end(), out);
  const int sender = std::stoi(StreamedSchema::slot_value("silent", "active_pid"));
  auto read_for = [&](std::chrono::seconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until) {
      LogBatch batch;
      reader->read(batch, 1 << 20, 200ms);
      out.add(batch, s.tables);
    }
  };
  kill(sender, SIGSTOP);
  CHECK_NOTHROW(read_for(12s));
  kill(sender, SIGCONT);
  s.sql("INSERT INTO {s}.t VALUES (2)");
  read_past(*reader, s.tables, wal_end(), out);
  CHECK(out.lines() == Lines{"t insert 1", "--", "t insert 2", "--"});

  // now the one that answers beside it as well
  const int beside = std::stoi(source_server().value(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'tidemark' AND backend_type = 'client backend' AND usename = 'reader'"));
  kill(sender, SIGSTOP);
  kill(beside, SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  const Error error = source_error_of([&] { read_for(30s); });
  kill(sender, SIGCONT);
  kill(beside, SIGCONT);
  CHECK(error.kind() == ErrorKind::source_unavailable);
  CHECK(says(error, "the server sent nothing"));
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
}

TEST_CASE("cancel ends a read that waits, from another thread") {
  StreamedSchema s("cancelled", "CREATE TABLE {s}.t (id int PRIMARY KEY)");
  s.add("t", {0});
  const auto reader = s.open();
  std::thread canceller([&] {
    std::this_thread::sleep_for(300ms);
    reader->cancel();
  });
  Delivery out;
  const Error error = source_error_of([&] { read_past(*reader, s.tables, UINT64_MAX, out); });
  canceller.join();
  CHECK(error.kind() == ErrorKind::interrupted);
}
