#include "engine/mysql/inet.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>

namespace tidemark::mysql {

namespace {

uint8_t byte_at(const char* p, size_t i) { return static_cast<uint8_t>(p[i]); }

}  // namespace

std::string_view uuid_from_storage(std::string_view stored, Arena& arena) {
  // Reversed: byte 6 starts the variant group (high bit set), byte 8 the version group (1 to 5). The server refuses UUIDs of other
  // versions that would look like that.
  const char* p = stored.data();
  bool reversed = (byte_at(p, 6) & 0x80) != 0 && byte_at(p, 8) > 0 && byte_at(p, 8) < 0x60;
  if (!reversed) return stored;
  char* out = arena.allocate(16);
  std::memcpy(out, p + 12, 4);
  std::memcpy(out + 4, p + 10, 2);
  std::memcpy(out + 6, p + 8, 2);
  std::memcpy(out + 8, p + 6, 2);
  std::memcpy(out + 10, p, 6);
  return {out, 16};
}

std::string_view print_inet4(const char* bytes, char (&out)[kInetTextMax]) {
  auto end = fmt::format_to_n(out, sizeof out, "{}.{}.{}.{}", byte_at(bytes, 0), byte_at(bytes, 1), byte_at(bytes, 2), byte_at(bytes, 3));
  return {out, end.size};
}

std::string_view print_inet6(const char* bytes, char (&out)[kInetTextMax]) {
  constexpr size_t kWords = 8;
  uint16_t words[kWords];
  size_t gap = kWords, gap_length = 0;
  for (size_t i = 0, run = 0; i < kWords; ++i) {
    words[i] = static_cast<uint16_t>(byte_at(bytes, 2 * i) << 8 | byte_at(bytes, 2 * i + 1));
    run = words[i] == 0 ? run + 1 : 0;
    if (run > gap_length) {
      gap_length = run;
      gap = i + 1 - run;
    }
  }
  char* p = out;
  for (size_t i = 0; i < kWords; ++i) {
    if (gap_length > 0 && i == gap) {
      if (i == 0) *p++ = ':';
      *p++ = ':';
      i += gap_length - 1;
      continue;
    }
    bool compatible = gap_length == 6 || (gap_length == 5 && words[5] == 0xFFFF);
    if (i == 6 && gap == 0 && compatible) {
      p = fmt::format_to(p, "{}.{}.{}.{}", byte_at(bytes, 12), byte_at(bytes, 13), byte_at(bytes, 14), byte_at(bytes, 15));
      break;
    }
    p = fmt::format_to(p, "{:x}", words[i]);
    if (i != kWords - 1) *p++ = ':';
  }
  return {out, static_cast<size_t>(p - out)};
}

}  // namespace tidemark::mysql
