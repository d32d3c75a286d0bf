#include "engine/postgres/copy_out.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/byte_cursor.h"
#include "engine/postgres/binary_encoding.h"

namespace tidemark::postgres {
namespace {

constexpr size_t kDrainBytes = size_t{4} << 20;  // what an early stop rather reads to its end than cancels
constexpr uint32_t kNullLength = 0xffffffff;
constexpr size_t kErrorBytes = 256;  // libpq's own bound for the text of a failed cancel

/// Kinds whose decoder hands the field's own bytes on.
bool may_borrow(ValueKind kind, bool as_text) {
  switch (kind) {
    case ValueKind::text:
    case ValueKind::json:
    case ValueKind::array:
    case ValueKind::other: return true;
    case ValueKind::bytes:
    case ValueKind::uuid: return !as_text;
    case ValueKind::decimal:
    case ValueKind::interval: return as_text;
    default: return false;
  }
}

}  // namespace

CopyOut::CopyOut(Connection& connection, const std::string& sql, std::string doing) : connection_(connection), doing_(std::move(doing)) {
  connection_.check_interrupted();
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

std::string_view CopyOut::next() {
  while (!ended_) {
    char* raw = nullptr;
    buffer_.reset();
    const int size = PQgetCopyData(connection_.raw(), &raw, 0);
    buffer_.reset(raw);
    if (size == -1) {
      finish(false);
      break;
    }
    if (size < 0) throw connection_.failure(nullptr, doing_);
    const std::string_view tuples = without_header({raw, static_cast<size_t>(size)});
    if (!tuples.empty() && tuples != kCopyTrailer) return tuples;
  }
  return {};
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

bool CopyOut::stop() {
  for (size_t read = 0; !ended_ && read < kDrainBytes;) read += next().size();
  if (ended_) return true;
  const auto free_cancel = [](PGcancel* cancel) { PQfreeCancel(cancel); };
  const std::unique_ptr<PGcancel, decltype(free_cancel)> cancel(PQgetCancel(connection_.raw()), free_cancel);
  char text[kErrorBytes];
  // It returns when the server has sent its signal: what runs on this connection afterwards is not hit by it.
  if (!cancel || PQcancel(cancel.get(), text, sizeof text) != 1) {
    connection_.close();
    ended_ = true;
    return false;
  }
  while (true) {
    char* raw = nullptr;
    const int size = PQgetCopyData(connection_.raw(), &raw, 0);
    buffer_.reset(raw);
    if (size == -1) break;
    if (size < 0) throw connection_.failure(nullptr, doing_);
  }
  finish(true);
  return false;
}

TupleDecoder::TupleDecoder(const TableSchema& table) : table_(table) {
  steps_.reserve(table.columns.size());
  for (const Column& column : table.columns) {
    const bool as_text = !binary_is_exact(column);
    steps_.push_back({FieldDecoder(column), as_text});
    borrows_ = borrows_ || may_borrow(column.kind, as_text);
    if (column.kind == ValueKind::decimal) growth_ = 2;  // four digits in two bytes become four
  }
}

void TupleDecoder::decode(std::string_view& bytes, Value* row, Arena& arena) const {
  ByteCursor in(bytes);
  if (in.big(2) != steps_.size()) in.fail();
  for (size_t i = 0; i < steps_.size() && !in.failed(); ++i) {
    const auto length = static_cast<uint32_t>(in.big(4));
    if (length == kNullLength) {
      row[i] = Value::null();
      continue;
    }
    const std::string_view field = in.bytes(length);
    if (in.failed()) break;
    const Step& step = steps_[i];
    const bool good = step.as_text ? step.decoder.text(field, row[i], arena) : step.decoder.binary(field, row[i], arena);
    if (!good) throw malformed_field(table_.name, table_.columns[i]);
  }
  if (in.failed()) {
    throw Error(ErrorKind::corrupt, fmt::format("reading {}", printable(table_.name.text())),
                "the server sent what is no row of the table");
  }
  bytes.remove_prefix(static_cast<size_t>(in.here() - bytes.data()));
}

}  // namespace tidemark::postgres
