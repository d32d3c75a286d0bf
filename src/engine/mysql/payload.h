// Compressed events: MySQL's TRANSACTION_PAYLOAD (40, zstd), and MariaDB's compressed queries (165) and row data (in 166-171) and
// compressed columns (zlib). Reader thread. Memory is bounded: a payload is unpacked event by event, never as a whole.
// Total on any bytes; failures give a reason.
// Source: MySQL libs/mysql/binlog/event/compression, MariaDB sql/log_event.cc (binlog_buf_uncompress), sql/field.cc (compressed columns).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/byte_cursor.h"

namespace tidemark::mysql {

inline constexpr uint64_t kUnpackedMax = uint64_t{1} << 30;

/// The events inside a TRANSACTION_PAYLOAD. They carry no checksum, and their header's end position is that of nothing.
class PayloadReader {
 public:
  PayloadReader();
  ~PayloadReader();
  PayloadReader(const PayloadReader&) = delete;
  PayloadReader& operator=(const PayloadReader&) = delete;

  /// `body` starts after the 19-byte header, checksum cut off, and must stay until the last next(). May be called again for the next
  /// payload.
  bool open(ByteCursor body);
  enum class Step : uint8_t { event, end, failed };
  /// `event`: header and body, valid until the next call. Fails as soon as more than announced has come out, and at the end when it
  /// was less.
  Step next(std::string_view& event);
  const std::string& error() const { return error_; }

 private:
  struct State;
  bool fill(size_t want);
  Step fail(std::string why);
  std::unique_ptr<State> state_;
  std::string error_;
};

/// MariaDB's header byte and length, then zlib data, to the end of `packed`. Appends to `out`.
bool inflate_binlog(std::string_view packed, std::string& out, std::string& why);
/// QUERY_COMPRESSED (165): `out` becomes the body of the QUERY event (2) that it stands for. Both without header and checksum.
bool inflate_query(std::string_view body, std::string& out, std::string& why);
/// A value of a MariaDB COMPRESSED column (types 140, 141). Appends to `out`; `length_max` is the longest value of the column's type.
bool inflate_column(std::string_view packed, size_t length_max, std::string& out);

}  // namespace tidemark::mysql
