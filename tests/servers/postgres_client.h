// A connection of the tests to PostgreSQL: UTF-8, UTC, exact floats. One thread at a time. Throws PostgresFailure with its SQLSTATE.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "servers/database.h"

struct pg_conn;

namespace tidemark::test {

struct PostgresFailure : DatabaseFailure {
  PostgresFailure(std::string code, const std::string& text) : DatabaseFailure(kind_of(code), text), sqlstate(std::move(code)) {}
  static Kind kind_of(const std::string& code);
  std::string sqlstate;
};

struct PostgresAddress {
  std::string host = "127.0.0.1";
  uint16_t port = 5432;
  std::string user = "postgres";
  std::string password;
  std::string database = "postgres";
  std::string role;         // to act as, of those that the user belongs to
  std::string search_path;  // of names without a schema
};

class PostgresClient : public DatabaseClient {
 public:
  explicit PostgresClient(const PostgresAddress& address);
  ~PostgresClient() override;
  PostgresClient(PostgresClient&&) noexcept;
  PostgresClient& operator=(PostgresClient&&) noexcept;

  Dialect dialect() const override { return Dialect::postgres; }
  uint64_t exec(const std::string& sql) override;
  TextRows query(const std::string& sql) override;
  void stream(const std::string& sql, const RowVisitor& visit) override;
  void send(const std::string& sql) override;
  void finish() override;

 private:
  struct Close {
    void operator()(pg_conn* handle) const;
  };
  std::unique_ptr<pg_conn, Close> handle_;
};

std::string postgres_quote(const std::string& text);
std::string postgres_name(const std::string& name);

}  // namespace tidemark::test
