#include "engine/postgres/copy_out.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "engine/postgres/binary_encoding.h"

namespace tidemark::postgres {
namespace {

constexpr size_t kDrainBytes = size_t{4} << 20;  // what an early stop rather reads to its end than cancels
constexpr size_t kGatherAfterBytes = size_t{64} << 10;
constexpr std::chrono::microseconds kGatherTime{200};
constexpr size_t kErrorBytes = 256;  // libpq's own bound for the text of a failed cancel

}  // namespace

CopyOut::CopyOut(Connection& connection, const std::string& query, std::string doing)
    : connection_(connection), doing_(std::move(doing)), in_transaction_(PQtransactionStatus(connection.raw()) == PQTRANS_INTRANS) {
  connection_.check_interrupted();
  // a statement that is cancelled fails its transaction, but not what was before the savepoint
  const std::string sql = fmt::format("{}COPY ({}) TO STDOUT (FORMAT binary)", in_transaction_ ? "SAVEPOINT before_copy; " : "", query);
  if (PQsendQuery(connection_.raw(), sql.c_str()) != 1) throw connection_.failure(nullptr, doing_);
  while (true) {
    const Result result(PQgetResult(connection_.raw()));
    const ExecStatusType status = PQresultStatus(result.get());
    if (result && status == PGRES_COPY_OUT) return;
    if (result && status == PGRES_COMMAND_OK) continue;
    Error error = connection_.failure(result.get(), doing_);
    while (Result(PQgetResult(connection_.raw()))) {
    }
    throw error;
  }
}

std::string_view CopyOut::without_header(std::string_view message) {
  if (header_read_) return message;
  header_read_ = true;
  // the header may be followed by more of it, whose length its last four bytes say; no server has any
  if (message.substr(0, kCopyHeader.size()) != kCopyHeader)
    throw Error(ErrorKind::corrupt, doing_, "the server's COPY has no known header");
  return message.substr(kCopyHeader.size());
}

/// The server sends eight kilobytes at a time. In the midst of a long answer some of them gather first, instead of each waking us up: that
/// would cost both sides more than the bytes do.
CopyOut::Arrival CopyOut::next(std::string_view& tuples) {
  if (received_bytes_ > kGatherAfterBytes) {
    if (const Arrival arrival = take(tuples, false); arrival != Arrival::nothing) return arrival;
    std::this_thread::sleep_for(kGatherTime);
    if (const Arrival arrival = take(tuples, false); arrival != Arrival::nothing) return arrival;
  }
  return take(tuples, true);
}

CopyOut::Arrival CopyOut::take(std::string_view& tuples, bool wait) {
  bool consumed = wait;
  while (!ended_) {
    char* raw = nullptr;
    buffer_.reset();
    const int size = PQgetCopyData(connection_.raw(), &raw, wait ? 0 : 1);
    buffer_.reset(raw);
    if (size == -1) {
      finish(false);
      break;
    }
    if (size < -1) throw connection_.failure(nullptr, doing_);
    if (size == 0) {
      if (consumed) return Arrival::nothing;
      if (PQconsumeInput(connection_.raw()) != 1) throw connection_.failure(nullptr, doing_);
      consumed = true;
      continue;
    }
    received_bytes_ += static_cast<size_t>(size);
    tuples = without_header({raw, static_cast<size_t>(size)});
    if (!tuples.empty() && tuples != kCopyTrailer) return Arrival::tuples;
  }
  return Arrival::end;
}

void CopyOut::finish(bool cancelled) {
  ended_ = true;
  constexpr std::string_view kQueryCanceled = "57014";
  std::optional<Error> error;
  while (true) {
    const Result result(PQgetResult(connection_.raw()));
    if (!result) break;
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK || error) continue;
    error = connection_.failure(result.get(), doing_);
    if (cancelled && error->server_code() == kQueryCanceled) error.reset();
  }
  if (error) throw *error;
}

void CopyOut::stop() {
  std::string_view tuples;
  for (size_t read = 0; read < kDrainBytes && next(tuples) == Arrival::tuples;) read += tuples.size();
  if (ended_) return;
  const auto free_cancel = [](PGcancel* cancel) { PQfreeCancel(cancel); };
  const std::unique_ptr<PGcancel, decltype(free_cancel)> cancel(PQgetCancel(connection_.raw()), free_cancel);
  char text[kErrorBytes];
  // It returns when the server has sent its signal: what runs on this connection afterwards is not hit by it.
  if (!cancel || PQcancel(cancel.get(), text, sizeof text) != 1) {
    ended_ = true;
    connection_.close();
    return;
  }
  int size = 0;
  while (size >= 0) {
    char* raw = nullptr;
    size = PQgetCopyData(connection_.raw(), &raw, 0);
    buffer_.reset(raw);
  }
  if (size != -1) throw connection_.failure(nullptr, doing_);
  finish(true);
  if (in_transaction_) connection_.run("ROLLBACK TO SAVEPOINT before_copy", doing_.c_str());
}

}  // namespace tidemark::postgres
