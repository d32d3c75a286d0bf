// PostgreSQL's numeric in binary form: base-10000 digits aligned at the decimal point. Source: numeric_recv, numeric_send.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/postgres/byte_buffer.h"

namespace tidemark::postgres {

/// Appends the bytes (without a length) of a decimal text: optional '-', digits, optional '.' and digits; "NaN", "Infinity", "-Infinity".
/// False: it is none of these.
bool append_numeric(std::string_view decimal, ByteBuffer& out);
void append_numeric(uint64_t magnitude, bool negative, ByteBuffer& out);

/// Bytes that print_numeric may write, 0: the form is malformed.
size_t numeric_text_room(std::string_view bytes, int scale);
/// Text of a numeric with exactly `scale` fraction digits, cut off or filled up with zeros (-1: as many as it says itself), never "-0";
/// also "NaN", "Infinity" and "-Infinity". `to` has the room that numeric_text_room says, which is not 0. Gives the size, 0: malformed.
size_t print_numeric(std::string_view bytes, int scale, char* to);
/// The same in a string; nullopt: malformed.
std::optional<std::string> numeric_text(std::string_view bytes, int scale);

}  // namespace tidemark::postgres
