// The PostgreSQL source's connections, on a real server.
#include <chrono>
#include <thread>

#include "engine/postgres/connection.h"
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
