// Which characters a character set has, found by decoding everything that it can write. Made at the first question, kept; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::mysql {

/// True when `charset` has every character of `utf8` (well-formed; `longest`: bytes of its longest character). Unknown sets have all.
bool in_repertoire(std::string_view charset, std::string_view utf8, uint8_t longest);

}  // namespace tidemark::mysql
