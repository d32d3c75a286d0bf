#include "servers/postgres_client.h"

#include <fmt/core.h>
#include <libpq-fe.h>

#include <cstdlib>

namespace tidemark::test {
namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

TextRow row_of(const PGresult* result, int row) {
  const int columns = PQnfields(result);
  TextRow out(static_cast<size_t>(columns));
  for (int i = 0; i < columns; ++i) {
    if (!PQgetisnull(result, row, i)) {
      out[static_cast<size_t>(i)].emplace(PQgetvalue(result, row, i), static_cast<size_t>(PQgetlength(result, row, i)));
    }
  }
  return out;
}

bool is_fine(const PGresult* result) {
  const auto status = PQresultStatus(result);
  return status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

PostgresFailure failure(PGconn* connection, const PGresult* result, const std::string& sql) {
  const char* code = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  return PostgresFailure(code ? code : "", fmt::format("{} in: {}", PQerrorMessage(connection), sql.substr(0, 300)));
}

std::string doubled(const std::string& text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

}  // namespace

DatabaseFailure::Kind PostgresFailure::kind_of(const std::string& code) {
  if (code == "23505") return Kind::duplicate;
  // deadlock, serialization, lock_timeout
  if (code == "40P01" || code == "40001" || code == "55P03") return Kind::transaction_gone;
  if (code == "23503") return Kind::referenced;
  // without a code: libpq's own; 57P0x: the server ends or begins
  if (code.empty() || code.rfind("57P0", 0) == 0 || code.rfind("08", 0) == 0) return Kind::connection_lost;
  return Kind::other;
}

void PostgresClient::Close::operator()(PGconn* handle) const { PQfinish(handle); }

PostgresClient::PostgresClient(const PostgresAddress& address) {
  const std::string port = std::to_string(address.port);
  std::string options = "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=3 -c client_min_messages=warning";
  if (!address.role.empty()) options += " -c role=" + address.role;
  if (!address.search_path.empty()) options += " -c search_path=" + address.search_path;
  const char* names[] = {"host", "port", "user", "password", "dbname", "client_encoding", "connect_timeout", "options", nullptr};
  const char* values[] = {
      address.host.c_str(), port.c_str(), address.user.c_str(), address.password.c_str(), address.database.c_str(), "UTF8", "10",
      options.c_str(),      nullptr};
  handle_.reset(PQconnectdbParams(names, values, 0));
  if (PQstatus(handle_.get()) != CONNECTION_OK) throw failure(handle_.get(), nullptr, "connect");
}

PostgresClient::~PostgresClient() = default;
PostgresClient::PostgresClient(PostgresClient&&) noexcept = default;
PostgresClient& PostgresClient::operator=(PostgresClient&&) noexcept = default;

uint64_t PostgresClient::exec(const std::string& sql) {
  const Result result(PQexec(handle_.get(), sql.c_str()), &PQclear);
  if (!is_fine(result.get())) throw failure(handle_.get(), result.get(), sql);
  return std::strtoull(PQcmdTuples(result.get()), nullptr, 10);
}

TextRows PostgresClient::query(const std::string& sql) {
  const Result result(PQexec(handle_.get(), sql.c_str()), &PQclear);
  if (!is_fine(result.get())) throw failure(handle_.get(), result.get(), sql);
  TextRows rows;
  for (int i = 0; i < PQntuples(result.get()); ++i) rows.push_back(row_of(result.get(), i));
  return rows;
}

void PostgresClient::send(const std::string& sql) {
  if (!PQsendQuery(handle_.get(), sql.c_str())) throw failure(handle_.get(), nullptr, sql);
}

void PostgresClient::finish() {
  for (;;) {
    const Result result(PQgetResult(handle_.get()), &PQclear);
    if (!result) return;
    if (!is_fine(result.get())) throw failure(handle_.get(), result.get(), "statement in flight");
  }
}

void PostgresClient::stream(const std::string& sql, const RowVisitor& visit) {
  PGconn* connection = handle_.get();
  if (!PQsendQuery(connection, sql.c_str()) || !PQsetSingleRowMode(connection)) throw failure(connection, nullptr, sql);
  for (;;) {
    const Result result(PQgetResult(connection), &PQclear);
    if (!result) return;
    if (!is_fine(result.get())) throw failure(connection, result.get(), sql);
    for (int i = 0; i < PQntuples(result.get()); ++i) {
      TextRow row = row_of(result.get(), i);
      visit(row);
    }
  }
}

std::string postgres_quote(const std::string& text) { return doubled(text, '\''); }
std::string postgres_name(const std::string& name) { return doubled(name, '"'); }

}  // namespace tidemark::test
