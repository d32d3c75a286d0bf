// The replication slot of a PostgreSQL source on a real server: slots that cannot be used, whether reading can go on from a saved position,
// what is retained, and dropping.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "engine/postgres/connection.h"
#include "integration/postgres_source_fixture.h"

using namespace tidemark;
using namespace tidemark::postgres;
using namespace tidemark::test;

TEST_CASE("slots that cannot be used are named, with the cure") {
  Shop shop("slots");
  shop.own("CREATE TABLE a (id int PRIMARY KEY)");
  SourceConfig config = shop.config();
  const auto start = [&] {
    const std::unique_ptr<Source> source = make_postgres_source(config);
    source->describe(shop.all());
    return source->start_position();
  };
  SECTION("one of another plugin") {
    shop.exec("SELECT pg_create_logical_replication_slot('tidemark_slots', 'test_decoding')");
    CHECK(source_error_of(start).hint() ==
          "choose another name, or if nobody needs it: SELECT pg_drop_replication_slot('tidemark_slots');");
  }
  SECTION("one with the user's name") {
    config.postgres.slot = "mine";
    shop.exec("SELECT pg_create_logical_replication_slot('mine', 'pgoutput')");
    CHECK(source_error_of(start).kind() == ErrorKind::server_settings);
    CHECK(shop.server.value("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'mine'") == "1");
    shop.exec("SELECT pg_drop_replication_slot('mine')");
  }
  SECTION("one that is in use") {
    const Position position = start();
    Connection reader(config.address, Role::replication);
    reader.open();
    reader.run("START_REPLICATION SLOT tidemark_slots LOGICAL 0/0 (proto_version '1', publication_names 'tidemark_slots')", "reading");
    const Error busy = source_error_of([&] { make_postgres_source(config)->check_position(position); });
    CHECK(busy.kind() == ErrorKind::busy);
    CHECK(says(busy.hint(), fmt::format("pg_terminate_backend({})", reader.backend_pid())));
    // a reader that has just gone is waited for
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      reader.close();
    });
    CHECK_NOTHROW(make_postgres_source(config)->check_position(position));
    other.join();
  }
}

TEST_CASE("reading goes on only where the log has all of it") {
  Shop shop("saved");
  shop.own("CREATE TABLE a (id int PRIMARY KEY)");
  const std::unique_ptr<Source> source = make_postgres_source(shop.config());
  source->check();
  source->describe(shop.all());
  const Position start = source->start_position();
  const auto refused = [&](const Position& position) { return source_error_of([&] { source->check_position(position); }); };
  CHECK(refused(start).cause() == "no error was thrown");

  Position other = start;
  other.server = "123";
  CHECK(refused(other).kind() == ErrorKind::lineage);
  other = start;
  other.offset.byte += 1u << 30;
  CHECK(says(refused(other).cause(), "the server's log ends at"));
  other = start;
  other.offset.file = 2;
  CHECK(says(refused(other).cause(), " is on timeline 2, the server is on timeline 1"));
  other = start;
  other.lineage = Lineage::mysql;
  CHECK(refused(other).kind() == ErrorKind::lineage);

  shop.own("INSERT INTO a VALUES (1)");
  shop.exec("SELECT pg_switch_wal(); SELECT pg_replication_slot_advance('tidemark_saved', pg_current_wal_flush_lsn())");
  const Error advanced = refused(start);
  CHECK(advanced.kind() == ErrorKind::log_purged);
  CHECK(says(advanced.cause(), lsn_text(start.offset.byte)));
  CHECK(refused(source->earliest_position()).cause() == "no error was thrown");

  shop.exec("SELECT pg_drop_replication_slot('tidemark_saved')");
  CHECK(refused(start).kind() == ErrorKind::log_purged);
  CHECK(source_error_of([&] { source->earliest_position(); }).kind() == ErrorKind::config);
  CHECK(source_error_of([&] { source->position_at(0); }).kind() == ErrorKind::config);
}

TEST_CASE("a slot that the server gave up is not read from") {
  PostgresServer server(
      PostgresOptions{.durable = false, .extra = {"max_slot_wal_keep_size=1MB", "min_wal_size=32MB", "max_wal_size=32MB"}});
  SourceConfig config = source_config("lost", "postgres");
  config.address.port = server.port();
  server.exec("CREATE TABLE a (id int PRIMARY KEY)");
  const std::unique_ptr<Source> source = make_postgres_source(config);
  source->check();
  source->describe({{"public.a"}, {}, {}});
  const Position start = source->start_position();
  for (int i = 0; i < 6; ++i) server.exec("SELECT pg_switch_wal(); CREATE TABLE x (); DROP TABLE x; CHECKPOINT");
  const Error lost = source_error_of([&] { source->check_position(start); });
  CHECK(lost.kind() == ErrorKind::log_purged);
  CHECK(says(lost.cause(), "the server has given up replication slot tidemark_lost ("));
  CHECK(says(lost.hint(), "max_slot_wal_keep_size"));
}

TEST_CASE("what the server keeps is told, and dropped on demand only") {
  Shop shop("kept");
  shop.own("CREATE TABLE a (id int PRIMARY KEY)");
  const std::unique_ptr<Source> source = make_postgres_source(shop.config());
  CHECK(source->left_at_server().empty());
  CHECK(says(source->retention()->warning, "is gone"));
  source->describe(shop.all());
  source->start_position();
  const uint64_t before = source->retention()->retained_bytes;
  shop.exec("SELECT pg_logical_emit_message(false, 'x', repeat('y', 3000000))");
  const std::optional<LogRetention> after = source->retention();
  REQUIRE(after);
  CHECK(after->retained_bytes >= before + 3'000'000);
  CHECK(after->retained_bytes < before + 100'000'000);
  CHECK_FALSE(after->room_bytes);  // this server has no limit
  CHECK(after->warning.empty());

  const std::vector<std::string> there = source->left_at_server();
  REQUIRE(there.size() == 2);
  CHECK(says(there[0], "replication slot tidemark_kept: idle, holds back "));
  CHECK(there[1] == "publication tidemark_kept");
  {
    Connection reader(shop.config().address, Role::replication);
    reader.open();
    reader.run("START_REPLICATION SLOT tidemark_kept LOGICAL 0/0 (proto_version '1', publication_names 'tidemark_kept')", "reading");
    CHECK(source_error_of([&] { source->drop_from_server(); }).kind() == ErrorKind::busy);
  }
  source->drop_from_server();
  CHECK(source->left_at_server().empty());
  CHECK(shop.server.value("SELECT count(*) FROM pg_publication WHERE pubname = 'tidemark_kept'") == "0");
  // a publication of the user's stays
  shop.own("CREATE PUBLICATION tidemark_kept FOR TABLE a");
  CHECK(source->left_at_server().empty());
  source->drop_from_server();
  CHECK(shop.server.value("SELECT count(*) FROM pg_publication WHERE pubname = 'tidemark_kept'") == "1");
}
