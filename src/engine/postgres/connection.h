// One libpq connection with a pinned session, to a sink or to a source. Owned and used by one thread, except interrupt().
// Every failure is a tidemark::Error made from the SQLSTATE (see server_error.h); after one the connection is to be closed. At a source
// what passes by itself is of the kind source_unavailable. Source: libpq documentation, chapters "Asynchronous Command Processing" and
// "Pipeline Mode".
#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/postgres/server_error.h"
#include "tidemark/config.h"

namespace tidemark::postgres {

struct ResultCloser {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultCloser>;

/// A field of a result as text or bytes, borrowed from the result.
inline std::string_view field_of(const PGresult* result, int row, int column) {
  return {PQgetvalue(result, row, column), static_cast<size_t>(PQgetlength(result, row, column))};
}

/// A number without sign as the server prints it; 0 for any other text.
uint64_t number_of(std::string_view text);

/// Parameters of one statement. Text, unless added as binary; the bytes are borrowed until the statement has been sent.
class Params {
 public:
  void add_text(const std::string& text) { add(text.c_str(), static_cast<int>(text.size()), 0); }
  void add_text(std::string&& text) = delete;  // it would be gone before the statement is sent
  void add_binary(std::string_view bytes) { add(bytes.data() ? bytes.data() : "", static_cast<int>(bytes.size()), 1); }
  void add_null() { add(nullptr, 0, 1); }
  void clear() { values_.clear(), lengths_.clear(), formats_.clear(); }
  int count() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void add(const char* value, int length, int format) {
    values_.push_back(value);
    lengths_.push_back(length);
    formats_.push_back(format);
  }
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
};

/// What a connection is for; it decides about the session's settings and whose errors they are.
enum class Role : uint8_t {
  sink,         // writes: the user's triggers and foreign keys stay silent where the server lets us
  source,       // reads, and asks: every type prints as the replication stream prints it
  replication,  // the same with a WAL sender at the other end: replication commands, and SQL without parameters
};

class Connection {
 public:
  explicit Connection(const ServerAddress& address, Role role = Role::sink) : address_(address), role_(role) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Connects and pins the session. Waits at most ServerAddress::connect_timeout.
  void open();
  void close() noexcept;
  bool is_open() const { return connection_ != nullptr; }
  bool is_lost() const { return connection_ && PQstatus(connection_) == CONNECTION_BAD; }
  PGconn* raw() const { return connection_; }
  /// Differs for each open(): prepared statements and temporary tables belong to one session.
  uint64_t session() const { return session_; }
  /// "PostgreSQL 15.20".
  const std::string& version() const { return version_; }
  /// 150020 for 15.20.
  int version_number() const { return connection_ ? PQserverVersion(connection_) : 0; }
  Side side() const { return role_ == Role::sink ? Side::sink : Side::source; }
  /// Triggers and foreign keys of the user are not fired in this session (session_replication_role = replica).
  bool is_replica_role() const { return is_replica_role_; }
  int backend_pid() const { return connection_ ? PQbackendPID(connection_) : 0; }
  /// "127.0.0.1:5432/shop", for messages.
  std::string where() const;

  /// One statement or several without parameters; COPY, START_REPLICATION and the like end in their copy state. `doing` is what an Error
  /// says has failed.
  Result run(const std::string& sql, const char* doing);
  /// Not on a replication connection.
  Result run(const std::string& sql, const Params& params, const char* doing, bool binary_result = false);
  /// The first field of the first row, "" when there is none.
  std::string value(const std::string& sql, const Params& params, const char* doing);

  /// What a result that is not as it should be means; `result` may be null. Error(interrupted) once interrupt() was called.
  Error failure(const PGresult* result, const std::string& doing) const;

  /// Between two statements: throws Error(sink_unavailable | source_unavailable) when the server, or the kernel on its behalf, has ended
  /// the connection.
  void check_peer();

  /// Ends a wait from any thread: the socket is shut down, so the session is gone afterwards.
  void interrupt() noexcept;
  bool interrupted() const { return interrupted_; }
  /// Throws Error(interrupted) once interrupt() was called.
  void check_interrupted() const;

 private:
  void connect();
  void pin_session();
  void silence_triggers();

  ServerAddress address_;
  const Role role_;
  PGconn* connection_ = nullptr;
  std::mutex socket_mutex_;  // interrupt() against close()
  int socket_ = -1;
  std::atomic<bool> interrupted_{false};
  uint64_t session_ = 0;
  bool is_replica_role_ = false;
  std::string version_;
};

}  // namespace tidemark::postgres
