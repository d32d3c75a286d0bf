// Reads a sink's SQLite file while tidemark may be writing it; can also write, for planted differences. One thread at a time.
#pragma once

#include <memory>
#include <string>

#include "servers/database.h"

struct sqlite3;

namespace tidemark::test {

class SqliteFile : public DatabaseClient {
 public:
  /// Throws std::runtime_error when the file does not exist.
  explicit SqliteFile(const std::string& path);
  ~SqliteFile() override;
  SqliteFile(SqliteFile&&) noexcept;

  Dialect dialect() const override { return Dialect::sqlite; }
  uint64_t exec(const std::string& sql) override;
  TextRows query(const std::string& sql) override;
  void stream(const std::string& sql, const RowVisitor& visit) override;
  void send(const std::string& sql) override { exec(sql); }  // nothing is ever in flight
  void finish() override {}

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace tidemark::test
