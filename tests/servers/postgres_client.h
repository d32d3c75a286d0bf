// A connection of the tests to PostgreSQL: UTF-8, UTC, exact floats. One thread at a time. Throws PostgresFailure with its SQLSTATE.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "servers/rows.h"

struct pg_conn;

namespace tidemark::test {

struct PostgresFailure : std::runtime_error {
  PostgresFailure(std::string code, const std::string& text) : std::runtime_error(text), sqlstate(std::move(code)) {}
  std::string sqlstate;
};

struct PostgresAddress {
  std::string host = "127.0.0.1";
  uint16_t port = 5432;
  std::string user = "postgres";
  std::string password;
  std::string database = "postgres";
};

class PostgresClient {
 public:
  explicit PostgresClient(const PostgresAddress& address);
  ~PostgresClient();
  PostgresClient(PostgresClient&&) noexcept;
  PostgresClient& operator=(PostgresClient&&) noexcept;

  void exec(const std::string& sql);
  TextRows query(const std::string& sql);
  std::string value(const std::string& sql);
  /// Rows are handed over as they arrive.
  void stream(const std::string& sql, const RowVisitor& visit);

 private:
  struct Close {
    void operator()(pg_conn* handle) const;
  };
  std::unique_ptr<pg_conn, Close> handle_;
};

std::string postgres_quote(const std::string& text);
std::string postgres_name(const std::string& name);

}  // namespace tidemark::test
