// What tests of the PostgreSQL source share: a private server with wal_level=logical, and a role that may read and replicate.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/postgres/postgres_source.h"
#include "servers/postgres_server.h"
#include "support/catch.h"
#include "tidemark/config.h"
#include "tidemark/error.h"

namespace tidemark::test {

/// The server of this binary, started on first use. `reader` may log in with a password, replicate, make publications in the database,
/// and read what it is granted.
inline PostgresServer& source_server() {
#ifdef TIDEMARK_OTHER_POSTGRES  // the binaries that try the same on another major version
  constexpr bool kOtherVersion = true;
#else
  constexpr bool kOtherVersion = false;
#endif
  static PostgresServer server(
      PostgresOptions{.durable = false, .extra = {"wal_level=logical", "max_wal_size=512MB"}, .other_version = kOtherVersion});
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

inline bool says(const std::string& text, const std::string& part) {
  UNSCOPED_INFO("\"" << text << "\" is to say \"" << part << "\"");
  return text.find(part) != std::string::npos;
}

/// A schema of its own, which the role `reader` owns, and a pipeline of the same name; both are gone afterwards.
struct Shop {
  explicit Shop(const std::string& schema) : name(schema) { exec("CREATE SCHEMA " + name + " AUTHORIZATION reader"); }
  ~Shop() {
    server.exec("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'tidemark_" + name + "'");
    server.exec("DROP PUBLICATION IF EXISTS tidemark_" + name);
    server.exec("DROP SCHEMA " + name + " CASCADE");
  }
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  void exec(const std::string& sql) { server.exec(sql); }
  /// As the owner of the schema, in it.
  void own(const std::string& sql) {
    server.exec("SET ROLE reader; SET search_path = " + name + "; " + sql + "; RESET ROLE; RESET search_path");
  }
  SourceConfig config() const { return source_config(name); }
  TableSelection all() const { return {{name + ".*"}, {}, {}}; }
  std::vector<SchemaRef> describe(const TableSelection& selection) const { return make_postgres_source(config())->describe(selection); }
  TableSchema only_table() const {
    const std::vector<SchemaRef> tables = describe(all());
    REQUIRE(tables.size() == 1);
    return *tables[0];
  }
  std::string refusal() const {
    return source_error_of([&] { describe(all()); }).hint();
  }

  PostgresServer& server = source_server();
  std::string name;
};

}  // namespace tidemark::test
