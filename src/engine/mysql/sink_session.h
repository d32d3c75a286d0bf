// The sink's session at a MySQL or MariaDB server: connecting, what is pinned in it, statements, an end from any thread.
// Owned by the sink, one thread, except interrupt(). Throws Error; after a throw of sink_unavailable, interrupted or commit_unknown the
// session is to be closed. autocommit is off: the first statement begins a transaction, and what follows one that the server rolled
// back by itself (a deadlock) is never committed by accident.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/mysql/connection.h"
#include "tidemark/config.h"

namespace tidemark::mysql {

/// The file of a LOAD DATA LOCAL INFILE: the client library reads from here, whatever file the server asks for.
struct LocalData {
  std::function<void(std::string&)> next;  // appends what comes next; nothing: the end
  std::string bytes = {};
  size_t taken = 0;
  std::exception_ptr error = {};  // of next()
};

class SinkSession {
 public:
  explicit SinkSession(ServerAddress address) : address_(std::move(address)) {}

  void open();
  void close() noexcept;
  bool is_open() const { return connection_ != nullptr; }
  /// From any thread: the call that waits, and every one until open(), throws Error(interrupted).
  void interrupt() noexcept;
  void check_interrupted() const;
  /// Throws Error(sink_unavailable) when the server is known to have closed the connection. Now and then it says a word to the server,
  /// which would otherwise end an idle session.
  void check_peer();

  /// One statement, or several with ';' between them; results are thrown away.
  void run(std::string_view sql, std::string_view doing);
  std::vector<ResultRow> query(std::string_view sql, std::string_view doing);
  /// First cell of the first row; "" when there is none or it is NULL.
  std::string value(std::string_view sql, std::string_view doing);
  /// LOAD DATA LOCAL INFILE with what `next` makes as the file, while the server works on what it has. Gives the rows that were put in;
  /// warnings are an Error(data).
  uint64_t load(std::string_view sql, std::function<void(std::string&)> next, std::string_view doing);

  Connection& connection();
  const std::string& version() const { return version_; }  // "MariaDB 10.11.19"
  std::string where() const;
  bool is_mariadb() const { return is_mariadb_; }
  unsigned long version_number() const { return version_number_; }
  uint64_t max_packet_bytes() const { return max_packet_bytes_; }
  /// Throws Error(data) when the server does not take a statement of so many bytes.
  void check_packet(size_t bytes, const std::string& doing) const;
  bool takes_local_data() const { return takes_local_data_; }
  /// MariaDB's execution of a statement for many rows of parameters, see SinkBulk.
  bool takes_bulk() const { return takes_bulk_; }
  /// Names of tables and databases are compared without case (lower_case_table_names).
  bool folds_names() const { return folds_names_; }
  uint64_t id() const;

 private:
  void pin();
  void read_settings();

  ServerAddress address_;
  std::unique_ptr<Connection> connection_;
  mutable std::mutex mutex_;  // guards connection_ itself against interrupt()
  std::atomic<bool> interrupted_{false};
  std::chrono::steady_clock::time_point last_word_;
  LocalData local_;
  std::string version_;
  bool is_mariadb_ = false, takes_local_data_ = false, takes_bulk_ = false, folds_names_ = false, logs_statements_ = false;
  unsigned long version_number_ = 0;
  uint64_t max_packet_bytes_ = 1 << 20;
};

}  // namespace tidemark::mysql
