// Values in a text form for comparing with what the servers print. Tests only.
#pragma once

#include <string>
#include <string_view>

#include "tidemark/change.h"

namespace tidemark::mysql {

std::string from_hex(std::string_view hex);
std::string to_hex(std::string_view bytes);
/// "~" absent, "NULL", numbers and texts as they are, bytes in hex.
std::string value_text(const Value& value);
/// "insert | 1 | a", "update ~ | 2 -> 1 | 3"
std::string change_text(const Change& change, size_t columns);

}  // namespace tidemark::mysql
