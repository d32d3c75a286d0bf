// Reads a sink's SQLite file while tidemark may be writing it; can also write, for planted differences. One thread at a time.
#pragma once

#include <memory>
#include <string>

#include "servers/rows.h"

struct sqlite3;

namespace tidemark::test {

class SqliteFile {
 public:
  /// Throws std::runtime_error when the file does not exist.
  explicit SqliteFile(const std::string& path);
  ~SqliteFile();
  SqliteFile(SqliteFile&&) noexcept;

  void exec(const std::string& sql);
  TextRows query(const std::string& sql);
  std::string value(const std::string& sql);
  void stream(const std::string& sql, const RowVisitor& visit);

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace tidemark::test
