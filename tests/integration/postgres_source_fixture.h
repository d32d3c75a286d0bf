// What tests of the PostgreSQL source share: a private server with wal_level=logical, and a role that may read and replicate.
#pragma once

#include <string>
#include <utility>

#include "servers/postgres_server.h"
#include "tidemark/config.h"
#include "tidemark/error.h"

namespace tidemark::test {

/// The server of this binary, started on first use. `reader` may log in with a password, replicate, make publications in the database,
/// and read what it is granted.
inline PostgresServer& source_server() {
  static PostgresServer server(PostgresOptions{.durable = false, .extra = {"wal_level=logical", "max_wal_size=512MB"}});
  static const bool prepared = [] {
    server.exec("CREATE ROLE reader LOGIN REPLICATION PASSWORD 'reader-password'");
    server.exec("GRANT CREATE ON DATABASE sink TO reader");
    return true;
  }();
  (void)prepared;
  return server;
}

inline SourceConfig source_config(const std::string& pipeline = "p", const std::string& user = "reader") {
  PostgresServer& server = source_server();
  SourceConfig config;
  config.name = "origin";
  config.engine = "postgres";
  config.address.host = server.host();
  config.address.port = server.port();
  config.address.user = user;
  config.address.password = Secret(user + "-password");
  config.address.database = server.database();
  config.postgres.slot = "tidemark_" + pipeline;
  config.postgres.publication = "tidemark_" + pipeline;
  return config;
}

/// The error that `work` throws; kind internal and "no error was thrown" when it throws none.
template <typename Work>
Error source_error_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::internal, "", "no error was thrown");
}

}  // namespace tidemark::test
