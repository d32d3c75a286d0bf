#include "servers/mysql_client.h"

#include <fmt/core.h>
#include <mysql.h>

namespace tidemark::test {

DatabaseFailure::Kind MysqlFailure::kind_of(unsigned error_number) {
  if (error_number >= 2000 && error_number < 3000) return Kind::connection_lost;  // the client library's own
  switch (error_number) {
    case 1062: return Kind::duplicate;
    case 1213:                                 // deadlock
    case 1205:                                 // lock wait
    case 1020: return Kind::transaction_gone;  // changed since it was read
    case 1451: return Kind::referenced;
    case 1053:                                // shutdown
    case 1152:                                // aborted
    case 1317:                                // interrupted
    case 1927: return Kind::connection_lost;  // killed
    case 1094: return Kind::gone_thread;
    default: return Kind::other;
  }
}

void MysqlClient::Close::operator()(MYSQL* handle) const { mysql_close(handle); }

MysqlClient::MysqlClient(const MysqlAddress& address) : handle_(mysql_init(nullptr)) {
  MYSQL* m = handle_.get();
  mysql_options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const unsigned limit = 10;
  mysql_options(m, MYSQL_OPT_CONNECT_TIMEOUT, &limit);
  const my_bool no = 0;
  mysql_options(m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &no);  // newer client libraries turn it on by themselves
  const bool local = !address.socket.empty();
  if (!mysql_real_connect(m, local ? nullptr : address.host.c_str(), address.user.c_str(), address.password.c_str(),
                          address.database.empty() ? nullptr : address.database.c_str(), address.port,
                          local ? address.socket.c_str() : nullptr, CLIENT_MULTI_STATEMENTS)) {
    fail("connect");
  }
  exec("SET time_zone='+00:00', wait_timeout=28800");
}

MysqlClient::~MysqlClient() = default;
MysqlClient::MysqlClient(MysqlClient&&) noexcept = default;
MysqlClient& MysqlClient::operator=(MysqlClient&&) noexcept = default;

void MysqlClient::fail(const std::string& sql) const {
  throw MysqlFailure(mysql_errno(handle_.get()), fmt::format("{}: {} in: {}", mysql_errno(handle_.get()), mysql_error(handle_.get()),
                                                             sql.size() > 300 ? sql.substr(0, 300) + "..." : sql));
}

namespace {

TextRow row_of(MYSQL_RES* result, MYSQL_ROW row) {
  const unsigned columns = mysql_num_fields(result);
  const unsigned long* sizes = mysql_fetch_lengths(result);
  TextRow out(columns);
  for (unsigned i = 0; i < columns; ++i) {
    if (row[i]) out[i].emplace(row[i], sizes[i]);
  }
  return out;
}

}  // namespace

void MysqlClient::drain(const std::string& sql, TextRows* rows, uint64_t* affected) {
  MYSQL* m = handle_.get();
  for (;;) {
    std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(m), &mysql_free_result);
    if (result) {
      if (rows) {
        rows->clear();
        while (MYSQL_ROW row = mysql_fetch_row(result.get())) rows->push_back(row_of(result.get(), row));
      }
    } else if (mysql_field_count(m) != 0) {
      fail(sql);
    } else if (affected) {
      *affected = mysql_affected_rows(m);
    }
    const int next = mysql_next_result(m);
    if (next > 0) fail(sql);
    if (next < 0) return;
  }
}

uint64_t MysqlClient::exec(const std::string& sql) {
  uint64_t affected = 0;
  if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) fail(sql);
  drain(sql, nullptr, &affected);
  return affected;
}

TextRows MysqlClient::query(const std::string& sql) {
  TextRows rows;
  if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) fail(sql);
  drain(sql, &rows, nullptr);
  return rows;
}

void MysqlClient::stream(const std::string& sql, const RowVisitor& visit) {
  MYSQL* m = handle_.get();
  if (mysql_real_query(m, sql.data(), sql.size()) != 0) fail(sql);
  std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_use_result(m), &mysql_free_result);
  if (!result) fail(sql);
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    TextRow text = row_of(result.get(), row);
    visit(text);
  }
  if (mysql_errno(m) != 0) fail(sql);
}

void MysqlClient::send(const std::string& sql) {
  if (mysql_send_query(handle_.get(), sql.data(), sql.size()) != 0) fail(sql);
}

void MysqlClient::finish() {
  if (mysql_read_query_result(handle_.get()) != 0) fail("statement in flight");
  drain("statement in flight", nullptr, nullptr);
}

uint64_t MysqlClient::thread_id() const { return mysql_thread_id(handle_.get()); }

std::string mysql_quote(const std::string& text) {
  std::string out(text.size() * 2 + 1, '\0');
  // the escapes are the same in every character set whose bytes above 127 stand for themselves, utf8mb4 among them
  out.resize(mysql_escape_string(out.data(), text.data(), text.size()));
  return "'" + out + "'";
}

std::string mysql_name(const std::string& name) {
  std::string out = "`";
  for (char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  return out + "`";
}

}  // namespace tidemark::test
