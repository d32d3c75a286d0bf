// The state file's SQLite connection and statements; the only RAII around sqlite3.h in this folder. Every failure becomes
// Error(state), or Error(busy) when another program holds the file for longer than 5 s, with what to do. One thread at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tidemark::state {

class Connection;

/// Bytes that are bound must live until the next step() has returned.
class Statement {
 public:
  Statement& bind(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind(int index, int64_t number);
  /// True: a row; false: done, and the statement is reset.
  bool step();
  void run() {
    while (step()) {
    }
  }
  int64_t integer(int column) const { return sqlite3_column_int64(stmt_.get(), column); }
  std::string string(int column) const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* stmt) const { sqlite3_finalize(stmt); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> stmt_;
  Connection* connection_ = nullptr;
};

class Connection {
 public:
  enum class Mode { create, read_only };
  /// A reader never writes: where no WAL lies beside the file, nobody has it open, and it is read without making one.
  Connection(std::string path, Mode mode);
  ~Connection() { sqlite3_close_v2(db_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Statement prepare(std::string_view sql);
  void run(std::string_view sql) { prepare(sql).run(); }
  int64_t integer(std::string_view sql);
  std::string string(std::string_view sql);
  void rollback() noexcept;
  /// Commits no longer wait for the disk.
  void relax() noexcept;
  const std::string& path() const { return path_; }
  /// Throws the Error for the latest failure.
  [[noreturn]] void fail(int code) const;

 private:
  std::string path_;
  sqlite3* db_ = nullptr;
};

/// Rolls back unless commit() was reached.
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) { connection_.run("BEGIN IMMEDIATE"); }
  ~Transaction() {
    if (!done_) connection_.rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    connection_.run("COMMIT");
    done_ = true;
  }

 private:
  Connection& connection_;
  bool done_ = false;
};

/// The hint for a file that cannot be used any more.
std::string rebuild_hint(const std::string& path);

}  // namespace tidemark::state
