// COPY ... FROM STDIN (FORMAT binary): rows are encoded into one buffer, which is handed to libpq in pieces.
// One owner, one thread. After a throw the connection is to be closed.
#pragma once

#include <string>

#include "engine/postgres/byte_buffer.h"
#include "engine/postgres/connection.h"

namespace tidemark::postgres {

class CopyIn {
 public:
  /// `sql` starts the COPY; `buffer` is scratch memory of the caller; `doing` is borrowed.
  CopyIn(Connection& connection, const std::string& sql, ByteBuffer& buffer, const std::string& doing);
  /// Where the next row goes: a 16-bit number of fields, then the fields. Call row_done() after each row.
  ByteBuffer& buffer() { return buffer_; }
  void row_done() {
    if (buffer_.size() >= kPieceBytes) flush();
  }
  /// Ends the COPY and waits for the server's answer.
  void finish();

 private:
  static constexpr size_t kPieceBytes = 128u << 10;
  void flush();

  Connection& connection_;
  ByteBuffer& buffer_;
  const std::string& doing_;
};

}  // namespace tidemark::postgres
