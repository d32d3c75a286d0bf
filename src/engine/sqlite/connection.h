// The SQLite connection of a sink and its statements: the only RAII around sqlite3.h in this folder, and the only place where result
// codes become Errors. One thread, except interrupt(), which any thread may call. Source: sqlite.org/c3ref.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace tidemark::sqlite {

class Connection;

/// A prepared statement. Bytes that are bound must live until the next step() has returned (SQLITE_STATIC).
class Statement {
 public:
  Statement() = default;
  explicit operator bool() const { return stmt_ != nullptr; }
  sqlite3_stmt* get() const { return stmt_.get(); }

  Statement& bind(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind(int index, int64_t number);

  /// True: a row; false: done, and the statement is reset.
  bool step();
  /// For statements without rows.
  void run() {
    while (step()) {
    }
  }
  void reset() { sqlite3_reset(stmt_.get()); }

  int64_t integer(int column) const { return sqlite3_column_int64(stmt_.get(), column); }
  bool is_null(int column) const { return sqlite3_column_type(stmt_.get(), column) == SQLITE_NULL; }
  /// Text or blob, valid until the next step.
  std::string_view bytes(int column) const;
  std::string string(int column) const { return std::string(bytes(column)); }

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
  explicit Connection(std::string path) : path_(std::move(path)) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// `create`: for reading and writing, creating the file. `read`: the file must be there, and nothing can be written.
  /// Error(server_settings) with the cure when that cannot be.
  enum class Mode : uint8_t { create, read };
  void open(Mode mode);
  /// SQLite before 3.51.3 can lose a WAL when two connections checkpoint at once (sqlite.org/wal.html#walresetbug), so only the connection
  /// that holds a pipeline's lock does it.
  void allow_checkpoints(bool allow);
  /// No statement may be left.
  void close() noexcept;
  bool is_open() const { return db_ != nullptr; }
  /// Makes the running call fail with Error(interrupted); remembered until clear_interrupt(), so that a call of many statements ends too.
  void interrupt() noexcept;
  void clear_interrupt() { interrupted_.store(false, std::memory_order_relaxed); }
  void check_interrupt() const;

  /// `keep`: the statement will be used many times.
  Statement prepare(std::string_view sql, bool keep = false);
  void run(std::string_view sql) { prepare(sql).run(); }
  int64_t integer(std::string_view sql);
  std::string string(std::string_view sql);
  bool in_transaction() const { return db_ != nullptr && sqlite3_get_autocommit(db_) == 0; }
  int changes() const { return sqlite3_changes(db_); }

  sqlite3* handle() const { return db_; }
  const std::string& path() const { return path_; }
  /// What is being done, for errors: "write table orders".
  void doing(std::string what) { doing_ = std::move(what); }
  /// Throws the Error for the latest failure.
  [[noreturn]] void fail(int code) const;

 private:
  static int on_busy(void* self, int count);

  std::string path_;
  std::string doing_;
  sqlite3* db_ = nullptr;
  std::mutex handle_mutex_;  // guards db_ against interrupt()
  std::atomic<bool> interrupted_ = false;
};

}  // namespace tidemark::sqlite
