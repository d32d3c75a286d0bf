// Text on its way to PostgreSQL: must be UTF-8 without U+0000, which the server would refuse without saying in which column.
// Pure functions; any thread.
#pragma once

#include "engine/postgres/binary_encoding.h"

namespace tidemark::postgres {

/// Appends the checked bytes of `text`, without a length. `strip_nul` leaves U+0000 out instead of refusing it.
Encoded append_text(std::string_view text, bool strip_nul, ByteBuffer& out);
/// Appends JSON for jsonb, which cannot hold the escape \u0000 either.
Encoded append_jsonb(std::string_view text, bool strip_nul, ByteBuffer& out);

}  // namespace tidemark::postgres
