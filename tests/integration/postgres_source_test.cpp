// The PostgreSQL source on a real server: its connections, what it checks, publication and positions.
#include "engine/postgres/postgres_source.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "engine/postgres/connection.h"
#include "engine/postgres/source_checks.h"
#include "engine/postgres/source_positions.h"
#include "integration/postgres_source_fixture.h"
#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::postgres;
using namespace tidemark::test;

TEST_CASE("a source's connection prints every type in one form") {
  for (Role role : {Role::source, Role::replication}) {
    Connection connection(source_config().address, role);
    connection.open();
    const Result result = connection.run(
        "SELECT interval '1 year 2 days 03:04:05.6', money '12.50', 0.1::float8, '\\x00ff'::bytea, timestamptz '2026-01-02 03:04:05+01', "
        "current_setting('search_path'), current_setting('session_replication_role'), current_setting('row_security')",
        "asking");
    std::vector<std::string> row;
    for (int i = 0; i < PQnfields(result.get()); ++i) row.emplace_back(field_of(result.get(), 0, i));
    CHECK(row ==
          std::vector<std::string>{"P1Y2DT3H4M5.6S", "$12.50", "0.1", "\\x00ff", "2026-01-02 02:04:05+00", "pg_catalog", "origin", "off"});
    CHECK(connection.version_number() >= 140000);
  }
}

TEST_CASE("a replication connection speaks to a WAL sender") {
  Connection connection(source_config().address, Role::replication);
  connection.open();
  const Result result = connection.run("IDENTIFY_SYSTEM", "asking for the server's identity");
  CHECK(field_of(result.get(), 0, 0) == source_server().value("SELECT system_identifier FROM pg_control_system()"));
  CHECK(field_of(result.get(), 0, 3) == "sink");
}

TEST_CASE("errors of a source's connection are the source's") {
  SourceConfig config = source_config();
  SECTION("nobody listens") {
    config.address.port = 1;
    Connection connection(config.address, Role::source);
    CHECK(source_error_of([&] { connection.open(); }).kind() == ErrorKind::source_unavailable);
  }
  SECTION("a wrong password") {
    config.address.password = Secret("wrong");
    Connection connection(config.address, Role::source);
    const Error error = source_error_of([&] { connection.open(); });
    CHECK(error.kind() == ErrorKind::credentials);
    CHECK(error.hint() == "check user and password of the source");
  }
  SECTION("the role may not replicate") {
    source_server().exec("DO $$ BEGIN CREATE ROLE plain LOGIN PASSWORD 'plain-password'; EXCEPTION WHEN duplicate_object THEN END $$");
    Connection connection(source_config("p", "plain").address, Role::replication);
    const Error error = source_error_of([&] { connection.open(); });
    CHECK(error.kind() == ErrorKind::credentials);
    CHECK(error.hint() == "ALTER ROLE \"plain\" REPLICATION;");
  }
  SECTION("the server ends the session") {
    Connection connection(config.address, Role::source);
    connection.open();
    source_server().exec("SELECT pg_terminate_backend(" + std::to_string(connection.backend_pid()) + ")");
    CHECK(source_error_of([&] { connection.run("SELECT 1", "asking"); }).kind() == ErrorKind::source_unavailable);
  }
  SECTION("a wait is interrupted") {
    Connection connection(config.address, Role::source);
    connection.open();
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      connection.interrupt();
    });
    CHECK(source_error_of([&] { connection.run("SELECT pg_sleep(60)", "asking"); }).kind() == ErrorKind::interrupted);
    other.join();
  }
}

TEST_CASE("check() says what the server is") {
  Shop shop("checked");
  const SourceInfo info = make_postgres_source(shop.config())->check();
  CHECK(info.engine == "postgres");
  CHECK(info.server == shop.server.value("SELECT system_identifier FROM pg_control_system()"));
  CHECK(info.exact_reads);
  CHECK("PostgreSQL " + info.version == "PostgreSQL " + shop.server.value("SELECT split_part(current_setting('server_version'), ' ', 1)"));
  // the private server keeps its log without limit and does not sync
  CHECK(info.warnings.size() == 2);
}

TEST_CASE("a server that cannot be a source is refused with its cures") {
  PostgresServer server(PostgresOptions{
      .durable = false, .extra = {"wal_level=replica", "max_replication_slots=1", "wal_sender_timeout=0", "max_slot_wal_keep_size=100MB"}});
  server.exec("CREATE ROLE plain LOGIN PASSWORD 'plain-password'; SELECT pg_create_physical_replication_slot('theirs')");
  SourceConfig config = source_config("p", "plain");
  config.address.port = server.port();
  config.postgres.failover_slot = true;
  const Error error = source_error_of([&] { make_postgres_source(config)->check(); });
  CHECK(error.kind() == ErrorKind::server_settings);
  for (const char* cure : {"ALTER SYSTEM SET wal_level = 'logical'; and restart the server", "ALTER ROLE \"plain\" REPLICATION;",
                           "ALTER SYSTEM SET max_replication_slots = 11; and restart the server"}) {
    CHECK(says(error.hint(), cure));
  }
  server.exec("CREATE DATABASE raw ENCODING 'SQL_ASCII' TEMPLATE template0");
  config.address.database = "raw";
  CHECK(says(source_error_of([&] { make_postgres_source(config)->check(); }).what(), "SQL_ASCII"));
}

TEST_CASE("warnings name the settings that may hurt") {
  PostgresServer server(PostgresOptions{.durable = true, .extra = {"wal_sender_timeout=0", "max_slot_wal_keep_size=100MB"}});
  SourceConfig config = source_config("p", "postgres");
  config.address.port = server.port();
  Connection connection(config.address, Role::source);
  connection.open();
  const std::vector<std::string> warnings = check_server(connection, config).warnings;
  REQUIRE(warnings.size() == 2);
  CHECK(says(warnings[0], "max_slot_wal_keep_size is 100 MB"));
  CHECK(says(warnings[1], "wal_sender_timeout is 0"));
}

TEST_CASE("a first start makes publication and slot") {
  Shop shop("first");
  shop.own(
      "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE child () INHERITS "
      "(a)");
  const std::unique_ptr<Source> source = make_postgres_source(shop.config());
  const SourceInfo info = source->check();
  source->describe({{"first.a", "first.p"}, {}, {}});
  PostgresClient writer = shop.server.connect();
  const Position start = source->start_position();
  CHECK(start.lineage == Lineage::postgres);
  CHECK(start.server == info.server);
  CHECK(start.offset.file == 1);
  CHECK(start.unseen.empty());
  CHECK(lsn_text(start.offset.byte) ==
        shop.server.value("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'tidemark_first'"));
  CHECK(shop.server.value(
            "SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_publication_tables WHERE pubname = 'tidemark_first'") == "a,p");
  source->check_position(start);
  CHECK(source->resume_position(start, {{"first", "a"}, {"first", "p"}}) == start);

  SECTION("once more without a saved position: the slot that was left behind is made anew") {
    shop.own("INSERT INTO a VALUES (1)");
    const Position again = source->start_position();
    CHECK(again.offset > start.offset);
    CHECK(shop.server.value("SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'tidemark_first%'") == "1");
  }
  SECTION("a table that joins is added, and reads of it wait for what is in progress") {
    shop.own("CREATE TABLE b (id int PRIMARY KEY)");
    source->describe({{"first.a", "first.b", "first.p"}, {}, {}});
    writer.exec("BEGIN; INSERT INTO first.b VALUES (1)");
    const std::string xid = writer.value("SELECT pg_current_xact_id()");
    const Position resumed = source->resume_position(start, {{"first", "a"}, {"first", "p"}});
    CHECK(std::to_string(resumed.unseen.at(0)) == xid);
    CHECK(resumed.offset == start.offset);
    writer.exec("COMMIT");
  }
  SECTION("a captured table that left the publication has changes that nobody has") {
    shop.exec("ALTER PUBLICATION tidemark_first DROP TABLE ONLY first.a");
    CHECK(source_error_of([&] { source->resume_position(start, {{"first", "a"}, {"first", "p"}}); }).kind() == ErrorKind::log_purged);
    shop.exec("DROP PUBLICATION tidemark_first");
    CHECK(source_error_of([&] { source->resume_position(start, {{"first", "a"}, {"first", "p"}}); }).kind() == ErrorKind::log_purged);
  }
}

TEST_CASE("in-progress transactions at the start are waited for by the slot, and the rest is remembered") {
  Shop shop("progress");
  shop.own("CREATE TABLE a (id int PRIMARY KEY)");
  const std::unique_ptr<Source> source = make_postgres_source(shop.config());
  source->describe(shop.all());
  PostgresClient writer = shop.server.connect();
  writer.exec("BEGIN; INSERT INTO progress.a VALUES (1)");
  SECTION("the slot is made when it has ended") {
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      writer.exec("COMMIT");
    });
    const Position start = source->start_position();
    other.join();
    CHECK(start.unseen.empty());
  }
  SECTION("a stop ends the wait, and leaves no slot") {
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      source->cancel();
    });
    CHECK(source_error_of([&] { source->start_position(); }).kind() == ErrorKind::interrupted);
    other.join();
    writer.exec("ROLLBACK");
    for (int i = 0; i < 100; ++i) {
      if (shop.server.value("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'tidemark_progress'") == "0") break;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    CHECK(shop.server.value("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'tidemark_progress'") == "0");
  }
}

TEST_CASE("a publication of the user's is checked and left alone") {
  Shop shop("theirs");
  shop.own(
      "CREATE TABLE a (id int PRIMARY KEY, x int); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE p (id int PRIMARY KEY) PARTITION BY "
      "RANGE (id); CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10)");
  const std::unique_ptr<Source> source = make_postgres_source(shop.config());
  source->describe(shop.all());
  const auto refusal = [&] { return source_error_of([&] { source->start_position(); }); };
  SECTION("it lacks tables") {
    shop.own("CREATE PUBLICATION tidemark_theirs FOR TABLE a, p WITH (publish_via_partition_root = true)");
    CHECK(refusal().hint() == "ALTER PUBLICATION \"tidemark_theirs\" ADD TABLE ONLY \"theirs\".\"b\";");
    shop.own("ALTER PUBLICATION tidemark_theirs ADD TABLE b");
    CHECK(refusal().cause() == "no error was thrown");
  }
  SECTION("it publishes partitions") {
    shop.own("CREATE PUBLICATION tidemark_theirs FOR TABLE a, b, p");
    CHECK(refusal().hint() == "ALTER PUBLICATION \"tidemark_theirs\" SET (publish_via_partition_root = true);");
  }
  SECTION("it leaves out kinds of changes") {
    shop.own("CREATE PUBLICATION tidemark_theirs FOR TABLE a, b, p WITH (publish_via_partition_root = true, publish = 'insert')");
    CHECK(refusal().hint() == "ALTER PUBLICATION \"tidemark_theirs\" SET (publish = 'insert, update, delete, truncate');");
  }
  SECTION("it leaves out rows or columns") {
    if (shop.server.value("SELECT current_setting('server_version_num')::int >= 150000") != "t") return;
    shop.own("CREATE PUBLICATION tidemark_theirs FOR TABLE a WHERE (id > 5), b, p WITH (publish_via_partition_root = true)");
    CHECK(refusal().cause() == "it leaves out rows of theirs.a");
    shop.own("ALTER PUBLICATION tidemark_theirs SET TABLE a (id), b, p");
    CHECK(refusal().cause() == "it leaves out columns of theirs.a");
    shop.own("ALTER PUBLICATION tidemark_theirs SET TABLE a (id, x), b, p");
    CHECK(refusal().cause() == "no error was thrown");
  }
  SECTION("all tables") {
    shop.exec("CREATE PUBLICATION tidemark_theirs FOR ALL TABLES WITH (publish_via_partition_root = true)");
    CHECK(refusal().cause() == "no error was thrown");
  }
}

TEST_CASE("a role that may not publish gets the statement for one that may") {
  Shop shop("others");
  shop.exec("CREATE TABLE others.a (id int PRIMARY KEY); GRANT SELECT ON others.a TO reader");
  const std::unique_ptr<Source> source = make_postgres_source(shop.config());
  source->describe(shop.all());
  const Error error = source_error_of([&] { source->start_position(); });
  CHECK(error.kind() == ErrorKind::credentials);
  const std::string create =
      "CREATE PUBLICATION \"tidemark_others\" FOR TABLE ONLY \"others\".\"a\" WITH (publish_via_partition_root = true);";
  CHECK(error.hint() == "as the owner of the tables or a superuser: " + create);
  shop.exec(create);
  CHECK(source->start_position().known());
}

TEST_CASE("places in the log") {
  Shop shop("places");
  shop.own("CREATE TABLE a (id int PRIMARY KEY)");
  const std::unique_ptr<Source> source = make_postgres_source(shop.config());
  const Position before = source->end_position();
  shop.own("INSERT INTO a VALUES (1)");
  const Position after = source->end_position();
  CHECK(after.offset > before.offset);
  // what the place includes gets to disk without anybody's doing, so that the stream can pass it
  const std::string flushed = "SELECT pg_current_wal_flush_lsn() >= '" + lsn_text(after.offset.byte) + "'";
  CHECK(shop.server.value(flushed) == "t");
  const Position written = source->position_from("0/16B3748");
  CHECK(written.offset == LogOffset{1, 0x16B3748});
  CHECK(written.server == before.server);
  CHECK(source->position_from(after.text()) == after);
  CHECK(source_error_of([&] { source->position_from("binlog.000001:4"); }).kind() == ErrorKind::usage);
  const int64_t clock = source->clock_micros();
  const int64_t server_clock = std::stoll(shop.server.value("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
  CHECK(server_clock - clock >= 0);
  CHECK(server_clock - clock < 60'000'000);
}

TEST_CASE("a source that was cancelled asks nothing more") {
  const std::unique_ptr<Source> source = make_postgres_source(source_config());
  source->cancel();
  CHECK(source_error_of([&] { source->check(); }).kind() == ErrorKind::interrupted);
}
