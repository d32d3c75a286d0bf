#include "engine/mysql/connection.h"

#include <errmsg.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "engine/mysql/sink_error.h"

namespace tidemark::mysql {

namespace {

struct FreeResult {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using Result = std::unique_ptr<MYSQL_RES, FreeResult>;

// The authentication plugins that may answer the server. Those that hand over the password as it is need a peer that has proved who
// it is; caching_sha2_password without TLS encrypts it with a key that anybody in between can replace.
std::string allowed_plugins(TlsMode mode, bool local_peer) {
  std::string plugins = "mysql_native_password,client_ed25519,parsec,auth_gssapi_client";
  if (mode != TlsMode::disabled || local_peer) plugins += ",caching_sha2_password,sha256_password";
  // only verify_full makes libmariadb refuse a server without TLS before anything is sent
  if (mode == TlsMode::verify_full) plugins += ",mysql_clear_password,dialog";
  return plugins;
}

// After these the server has no session of ours any more.
bool ends_connection(unsigned number) {
  switch (number) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_MALFORMED_PACKET:
    case 1053:
    case 1927:
    case 4031: return true;
    default: return false;
  }
}

std::string hint_for(unsigned number, const std::string& peer, const std::string& user, TlsMode mode) {
  switch (number) {
    case 1045:
    case 1698:
      return fmt::format("check user '{}' and its password in the configuration, and that the account may connect from this host", user);
    case 1130: return fmt::format("the server has no account that may connect from this host: CREATE USER '{}'@'<this host>' ...", user);
    case 1820:
    case 1862: return "the password has expired; set a new one: ALTER USER CURRENT_USER() IDENTIFIED BY '...'";
    case 1040:
    case 1203:
    case 1226: return "raise max_connections (or the account's limit), or end connections that are not needed";
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR: return fmt::format("check that the server runs and listens on {}", peer);
    case CR_UNKNOWN_HOST: return "check the host name in the configuration";
    case CR_SSL_CONNECTION_ERROR:
      return mode == TlsMode::required
                 ? "the server must offer TLS: set ssl_cert and ssl_key there, or use tls mode 'disabled' on a network that you trust"
                 : "check tls.ca and that the server's certificate names the host as written in the configuration";
    default: return {};
  }
}

}  // namespace

ErrorKind kind_of_error_number(unsigned number) {
  switch (number) {
    case 1044:
    case 1045:
    case 1130:
    case 1142:
    case 1143:
    case 1227:
    case 1251:
    case 1370:
    case 1410:
    case 1524:
    case 1698:
    case 1820:
    case 1862:
    case 1873:
    case 4151:
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
    case CR_AUTH_PLUGIN_ERR: return ErrorKind::credentials;
    case CR_SOCKET_CREATE_ERROR:
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_UNKNOWN_HOST:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_HANDSHAKE_ERR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case 1021:
    case 1030:
    case 1037:
    case 1038:
    case 1040:
    case 1041:
    case 1053:
    case 1077:
    case 1079:
    case 1080:
    case 1114:
    case 1129:
    case 1152:
    case 1158:
    case 1159:
    case 1160:
    case 1161:
    case 1180:
    case 1184:
    case 1203:
    case 1205:
    case 1213:
    case 1226:
    case 1317:
    case 1927:
    case 1969:
    case 3024:
    case 3169:
    case 4031: return ErrorKind::source_unavailable;
    case CR_SSL_CONNECTION_ERROR: return ErrorKind::server_settings;
    case CR_MALFORMED_PACKET:
    case CR_OUT_OF_MEMORY:
    case 1156:
    case 1157:
    case 4166: return ErrorKind::corrupt;
    case 1049:
    case 1054:
    case 1146: return ErrorKind::schema_changed;
    case 1412: return ErrorKind::stale_view;
    case 1236: return ErrorKind::log_purged;
    default: return ErrorKind::internal;
  }
}

bool is_local_peer(const ServerAddress& address) {
  if (!address.socket.empty() || address.host == "localhost" || address.host == "::1") return true;
  // 127.0.0.0/8 as numbers: "127.example.org" is a name
  return address.host.rfind("127.", 0) == 0 && address.host.find_first_not_of("0123456789.") == std::string::npos;
}

Connection::Connection(const ServerAddress& address, Purpose purpose)
    : purpose_(purpose), user_(address.user), tls_mode_(address.tls.mode), local_peer_(is_local_peer(address)) {
  static std::once_flag library;
  std::call_once(library, [] { mysql_server_init(0, nullptr, nullptr); });
  peer_ = address.socket.empty() ? fmt::format("{}:{}", address.host, address.port ? address.port : 3306) : address.socket;
  mysql_ = mysql_init(nullptr);
  if (!mysql_) throw std::bad_alloc();
  try {
    set_options(address);
    connect(address);
    pin_session();
  } catch (...) {
    close();
    throw;
  }
}

Connection::~Connection() { close(); }

void Connection::close() noexcept {
  const std::lock_guard lock(cancel_mutex_);
  // After a cancel the goodbye packet would only wait for a dead peer; the socket is shut down, so it fails at once.
  mysql_close(mysql_);
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void Connection::set_options(const ServerAddress& address) {
  const unsigned connect_s = static_cast<unsigned>(std::max<int64_t>(1, (address.connect_timeout.count() + 999) / 1000));
  // A dead peer is noticed by keepalive (watch_peer) long before this; a slow statement must not be taken for one.
  const unsigned wait_s = 600;
  const unsigned local_infile = purpose_ == Purpose::sink ? 1 : 0;
  mysql_optionsv(mysql_, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
  mysql_optionsv(mysql_, MYSQL_OPT_READ_TIMEOUT, &wait_s);
  mysql_optionsv(mysql_, MYSQL_OPT_WRITE_TIMEOUT, &wait_s);
  mysql_optionsv(mysql_, MYSQL_OPT_LOCAL_INFILE, &local_infile);
  mysql_optionsv(mysql_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const size_t packet = size_t{1} << 30;
  mysql_optionsv(mysql_, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
  mysql_optionsv(mysql_, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "tidemark");
  const unsigned protocol = address.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
  mysql_optionsv(mysql_, MYSQL_OPT_PROTOCOL, &protocol);
  const std::string plugins = allowed_plugins(tls_mode_, local_peer_);
  mysql_optionsv(mysql_, MARIADB_OPT_RESTRICTED_AUTH, plugins.c_str());

  const TlsConfig& tls = address.tls;
  if (tls.mode == TlsMode::disabled) {
    const my_bool no = 0;
    mysql_optionsv(mysql_, MYSQL_OPT_SSL_ENFORCE, &no);
    mysql_optionsv(mysql_, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &no);
    return;
  }
  const my_bool yes = 1;
  const my_bool verify = tls.mode == TlsMode::verify_full;
  mysql_optionsv(mysql_, MYSQL_OPT_SSL_ENFORCE, &yes);
  mysql_optionsv(mysql_, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
  // With a CA given libmariadb checks the certificate's chain, host name or not; without one only when `verify` is set.
  if (!tls.ca.empty()) mysql_optionsv(mysql_, MYSQL_OPT_SSL_CA, tls.ca.c_str());
  if (tls.ca.empty() && tls.mode == TlsMode::verify_ca) mysql_optionsv(mysql_, MYSQL_OPT_SSL_CAPATH, "/etc/ssl/certs");
  if (!tls.certificate.empty()) mysql_optionsv(mysql_, MYSQL_OPT_SSL_CERT, tls.certificate.c_str());
  if (!tls.key.empty()) mysql_optionsv(mysql_, MYSQL_OPT_SSL_KEY, tls.key.c_str());
}

void Connection::connect(const ServerAddress& address) {
  const bool by_socket = !address.socket.empty();
  const unsigned long flags = purpose_ == Purpose::sink ? CLIENT_MULTI_STATEMENTS | CLIENT_FOUND_ROWS : 0;
  if (!mysql_real_connect(mysql_, by_socket ? nullptr : address.host.c_str(), address.user.c_str(), address.password.reveal().c_str(),
                          nullptr, by_socket ? 0 : (address.port ? address.port : 3306), by_socket ? address.socket.c_str() : nullptr,
                          flags)) {
    fail(fmt::format("cannot connect to {}", peer_));
  }
  {
    const std::lock_guard lock(cancel_mutex_);
    if (cancelled_) throw Error(ErrorKind::interrupted, fmt::format("connection to {}", peer_), "stopped on request");
    // A descriptor of our own: libmariadb closes its own on an error, and cancel() must not hit what the number stands for by then.
    socket_ = fcntl(static_cast<int>(mysql_get_socket(mysql_)), F_DUPFD_CLOEXEC, 0);
    if (socket_ < 0) throw Error(ErrorKind::source_unavailable, fmt::format("cannot connect to {}", peer_), std::strerror(errno));
  }
  // libmariadb goes on without TLS when the server offers none and no certificate is to be verified. Nobody who only listens gains
  // the password by that (see allowed_plugins), but no row may travel that way.
  if (tls_mode_ != TlsMode::disabled && !tls()) {
    throw Error(ErrorKind::server_settings, fmt::format("cannot connect to {}", peer_), "the server offers no TLS",
                hint_for(CR_SSL_CONNECTION_ERROR, peer_, user_, TlsMode::required));
  }
  version_text_ = mysql_get_server_info(mysql_);
  version_ = mysql_get_server_version(mysql_);
  is_mariadb_ = mariadb_connection(mysql_) || version_text_.find("MariaDB") != std::string::npos;
  watch_peer();
}

void Connection::watch_peer() {
  // Without this a cut network is noticed only when we send something, and then late: with it, after nine seconds. A loopback
  // address may be that of a tunnel. Failure of these calls (a Unix socket) costs
  // speed of detection only.
  const int on = 1, idle_s = 3, interval_s = 2, count = 3;
  // the last probe's time: keepalive gives up at the first of its beats after this one
  const unsigned unanswered_ms = 8500;
  setsockopt(socket_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(socket_, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  setsockopt(socket_, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  setsockopt(socket_, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
  setsockopt(socket_, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof unanswered_ms);
}

// Design rule 2.8: whatever the server's defaults are, rows read here have one form. Limits that would cut a result short are lifted.
void Connection::pin_session() {
  std::string set =
      "SET SESSION time_zone='+00:00', autocommit=1, sql_auto_is_null=0, sql_select_limit=18446744073709551615, sql_big_selects=1, "
      "sql_safe_updates=0, wait_timeout=86400, net_write_timeout=86400, net_read_timeout=600, lock_wait_timeout=30, "
      "sql_mode='STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', group_concat_max_len=1048576";
  if (is_mariadb_) {
    set += ", max_statement_time=0";
  } else {
    set += ", max_execution_time=0";
    // Otherwise the key column that MySQL invents for tables without one is hidden from information_schema.
    if (version_ >= 80030) set += ", show_gipk_in_create_table_and_information_schema=ON";
  }
  execute(set);
  execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  execute("SET NAMES utf8mb4");
  if (purpose_ == Purpose::snapshot) execute("SET SESSION character_set_results=NULL");
}

void Connection::execute(std::string_view sql) {
  if (mysql_real_query(mysql_, sql.data(), sql.size()) != 0) fail("query failed");
  const Result result(mysql_store_result(mysql_));
  if (!result && mysql_errno(mysql_) != 0) fail("query failed");
}

std::vector<ResultRow> Connection::query(std::string_view sql, std::string_view doing) {
  if (mysql_real_query(mysql_, sql.data(), sql.size()) != 0) fail(doing);
  std::vector<ResultRow> rows;
  for (;;) {
    const Result result(mysql_store_result(mysql_));
    if (!result && mysql_errno(mysql_) != 0) fail(doing);
    const unsigned columns = result ? mysql_num_fields(result.get()) : 0;
    if (result) rows.reserve(rows.size() + mysql_num_rows(result.get()));
    while (MYSQL_ROW row = result ? mysql_fetch_row(result.get()) : nullptr) {
      const unsigned long* lengths = mysql_fetch_lengths(result.get());
      ResultRow& out = rows.emplace_back(columns);
      for (unsigned i = 0; i < columns; ++i) {
        if (row[i]) out[i].emplace(row[i], lengths[i]);
      }
    }
    const int next = mysql_next_result(mysql_);
    if (next < 0) return rows;
    if (next > 0) fail(doing);
  }
}

ResultRow Connection::query_row(std::string_view sql) {
  std::vector<ResultRow> rows = query(sql);
  return rows.empty() ? ResultRow{} : std::move(rows.front());
}

std::string Connection::query_text(std::string_view sql) {
  ResultRow row = query_row(sql);
  return row.empty() || !row.front() ? std::string() : std::move(*row.front());
}

std::optional<std::string> Connection::query_field(std::string_view sql, std::string_view field) {
  if (mysql_real_query(mysql_, sql.data(), sql.size()) != 0) fail("query failed");
  const Result result(mysql_store_result(mysql_));
  if (!result) {
    if (mysql_errno(mysql_) != 0) fail("query failed");
    return std::nullopt;
  }
  const MYSQL_ROW row = mysql_fetch_row(result.get());
  if (!row) return std::nullopt;
  const MYSQL_FIELD* fields = mysql_fetch_fields(result.get());
  const unsigned long* lengths = mysql_fetch_lengths(result.get());
  for (unsigned i = 0; i < mysql_num_fields(result.get()); ++i) {
    if (field == std::string_view(fields[i].name, fields[i].name_length) && row[i]) return std::string(row[i], lengths[i]);
  }
  return std::nullopt;
}

bool Connection::tls() const { return mysql_get_ssl_cipher(mysql_) != nullptr; }

void Connection::fail(std::string_view what_failed) {
  throw_error(what_failed, mysql_errno(mysql_), mysql_sqlstate(mysql_), mysql_error(mysql_));
}

void Connection::fail(std::string_view what_failed, MYSQL_STMT* statement) {
  throw_error(what_failed, mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement), mysql_stmt_error(statement));
}

void Connection::throw_error(std::string_view what_failed, unsigned number, const char* sqlstate, std::string message) {
  if (cancelled()) throw Error(ErrorKind::interrupted, std::string(what_failed), "stopped on request");
  if (message.empty()) message = "no message from the client library";
  if (ends_connection(number)) abandon();
  // libmariadb's own numbers for "this plugin is not in the list that we allow"
  if (message.find("not allowed") != std::string::npos && message.find("plugin") != std::string::npos) {
    throw Error(ErrorKind::credentials, std::string(what_failed), printable(message),
                "the account's authentication would show its password to whoever is on the network path: use tls mode 'verify-full' "
                "('required' is enough for caching_sha2_password)")
        .code(std::to_string(number));
  }
  // libmariadb says so when the connection was lost while caching_sha2_password waited for the key: no word about the password yet
  if (number == CR_AUTH_PLUGIN_ERR && message.find("read RSA public key") != std::string::npos) {
    throw Error(purpose_ == Purpose::sink ? ErrorKind::sink_unavailable : ErrorKind::source_unavailable, std::string(what_failed),
                fmt::format("{} (error {})", printable(message), number),
                "if this stays, the server has no RSA key pair for caching_sha2_password: use tls mode 'required' or better")
        .code(std::to_string(number));
  }
  if (purpose_ == Purpose::sink) throw sink_error(what_failed, number, sqlstate, message, hint_for(number, peer_, user_, tls_mode_));
  std::string cause = fmt::format("{} (error {}, SQLSTATE {})", printable(message), number, sqlstate);
  throw Error(kind_of_error_number(number), std::string(what_failed), std::move(cause), hint_for(number, peer_, user_, tls_mode_))
      .code(std::to_string(number));
}

void Connection::cancel() noexcept {
  const std::lock_guard lock(cancel_mutex_);
  cancelled_ = true;
  if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

void Connection::abandon() noexcept {
  const std::lock_guard lock(cancel_mutex_);
  abandoned_ = true;
  if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

bool Connection::cancelled() const {
  const std::lock_guard lock(cancel_mutex_);
  return cancelled_;
}

}  // namespace tidemark::mysql
