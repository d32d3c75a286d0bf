// Values as the text that PostgreSQL's input functions read, for columns that have no binary form here (WireType::cast), and for text
// columns that the user chose for values of another kind. Pure functions; any thread.
#pragma once

#include <string>

#include "tidemark/value.h"

namespace tidemark::postgres {

/// True when the value's bytes are its text already.
bool is_text_itself(ValueKind kind);
/// Text of a value that is neither null nor absent nor is_text_itself(); `bits` is the width of a bit column.
/// Moments as ISO with time zone UTC, bytes as \x and hexadecimal digits.
std::string value_text(const Value& value, uint32_t bits);

}  // namespace tidemark::postgres
