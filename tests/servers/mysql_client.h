// A connection of the tests to MariaDB or MySQL: utf8mb4, UTC, several statements in one string allowed. One thread at a time.
// Throws MysqlFailure, which carries the server's error number.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "servers/database.h"

struct st_mysql;

namespace tidemark::test {

struct MysqlFailure : DatabaseFailure {
  MysqlFailure(unsigned error_number, const std::string& text) : DatabaseFailure(kind_of(error_number), text), number(error_number) {}
  static Kind kind_of(unsigned error_number);
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

class MysqlClient : public DatabaseClient {
 public:
  explicit MysqlClient(const MysqlAddress& address);
  ~MysqlClient() override;
  MysqlClient(MysqlClient&&) noexcept;
  MysqlClient& operator=(MysqlClient&&) noexcept;

  Dialect dialect() const override { return Dialect::mysql; }
  uint64_t exec(const std::string& sql) override;
  TextRows query(const std::string& sql) override;
  void stream(const std::string& sql, const RowVisitor& visit) override;
  void send(const std::string& sql) override;
  void finish() override;
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
