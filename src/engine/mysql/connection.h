// One client connection to a MySQL or MariaDB server, with a pinned session: what every other file here talks through.
// Owned and used by one thread, except cancel(). All functions throw tidemark::Error with the server's own number as code();
// after source_unavailable or interrupted the object can only be destroyed.
// Authentication and TLS are libmariadb's; see dev.mysql.com/doc/dev/mysql-server "Client/Server Protocol".
#pragma once

#include <mysql.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/config.h"
#include "tidemark/error.h"

namespace tidemark::mysql {

using Cell = std::optional<std::string>;
using ResultRow = std::vector<Cell>;

enum class Purpose : uint8_t {
  control,   // short questions; text arrives as UTF-8
  snapshot,  // chunk reads; text arrives in the column's own character set, like in the log
  log,       // the replication stream; the reader polls the socket itself
  sink,      // writes: several statements in a packet, rows counted where they are found, LOAD DATA LOCAL; pinned by SinkSession
};

class Connection {
 public:
  /// Connects and pins the session. Both libmariadb handshake steps are bounded by the configured connect timeout.
  Connection(const ServerAddress& address, Purpose purpose);
  Connection(const SourceConfig& config, Purpose purpose) : Connection(config.address, purpose) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// A statement whose result, if it has one, is thrown away.
  void execute(std::string_view sql);
  /// The rows of all results, where it is several statements (Purpose::sink) or a compound one. `doing`: for the error.
  std::vector<ResultRow> query(std::string_view sql, std::string_view doing = "query failed");
  /// The first row; empty when there is none.
  ResultRow query_row(std::string_view sql);
  /// First cell of the first row; "" when there is no row or it is NULL.
  std::string query_text(std::string_view sql);
  /// The values of a single-row result by column name (SHOW MASTER STATUS and the like differ between versions); nullopt: no row.
  std::optional<std::string> query_field(std::string_view sql, std::string_view field);

  bool is_mariadb() const { return is_mariadb_; }
  /// 100_00 per major, 100 per minor: MySQL 9.7.4 is 90704, MariaDB 10.11.19 is 101119.
  unsigned long version() const { return version_; }
  const std::string& version_text() const { return version_text_; }
  bool tls() const;

  MYSQL* handle() { return mysql_; }
  /// The descriptor under it, for a look whether the peer has ended; -1 when there is none.
  int socket() const { return socket_; }
  /// Throws the error that the handle holds now. `what_failed` as in tidemark::Error.
  [[noreturn]] void fail(std::string_view what_failed);
  [[noreturn]] void fail(std::string_view what_failed, MYSQL_STMT* statement);

  /// Ends a call that waits, from any thread: the socket is shut down, the call throws Error(interrupted).
  void cancel() noexcept;
  bool cancelled() const;
  /// Shuts the socket: the server ends what it is doing for us, and every later call here fails at once.
  void abandon() noexcept;
  bool abandoned() const { return abandoned_; }

 private:
  void close() noexcept;
  void set_options(const ServerAddress& address);
  void connect(const ServerAddress& address);
  void pin_session();
  void watch_peer();
  [[noreturn]] void throw_error(std::string_view what_failed, unsigned number, const char* sqlstate, std::string message);

  MYSQL* mysql_ = nullptr;
  Purpose purpose_;
  std::string peer_;  // "shop.example:3306", for messages
  std::string user_;
  TlsMode tls_mode_;
  bool local_peer_ = false;
  bool is_mariadb_ = false;
  unsigned long version_ = 0;
  std::string version_text_;

  mutable std::mutex cancel_mutex_;  // guards socket_ and cancelled_
  int socket_ = -1;                  // a duplicate of libmariadb's
  bool abandoned_ = false;
  bool cancelled_ = false;
};

/// What kind of failure a server or client error number is.
ErrorKind kind_of_error_number(unsigned number);
/// The peer is this machine: a Unix socket or a loopback address.
bool is_local_peer(const ServerAddress& address);

}  // namespace tidemark::mysql
