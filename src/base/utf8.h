// UTF-8 as it arrives from elsewhere: is it well-formed, how many characters has it. Pure; any thread; any bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidemark {

/// Length of the well-formed UTF-8 character at `p`, 0 when it is not one. Overlong forms, surrogates and what lies beyond U+10FFFF are
/// not.
size_t utf8_length(const char* p, const char* end);

struct Utf8Count {
  bool valid = true;
  size_t characters = 0;
  uint8_t longest = 0;  // bytes of the longest character
};
Utf8Count count_utf8(std::string_view text);

}  // namespace tidemark
