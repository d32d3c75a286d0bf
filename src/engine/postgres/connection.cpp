#include "engine/postgres/connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

#include "base/log.h"

namespace tidemark::postgres {
namespace {

using Clock = std::chrono::steady_clock;

const char* ssl_mode(TlsMode mode) {
  switch (mode) {
    case TlsMode::disabled: return "disable";
    case TlsMode::required: return "require";
    case TlsMode::verify_ca: return "verify-ca";
    case TlsMode::verify_full: return "verify-full";
  }
  return "verify-full";
}

std::atomic<uint64_t> sessions{0};

// What a session's results depend on is pinned (design rule 2.8); what would end a long copy is switched off. Generic plans: each of our
// statements is a key lookup or an insert, its plan does not depend on the parameters, and planning would cost more than running it.
// A dead peer is noticed within about ten seconds by both ends, so that the server gives up our locks when we connect anew.
constexpr const char* kPinSession =
    "SET client_encoding='UTF8'; SET TimeZone='UTC'; SET DateStyle='ISO, YMD'; SET extra_float_digits=1; "
    "SET IntervalStyle='iso_8601'; SET lc_monetary='C';"
    "SET bytea_output='hex'; SET standard_conforming_strings=on; SET row_security=off; SET statement_timeout=0; SET lock_timeout='60s';"
    "SET idle_in_transaction_session_timeout=0; SET default_transaction_isolation='read committed'; SET default_transaction_read_only=off;"
    "SET default_transaction_deferrable=off; SET quote_all_identifiers=off; SET xmloption='content'; SET jit=off; SET "
    "plan_cache_mode=force_generic_plan; SET client_min_messages=warning;"
    "SET tcp_keepalives_idle=5; SET tcp_keepalives_interval=2; SET tcp_keepalives_count=3";
// The names of types are printed with their schema.
constexpr const char* kPinSource = "; SET search_path=pg_catalog";

}  // namespace

uint64_t number_of(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string Connection::where() const {
  std::string host = address_.socket.empty() ? fmt::format("{}:{}", address_.host, address_.port ? address_.port : 5432) : address_.socket;
  return fmt::format("{}/{}", host, address_.database);
}

void Connection::open() {
  close();
  interrupted_ = false;
  connect();
  session_ = ++sessions;
  pin_session();
}

void Connection::connect() {
  std::string host = address_.host, port = std::to_string(address_.port ? address_.port : 5432);
  if (!address_.socket.empty()) {
    // libpq wants the directory; a path such as /run/postgresql/.s.PGSQL.5433 names the port as well
    host = address_.socket;
    size_t at = host.rfind("/.s.PGSQL.");
    if (at != std::string::npos) {
      port = host.substr(at + 10);
      host.resize(at);
    }
  }
  std::vector<const char*> keys, values;
  auto set = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    keys.push_back(key);
    values.push_back(value.c_str());
  };
  const std::string mode = ssl_mode(address_.tls.mode), application = "tidemark", no = "disable", idle = "3", interval = "2", count = "3",
                    unsent = "8500", database = "database";  // together: a dead server is noticed after nine seconds
  set("host", host);
  set("port", port);
  set("user", address_.user);
  set("password", address_.password.reveal());
  set("dbname", address_.database);
  set("sslmode", mode);
  set("sslrootcert", address_.tls.ca);
  set("sslcert", address_.tls.certificate);
  set("sslkey", address_.tls.key);
  set("gssencmode", no);
  set("application_name", application);
  set("keepalives_idle", idle);
  set("keepalives_interval", interval);
  set("keepalives_count", count);
  set("tcp_user_timeout", unsent);
  if (role_ == Role::replication) set("replication", database);
  keys.push_back(nullptr);
  values.push_back(nullptr);

  connection_ = PQconnectStartParams(keys.data(), values.data(), 0);
  if (!connection_ || PQstatus(connection_) == CONNECTION_BAD) {
    Error error = connect_error(connection_, where(), side());
    close();
    throw error;
  }
  const auto deadline = Clock::now() + address_.connect_timeout;
  PostgresPollingStatusType wants = PGRES_POLLING_WRITING;
  while (wants != PGRES_POLLING_OK) {
    // in short waits, so that interrupt() is noticed
    pollfd waiting{PQsocket(connection_), static_cast<short>(wants == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    int ready = poll(&waiting, 1, 100);
    if (interrupted_) {
      close();
      throw Error(ErrorKind::interrupted, "connecting to PostgreSQL", "stop was asked for");
    }
    if (ready > 0) wants = PQconnectPoll(connection_);
    if (wants == PGRES_POLLING_FAILED) {
      Error error = connect_error(connection_, where(), side());
      close();
      throw error;
    }
    if (wants != PGRES_POLLING_OK && Clock::now() > deadline) {
      close();
      throw Error(unavailable(side()), fmt::format("connecting to PostgreSQL at {}", where()), "no answer in time");
    }
  }
  std::lock_guard lock(socket_mutex_);
  // A descriptor of our own: libpq closes its own on an error, and interrupt() must not hit what the number stands for by then.
  socket_ = fcntl(PQsocket(connection_), F_DUPFD_CLOEXEC, 0);
  if (socket_ < 0) throw Error(unavailable(side()), fmt::format("connecting to PostgreSQL at {}", where()), std::strerror(errno));
}

void Connection::pin_session() {
  PQsetNoticeProcessor(
      connection_, [](void*, const char* text) { spdlog::debug("notice of the server: {}", printable(text)); }, nullptr);
  const int version = PQserverVersion(connection_);
  if (version < 110000) {
    throw Error(ErrorKind::server_settings, fmt::format("connecting to PostgreSQL at {}", where()),
                fmt::format("server version {} is too old", PQparameterStatus(connection_, "server_version")),
                "use PostgreSQL 11 or later");
  }
  const char* text = PQparameterStatus(connection_, "server_version");
  std::string number = text ? text : "";
  version_ = "PostgreSQL " + number.substr(0, number.find(' '));

  std::string settings = kPinSession;
  if (role_ != Role::sink) settings += kPinSource;
  if (version >= 120000) settings += "; SET tcp_user_timeout=10000";
  if (version >= 140000) settings += "; SET idle_session_timeout=0";
  run(settings, "setting up the session");
  // a server whose platform cannot watch the socket refuses this one; then a cut connection is noticed later
  if (version >= 140000) Result(PQexec(connection_, "SET client_connection_check_interval='2s'"));
  if (role_ == Role::sink) silence_triggers();
  if (PQstatus(connection_) == CONNECTION_BAD) throw connection_error(connection_, "setting up the session", side());
}

void Connection::silence_triggers() {
  // Like the server's own replication: the user's triggers and foreign keys have acted at the source already.
  Result replica(PQexec(connection_, "SET session_replication_role=replica"));
  is_replica_role_ = PQresultStatus(replica.get()) == PGRES_COMMAND_OK;
}

void Connection::close() noexcept {
  {
    std::lock_guard lock(socket_mutex_);
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  if (connection_) PQfinish(connection_);
  connection_ = nullptr;
}

void Connection::check_peer() {
  if (!connection_) return;
  char byte;
  const ssize_t n = recv(PQsocket(connection_), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  const int number = errno;
  if (n < 0 && (number == EAGAIN || number == EWOULDBLOCK || number == EINTR)) return;
  // a notice, or the server's last words before it closes
  if (n > 0 && PQconsumeInput(connection_) == 1) return;
  check_interrupted();
  throw Error(unavailable(side()), "keeping the connection to PostgreSQL", n < 0 ? std::strerror(number) : "the server closed it");
}

void Connection::interrupt() noexcept {
  interrupted_ = true;
  std::lock_guard lock(socket_mutex_);
  if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

void Connection::check_interrupted() const {
  if (interrupted_) throw Error(ErrorKind::interrupted, "waiting for PostgreSQL", "stop was asked for");
}

Error Connection::failure(const PGresult* result, const std::string& doing) const {
  if (interrupted_) return Error(ErrorKind::interrupted, doing, "stop was asked for");
  return server_error(result, connection_, doing, side());
}

Result Connection::run(const std::string& sql, const char* doing) {
  if (!connection_) throw Error(unavailable(side()), doing, "not connected");
  Result result(PQexec(connection_, sql.c_str()));
  ExecStatusType status = PQresultStatus(result.get());
  switch (status) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH: return result;
    default: throw failure(result.get(), doing);
  }
}

Result Connection::run(const std::string& sql, const Params& params, const char* doing, bool binary_result) {
  if (!connection_) throw Error(unavailable(side()), doing, "not connected");
  Result result(PQexecParams(connection_, sql.c_str(), params.count(), nullptr, params.values(), params.lengths(), params.formats(),
                             binary_result ? 1 : 0));
  ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
  throw failure(result.get(), doing);
}

std::string Connection::value(const std::string& sql, const Params& params, const char* doing) {
  Result result = run(sql, params, doing);
  if (PQntuples(result.get()) == 0) return {};
  return std::string(field_of(result.get(), 0, 0));
}

}  // namespace tidemark::postgres
