// Runs a test's body into both kinds of sink, each in a section of its own.
#pragma once

#include "servers/postgres_server.h"
#include "support/catch.h"

namespace tidemark::test {

/// `test` is given the server, or nullptr for SQLite.
template <typename Test>
void into_both(Test test) {
  SECTION("into SQLite") { test(nullptr); }
  SECTION("into PostgreSQL") {
    PostgresServer server;
    test(&server);
  }
}

}  // namespace tidemark::test
