#include "engine/postgres/copy_in.h"

#include "engine/postgres/binary_encoding.h"
#include "engine/postgres/server_error.h"

namespace tidemark::postgres {

CopyIn::CopyIn(Connection& connection, const std::string& sql, ByteBuffer& buffer, const std::string& doing)
    : connection_(connection), buffer_(buffer), doing_(doing) {
  connection.run(sql, doing.c_str());
  buffer_.clear();
  buffer_.reserve_more(kPieceBytes + kCopyHeader.size());
  buffer_.put_bytes(kCopyHeader);
}

void CopyIn::flush() {
  // cut, since libpq copies each piece whole before it sends it: a huge row would be in memory twice
  constexpr size_t kMax = 1u << 20;
  for (size_t at = 0; at < buffer_.size(); at += kMax) {
    size_t size = std::min(kMax, buffer_.size() - at);
    if (PQputCopyData(connection_.raw(), buffer_.data() + at, static_cast<int>(size)) == 1) continue;
    connection_.check_interrupted();
    throw connection_error(connection_.raw(), doing_);
  }
  buffer_.clear();
}

void CopyIn::finish() {
  buffer_.reserve_more(kCopyTrailer.size());
  buffer_.put_bytes(kCopyTrailer);
  flush();
  if (PQputCopyEnd(connection_.raw(), nullptr) != 1) {
    connection_.check_interrupted();
    throw connection_error(connection_.raw(), doing_);
  }
  Result result(PQgetResult(connection_.raw()));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    connection_.check_interrupted();
    throw server_error(result.get(), connection_.raw(), doing_);
  }
  while (Result rest{PQgetResult(connection_.raw())}) {
  }
}

}  // namespace tidemark::postgres
