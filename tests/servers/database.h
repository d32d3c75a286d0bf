// What the tests ask of a database whatever its engine is, so that one test body serves as source and as sink MariaDB, MySQL, PostgreSQL
// and, as sink, an SQLite file. Interfaces: the concrete clients and servers say how they fail and who may call them.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "servers/rows.h"

namespace tidemark::test {

enum class Dialect : uint8_t { mysql, postgres, sqlite };

/// A statement that the server refused.
struct DatabaseFailure : std::runtime_error {
  enum class Kind : uint8_t {
    other,
    duplicate,         // of a unique key
    transaction_gone,  // deadlock, lock wait, serialization: the transaction is over, or has to be
    referenced,        // by a foreign key of another row, or the row that it refers to is not there
    connection_lost,   // or the server is about to end it
    gone_thread        // of KILL: there is no such connection any more
  };
  DatabaseFailure(Kind what, const std::string& text) : std::runtime_error(text), kind(what) {}
  Kind kind;
};

class DatabaseClient {
 public:
  virtual ~DatabaseClient() = default;
  virtual Dialect dialect() const = 0;
  /// Runs all statements, drops their results; the number of rows affected by the last one.
  virtual uint64_t exec(const std::string& sql) = 0;
  /// The rows of the last statement that returns any.
  virtual TextRows query(const std::string& sql) = 0;
  /// One statement; rows are handed over as they arrive, and never all in memory.
  virtual void stream(const std::string& sql, const RowVisitor& visit) = 0;
  /// Sent, but its answer not waited for: finish() does that. To hold a statement in flight; servers only.
  virtual void send(const std::string& sql) = 0;
  virtual void finish() = 0;

  /// First column of the first row; empty when there is none or it is NULL.
  std::string value(const std::string& sql) {
    const TextRows rows = query(sql);
    return rows.empty() || rows[0].empty() ? std::string() : rows[0][0].value_or("");
  }

 protected:
  DatabaseClient() = default;
  DatabaseClient(DatabaseClient&&) = default;
  DatabaseClient& operator=(DatabaseClient&&) = default;
};

/// An account of a server; `database` is what PostgreSQL's clients connect to, and empty elsewhere.
struct Login {
  std::string user, password, database;
};

class DatabaseServer {
 public:
  virtual ~DatabaseServer() = default;
  DatabaseServer(const DatabaseServer&) = delete;
  DatabaseServer& operator=(const DatabaseServer&) = delete;

  /// "mysql", "mariadb" or "postgres", as in `engine:` of the configuration.
  virtual std::string engine() const = 0;
  Dialect dialect() const { return engine() == "postgres" ? Dialect::postgres : Dialect::mysql; }
  std::string host() const { return "127.0.0.1"; }
  virtual uint16_t port() const = 0;
  /// Whom tidemark reads as, and whom it writes as, with the grants that the README asks for.
  virtual Login source_login() const = 0;
  virtual Login sink_login() const = 0;
  virtual std::string log_file() const = 0;

  // As administrator. They connect again after a restart.
  virtual uint64_t exec(const std::string& sql) = 0;
  virtual TextRows query(const std::string& sql) = 0;
  virtual std::string value(const std::string& sql) = 0;
  /// A connection of its own, in which names without more are of this database (MySQL) or schema (PostgreSQL).
  virtual std::unique_ptr<DatabaseClient> client(const std::string& schema = {}) const = 0;
  /// One that may do anything; PostgreSQL's tables should not be made through it, since their owner is another.
  virtual std::unique_ptr<DatabaseClient> superuser() const = 0;

  virtual void stop() = 0;  // a clean shutdown
  virtual void kill9() = 0;
  virtual void restart() = 0;  // same port, data directory and flags; stops it first when it runs

 protected:
  DatabaseServer() = default;
};

/// The name as an identifier of the dialect.
std::string sql_name(Dialect dialect, const std::string& name);
/// 'text' as a literal of the dialect.
std::string sql_quote(Dialect dialect, const std::string& text);
/// "schema"."table"; without the schema in SQLite.
std::string sql_table(Dialect dialect, const std::string& schema, const std::string& table);

}  // namespace tidemark::test
