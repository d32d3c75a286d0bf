// Tuples of a query out of COPY (...) TO STDOUT (FORMAT binary), straight from libpq's buffer. Owned and used by one thread; throws Error.
// Source: PostgreSQL documentation, COPY, "Binary Format".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/postgres/connection.h"

namespace tidemark::postgres {

/// A COPY that is under way; the connection is not to be used for anything else until it has ended. When it is destroyed before its end the
/// connection is left in the middle of the COPY (PQTRANS_ACTIVE).
class CopyOut {
 public:
  /// `doing` is what an Error says has failed.
  CopyOut(Connection& connection, const std::string& query, std::string doing);

  enum class Arrival : uint8_t { nothing, tuples, end };
  /// One or more whole tuples, borrowed until the next call; waits for them, or for the end.
  Arrival next(std::string_view& tuples);
  /// The same of what has arrived already.
  Arrival arrived(std::string_view& tuples) { return take(tuples, false); }
  /// Ends it early. A transaction around it goes on, or, when the server cannot be reached for that, the connection is closed.
  void stop();

 private:
  Arrival take(std::string_view& tuples, bool wait);
  void finish(bool cancelled);
  std::string_view without_header(std::string_view message);

  struct BufferFree {
    void operator()(char* buffer) const { PQfreemem(buffer); }
  };
  Connection& connection_;
  const std::string doing_;
  const bool in_transaction_;
  std::unique_ptr<char, BufferFree> buffer_;
  size_t received_bytes_ = 0;
  bool header_read_ = false;
  bool ended_ = false;
};

}  // namespace tidemark::postgres
