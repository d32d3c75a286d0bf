#include "base/utf8.h"

#include <algorithm>

namespace tidemark {

size_t utf8_length(const char* p, const char* end) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(p[i]); };
  auto continues = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const auto left = static_cast<size_t>(end - p);
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return left >= 2 && continues(1) ? 2 : 0;
  if (lead < 0xf0) {
    if (left < 3 || !continues(1) || !continues(2)) return 0;
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;  // overlong
    if (lead == 0xed && byte(1) > 0x9f) return 0;  // surrogate
    return 3;
  }
  if (lead > 0xf4 || left < 4 || !continues(1) || !continues(2) || !continues(3)) return 0;
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;
  return 4;
}

Utf8Count count_utf8(std::string_view text) {
  Utf8Count out;
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    // eight ASCII characters at a time
    while (end - p >= 8) {
      uint64_t word;
      std::memcpy(&word, p, 8);
      if ((word & 0x8080808080808080) != 0) break;
      p += 8;
      out.characters += 8;
      out.longest = std::max<uint8_t>(out.longest, 1);
    }
    if (p == end) break;
    const size_t size = utf8_length(p, end);
    if (size == 0) return {false, 0, 0};
    p += size;
    ++out.characters;
    out.longest = std::max(out.longest, static_cast<uint8_t>(size));
  }
  return out;
}

}  // namespace tidemark
