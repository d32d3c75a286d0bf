// Dates and times as fields of the binary result protocol. A cursor that failed gives zeros.
// Source: dev.mysql.com/doc/dev/mysql-server "Binary Protocol Value".
#pragma once

#include "base/byte_cursor.h"
#include "tidemark/value.h"

namespace tidemark::mysql {

inline int64_t read_clock(ByteCursor& in, bool with_micros) {
  const int64_t hour = in.u8(), minute = in.u8(), second = in.u8();
  return ((hour * 60 + minute) * 60 + second) * 1000000 + (with_micros ? in.u32() : 0);
}

/// DATE, DATETIME, TIMESTAMP: a length, then as many of the parts as are not zero.
inline Civil read_civil(ByteCursor& in) {
  Civil civil;
  const uint8_t length = in.u8();
  if (length >= 4) {
    civil.year = in.u16();
    civil.month = in.u8();
    civil.day = in.u8();
  }
  if (length >= 7) civil.micros = read_clock(in, length >= 11);
  if (length != 0 && length != 4 && length != 7 && length != 11) in.fail();
  return civil;
}

inline int64_t read_time(ByteCursor& in) {
  const uint8_t length = in.u8();
  if (length == 0) return 0;
  if (length != 8 && length != 12) in.fail();
  const bool negative = in.u8() != 0;
  const int64_t days = in.u32();
  const int64_t micros = days * 86400000000 + read_clock(in, length == 12);
  return negative ? -micros : micros;
}

}  // namespace tidemark::mysql
