// Values in PostgreSQL's binary form, as COPY (FORMAT binary), array elements and binary parameters carry them: a 32-bit length
// (-1 for NULL) and the bytes that the type's receive function reads. Source: src/backend/utils/adt/*recv of PostgreSQL.
// Pure functions on the caller's buffer; any thread. They never throw for a value: they say what is wrong, the caller names the column.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/postgres/byte_buffer.h"
#include "engine/postgres/types.h"
#include "tidemark/value.h"

namespace tidemark::postgres {

enum class Encoded : uint8_t {
  ok,
  zero_date_as_null,  // written as NULL under ZeroDatePolicy::null; to be counted
  // from here on nothing was written
  zero_date,
  nul_character,
  nul_escape,  // \u0000 in JSON for a jsonb column
  invalid_utf8,
  out_of_range,
  malformed,  // bytes that are not what their kind promises
  absent,
  wrong_kind,
};
inline bool is_fault(Encoded e) { return e > Encoded::zero_date_as_null; }

/// What the encoder must know of a column besides the value.
struct ColumnCodec {
  WireType wire = WireType::unsupported;
  bool in_key = false;      // never NULL in place of a zero date
  uint32_t bits = 0;        // bit columns: their width at the source
  int32_t modifier = -1;    // numeric: values that it would round are out of range; -1: not looked at
  uint32_t characters = 0;  // text: longer ones are out of range; 0: not looked at
  ZeroDatePolicy zero_date = ZeroDatePolicy::null;
  NulPolicy nul_character = NulPolicy::error;
};

/// Appends length and bytes.
Encoded encode_field(const ColumnCodec& codec, const Value& value, ByteBuffer& out);

inline constexpr int64_t kMicrosPerDay = 86400LL * 1000000;
inline constexpr int64_t kUnixToPostgresDays = 10957;  // 2000-01-01
inline constexpr std::string_view kCopyHeader{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
inline constexpr std::string_view kCopyTrailer{"\377\377", 2};

}  // namespace tidemark::postgres
