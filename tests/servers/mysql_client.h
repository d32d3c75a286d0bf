// A connection of the tests to MariaDB or MySQL: utf8mb4, UTC, several statements in one string allowed. One thread at a time.
// Throws MysqlFailure, which carries the server's error number.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "servers/rows.h"

struct st_mysql;

namespace tidemark::test {

struct MysqlFailure : std::runtime_error {
  MysqlFailure(unsigned error_number, const std::string& text) : std::runtime_error(text), number(error_number) {}
  unsigned number;
};

struct MysqlAddress {
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  std::string socket;  // used instead of host and port when set
  std::string user = "root";
  std::string password;
  std::string database;
};

class MysqlClient {
 public:
  explicit MysqlClient(const MysqlAddress& address);
  ~MysqlClient();
  MysqlClient(MysqlClient&&) noexcept;
  MysqlClient& operator=(MysqlClient&&) noexcept;

  /// Runs all statements, drops their results; the number of rows affected by the last one.
  uint64_t exec(const std::string& sql);
  /// The rows of the last statement that returns any.
  TextRows query(const std::string& sql);
  /// First column of the first row; empty when there is none or it is NULL.
  std::string value(const std::string& sql);
  /// One statement; rows are handed over as they arrive, and never all in memory.
  void stream(const std::string& sql, const RowVisitor& visit);
  /// Sent, but its answer not waited for: finish() does that. To hold a statement in flight.
  void send(const std::string& sql);
  void finish();
  uint64_t thread_id() const;

 private:
  struct Close {
    void operator()(st_mysql* handle) const;
  };
  [[noreturn]] void fail(const std::string& sql) const;
  void drain(const std::string& sql, TextRows* rows, uint64_t* affected);

  std::unique_ptr<st_mysql, Close> handle_;
};

/// 'text' with what the server needs escaped (sql_mode without NO_BACKSLASH_ESCAPES).
std::string mysql_quote(const std::string& text);
/// `name` with backticks doubled.
std::string mysql_name(const std::string& name);

}  // namespace tidemark::test
