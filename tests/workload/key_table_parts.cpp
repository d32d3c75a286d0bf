#include "workload/key_table_parts.h"

#include <fmt/format.h>

namespace tidemark::test::key_table_parts {

uint64_t scattered(size_t i) {
  uint64_t x = (static_cast<uint64_t>(i) + 1) * 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::string hex_of(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  return out;
}

std::string uuid_text(size_t i) {
  const uint64_t a = scattered(i), b = scattered(i + 100000);
  // half of them of version 1, whose order MariaDB's UUID type rearranges
  return fmt::format("{:08x}-{:04x}-{:x}{:03x}-{:04x}-{:012x}", a >> 32, (a >> 16) & 0xffff, i % 2 ? 4 : 1, a & 0xfff, 0x8000 | (b >> 50),
                     b & 0xffffffffffff);
}

std::string moment(size_t i, int step_seconds) {
  const size_t seconds = i * static_cast<size_t>(step_seconds);
  return fmt::format("2023-10-29 {:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

std::string awkward_bytes(size_t i) {
  std::string out = fmt::format("{}", i / 6);
  switch (i % 6) {
    case 0: return out + '\0';
    case 1: return out + std::string("\0\0", 2);
    case 2: return "0xab" + out;
    case 3: return out + "' \\\"";
    case 4: return "\xff\xfe" + out;
    default: return out + " ";
  }
}

std::string collated_word(size_t i) {
  static const char* const words[] = {"ärger",   "Ärger", "ARGER",   "straße", "strasse", "zebra", "Zebra", "ΣΊΣΥΦΟΣ",
                                      "σίσυφος", "😀",     "😁 smile", "日本",   "café",    "CAFE",  "naïve", "z"};
  return fmt::format("{}{}", words[i % 16], i / 16);
}

std::string padded_word(size_t i) {
  static const char* const ends[] = {"", "\t", " !", "\x01z", "~", "é", "😀", "A"};
  return fmt::format("w{:03}{}", i / 8, ends[i % 8]);
}

}  // namespace tidemark::test::key_table_parts
