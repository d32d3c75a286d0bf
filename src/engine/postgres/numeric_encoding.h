// PostgreSQL's numeric in binary form: base-10000 digits aligned at the decimal point. Source: numeric_recv, numeric_send.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/postgres/byte_buffer.h"

namespace tidemark::postgres {

/// Appends the bytes (without a length) of a decimal text: optional '-', digits, optional '.' and digits. False: it is not one.
bool append_numeric(std::string_view decimal, ByteBuffer& out);
void append_numeric(uint64_t magnitude, bool negative, ByteBuffer& out);

/// Text of a numeric with exactly `scale` fraction digits (-1: as many as it says itself), never "-0"; nullopt: malformed, NaN or infinite.
std::optional<std::string> numeric_text(std::string_view bytes, int scale);

}  // namespace tidemark::postgres
