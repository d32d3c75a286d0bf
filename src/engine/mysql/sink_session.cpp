#include "engine/mysql/sink_session.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "engine/mysql/sink_error.h"

namespace tidemark::mysql {
namespace {

constexpr std::chrono::seconds kWordEvery{20};

// What stores values unchanged or refuses them: strict, and with the dates and zeros that the source may hold. Reads of a transaction
// are not repeatable, so that only rows are locked that are written; autocommit is off from here on. A server that has lost us gives
// our locks up when it has not heard of us for the time of wait_timeout.
constexpr const char* kPinSession =
    "SET SESSION sql_mode='STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO', foreign_key_checks=0, "
    "unique_checks=1, wait_timeout=300, innodb_lock_wait_timeout=60, lock_wait_timeout=60, autocommit=0";

int begin_local(void** handle, const char*, void* data) {
  *handle = data;
  auto* local = static_cast<LocalData*>(data);
  return local->next ? 0 : 1;  // 1: a file that we did not offer
}

int read_local(void* handle, char* buffer, unsigned size) {
  auto* local = static_cast<LocalData*>(handle);
  if (local->taken == local->bytes.size()) {
    local->bytes.clear();
    local->taken = 0;
    try {
      local->next(local->bytes);
    } catch (...) {
      local->error = std::current_exception();
      return -1;
    }
  }
  const size_t n = std::min<size_t>(size, local->bytes.size() - local->taken);
  std::memcpy(buffer, local->bytes.data() + local->taken, n);
  local->taken += n;
  return static_cast<int>(n);
}

void end_local(void*) {}

int explain_local(void*, char* buffer, unsigned size) {
  if (size > 0) *fmt::format_to_n(buffer, size - 1, "the server asked for a file that was not offered").out = 0;
  return 2000;
}

uint64_t number_of(const ResultRow& row, size_t column) {
  uint64_t out = 0;
  if (column < row.size() && row[column]) std::from_chars(row[column]->data(), row[column]->data() + row[column]->size(), out);
  return out;
}

}  // namespace

std::string SinkSession::where() const {
  return address_.socket.empty() ? fmt::format("{}:{}", address_.host, address_.port ? address_.port : 3306) : address_.socket;
}

void SinkSession::open() {
  close();
  interrupted_ = false;
  auto made = std::make_unique<Connection>(address_, Purpose::sink);
  {
    const std::lock_guard lock(mutex_);
    connection_ = std::move(made);
  }
  check_interrupted();  // connecting itself is bounded by its timeout
  is_mariadb_ = connection_->is_mariadb();
  version_number_ = connection_->version();
  const std::string& text = connection_->version_text();
  version_ = (is_mariadb_ ? "MariaDB " : "MySQL ") + text.substr(0, text.find('-'));
  if (is_mariadb_ ? version_number_ < 100500 : version_number_ < 80000) {
    throw Error(ErrorKind::server_settings, fmt::format("opening the sink at {}", where()), fmt::format("{} is too old", version_),
                "use MariaDB 10.5 or MySQL 8.0, or later");
  }
  mysql_set_local_infile_handler(connection_->handle(), begin_local, read_local, end_local, explain_local, &local_);
  pin();
  read_settings();
}

void SinkSession::pin() {
  constexpr std::string_view doing = "setting up the session at the sink";
  run(kPinSession, doing);
  // with binlog_format=STATEMENT the server refuses to write under READ COMMITTED, and in bulk
  const std::vector<ResultRow> format = query("SHOW VARIABLES LIKE 'binlog_format'", doing);
  logs_statements_ = !format.empty() && format[0].size() > 1 && format[0][1] == "STATEMENT";
  if (!logs_statements_) run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", doing);
  // a first TIMESTAMP column gets no default and no ON UPDATE by itself
  if (value("SELECT @@explicit_defaults_for_timestamp", doing) != "1") {
    try {
      run("SET SESSION explicit_defaults_for_timestamp=1", doing);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::sink_unavailable || error.kind() == ErrorKind::interrupted) throw;
      spdlog::warn("sink at {}: explicit_defaults_for_timestamp is off and cannot be set: {}", where(), error.cause());
    }
  }
  run("COMMIT", doing);
}

void SinkSession::read_settings() {
  const ResultRow row = connection().query_row("SELECT @@max_allowed_packet, @@local_infile, @@lower_case_table_names");
  max_packet_bytes_ = std::max<uint64_t>(number_of(row, 0), 1024);
  takes_local_data_ = number_of(row, 1) != 0;
  folds_names_ = number_of(row, 2) != 0;
  unsigned long capabilities = 0;
  mariadb_get_infov(connection().handle(), MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &capabilities);
  takes_bulk_ = is_mariadb_ && !logs_statements_ && (capabilities & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
  run("COMMIT", "setting up the session at the sink");
}

void SinkSession::check_packet(size_t bytes, const std::string& doing) const {
  if (bytes < max_packet_bytes_) return;
  throw Error(ErrorKind::data, doing,
              fmt::format("a statement of {} bytes, the server takes less than {} (max_allowed_packet)", bytes, max_packet_bytes_),
              "raise it at the sink's server, and in its option file: SET GLOBAL max_allowed_packet = 1073741824");
}

void SinkSession::close() noexcept {
  std::unique_ptr<Connection> old;
  {
    const std::lock_guard lock(mutex_);
    old = std::move(connection_);
  }
}

void SinkSession::interrupt() noexcept {
  interrupted_ = true;
  const std::lock_guard lock(mutex_);
  if (connection_) connection_->cancel();
}

void SinkSession::check_interrupted() const {
  if (interrupted_) throw Error(ErrorKind::interrupted, "waiting for the sink", "stop was asked for");
}

Connection& SinkSession::connection() {
  check_interrupted();
  if (!connection_) throw Error(ErrorKind::sink_unavailable, "writing to the sink", "not connected");
  return *connection_;
}

uint64_t SinkSession::id() const { return connection_ ? mysql_thread_id(connection_->handle()) : 0; }

void SinkSession::check_peer() {
  if (!connection_) return;
  check_interrupted();
  char byte = 0;
  const ssize_t n = recv(connection_->socket(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  const int number = errno;
  const bool quiet = n < 0 && (number == EAGAIN || number == EWOULDBLOCK || number == EINTR);
  // whatever it says unasked is its goodbye
  if (!quiet) {
    throw Error(ErrorKind::sink_unavailable, "keeping the connection to the sink", n < 0 ? std::strerror(number) : "the server closed it");
  }
  const auto now = std::chrono::steady_clock::now();
  if (now - last_word_ < kWordEvery) return;
  if (mysql_ping(connection_->handle()) != 0) connection_->fail("keeping the connection to the sink");
  last_word_ = now;
}

void SinkSession::run(std::string_view sql, std::string_view doing) { query(sql, doing); }

std::vector<ResultRow> SinkSession::query(std::string_view sql, std::string_view doing) {
  std::vector<ResultRow> rows = connection().query(sql, doing);
  last_word_ = std::chrono::steady_clock::now();
  return rows;
}

std::string SinkSession::value(std::string_view sql, std::string_view doing) {
  std::vector<ResultRow> rows = query(sql, doing);
  return rows.empty() || rows[0].empty() || !rows[0][0] ? std::string() : std::move(*rows[0][0]);
}

uint64_t SinkSession::load(std::string_view sql, std::function<void(std::string&)> next, std::string_view doing) {
  MYSQL* handle = connection().handle();
  local_ = {std::move(next)};
  const int failed = mysql_real_query(handle, sql.data(), sql.size());
  const std::exception_ptr error = std::exchange(local_, {}).error;
  if (error) std::rethrow_exception(error);
  if (failed != 0) connection_->fail(doing);
  const uint64_t rows = mysql_affected_rows(handle);
  // with LOCAL the server takes what it should refuse, and says so in a warning only
  if (mysql_warning_count(handle) == 0) return rows;
  const ResultRow first = connection_->query_row("SHOW WARNINGS LIMIT 1");
  const auto code = static_cast<unsigned>(number_of(first, 1));
  throw sink_error(doing, code == 0 ? 1265 : code, "", first.size() > 2 && first[2] ? *first[2] : "a warning of LOAD DATA");
}

}  // namespace tidemark::mysql
