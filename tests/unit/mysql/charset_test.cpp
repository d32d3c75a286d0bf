// Character sets: every assigned code of every set against what the servers printed for it, by checksum.
#include "engine/mysql/charset.h"

#include "engine/mysql/charset_tables.h"
#include "engine/mysql/checksum.h"
#include "engine/mysql/utf8.h"
#include "row_text.h"
#include "support/catch.h"

namespace tidemark::mysql {

namespace {

// CRC32 over HEX(CONVERT(CONVERT(code USING set) USING utf8mb4)) of all codes that are a character, in the order: one byte, two bytes from
// 0x8000 on, 0x8F and two bytes, four bytes. MySQL 9.7; MariaDB 10.11 prints the same.
const struct {
  const char* name;
  unsigned characters;
  uint32_t crc;
} kSets[] = {
    {"armscii8", 256, 0x5D747105}, {"big5", 13845, 0xE0173260},    {"cp1250", 251, 0x4D7C7F33},  {"cp1251", 255, 0xC6F46513},
    {"cp1256", 248, 0xD673F0A2},   {"cp1257", 244, 0x56466FB9},    {"cp850", 256, 0x3C57DB7E},   {"cp852", 256, 0xE98B5CDE},
    {"cp866", 256, 0x61149CE1},    {"cp932", 9795, 0x2B3B46E3},    {"dec8", 242, 0x1A961802},    {"eucjpms", 15206, 0x4D02B3B7},
    {"euckr", 17176, 0x794E6AA2},  {"gb18030", 63488, 0x47027C25}, {"gb2312", 7573, 0x35114990}, {"gbk", 21919, 0xC23A8F83},
    {"geostd8", 215, 0xE602B65F},  {"greek", 250, 0xAE8841D3},     {"hebrew", 220, 0x2D72E909},  {"hp8", 255, 0xC2898FF6},
    {"keybcs2", 256, 0xB2CD760F},  {"koi8r", 256, 0x4C6B86EB},     {"koi8u", 256, 0x5A38B755},   {"latin1", 256, 0x040EC49F},
    {"latin2", 256, 0xEC22F3A0},   {"latin5", 256, 0xC188A953},    {"latin7", 256, 0xFE9A6B74},  {"macce", 256, 0x4778E750},
    {"macroman", 256, 0xE21E6838}, {"sjis", 7070, 0xC9B99B78},     {"swe7", 127, 0x55526C73},    {"tis620", 256, 0x022A3D12},
    {"ujis", 15017, 0x42AE2B10},
};

/// The one character that `code` is, or nothing when it is none or several.
std::string one_character(const Charset& charset, const std::string& code) {
  std::string text = charset.to_utf8(code);
  Arena arena;
  if (charset.to_utf8(std::string_view(code), arena) != text) FAIL("the two conversions differ");
  size_t leads = 0;
  for (char c : text) leads += (static_cast<uint8_t>(c) & 0xC0) != 0x80 ? 1 : 0;
  return leads == 1 && (text != "?" || code == "?") ? text : std::string();
}

std::string bytes_of(uint32_t code, int n) {
  std::string out;
  while (n-- > 0) out += static_cast<char>(code >> (8 * n));
  return out;
}

}  // namespace

TEST_CASE("every code of every character set converts as on the servers") {
  for (const auto& set : kSets) {
    INFO(set.name);
    const Charset* charset = charset_by_name(set.name);
    REQUIRE(charset != nullptr);
    unsigned characters = 0;
    uint32_t crc = 0;
    auto take = [&](const std::string& code) {
      std::string text = one_character(*charset, code);
      characters += text.empty() ? 0 : 1;
      crc = crc32_of(text, crc);
    };
    for (uint32_t code = 0; code < 256; ++code) take(bytes_of(code, 1));
    if (charset->bytes_max() >= 2) {
      for (uint32_t code = 0x8000; code < 0x10000; ++code) take(bytes_of(code, 2));
    }
    if (charset->bytes_max() == 3) {
      for (uint32_t code = 0x8F8000; code < 0x8F0000 + 0x10000; ++code) take(bytes_of(code, 3));
    }
    if (charset->bytes_max() == 4) {
      for (uint32_t a = 0x81; a <= 0x84; ++a) {
        for (uint32_t b = 0x30; b <= 0x39; ++b) {
          for (uint32_t c = 0x81; c <= 0xFE; ++c) {
            for (uint32_t d = 0x30; d <= 0x39; ++d) take(bytes_of(a << 24 | b << 16 | c << 8 | d, 4));
          }
        }
      }
    }
    CHECK(characters == set.characters);
    CHECK(crc == set.crc);
  }
}

TEST_CASE("Unicode sets") {
  CHECK(charset_by_name("utf16")->to_utf8(from_hex("0061D83DDE006F22")) == "a😀漢");
  CHECK(charset_by_name("utf16le")->to_utf8(from_hex("61003DD800DE226F")) == "a😀漢");
  CHECK(charset_by_name("ucs2")->to_utf8(from_hex("00616F22")) == "a漢");
  CHECK(charset_by_name("utf32")->to_utf8(from_hex("000000610001F600")) == "a😀");
  CHECK(charset_by_name("gb18030")->to_utf8(from_hex("9439FC36E3329A35")) == "😀\xF4\x8F\xBF\xBF");
  // what cannot be decoded
  CHECK(charset_by_name("utf16")->to_utf8(from_hex("D83D0061DE00")) == "?a?");
  CHECK(charset_by_name("utf16")->to_utf8(from_hex("006100")) == "a?");
  CHECK(charset_by_name("utf32")->to_utf8(from_hex("00110000000000")) == "??");
  CHECK(charset_by_name("gbk")->to_utf8(from_hex("61FF62D3")) == "a?b?");
  CHECK(charset_by_name("big5")->to_utf8(from_hex("C84061")) == "?a");
}

TEST_CASE("UTF-8 and ASCII text is not copied") {
  Arena arena;
  const std::string text = "caf\xC3\xA9", ascii = "plain text of some length";
  for (const char* name : {"utf8mb4", "utf8", "utf8mb3", "binary", "ascii"})
    CHECK(charset_by_name(name)->to_utf8(std::string_view(text), arena).data() == text.data());
  for (const char* name : {"latin1", "gbk", "sjis"})
    CHECK(charset_by_name(name)->to_utf8(std::string_view(ascii), arena).data() == ascii.data());
  CHECK(charset_by_name("swe7")->to_utf8(std::string_view("a@"), arena) == "aÉ");
  CHECK(charset_by_name("klingon") == nullptr);
  const std::string large(100000, '\xE9');
  CHECK(charset_by_name("latin1")->to_utf8(std::string_view(large), arena).size() == 200000);
}

TEST_CASE("collations by id") {
  auto check = [](uint32_t id, const char* charset, bool binary, bool no_pad) {
    INFO(id);
    Collation collation = collation_by_id(id);
    REQUIRE(collation.charset != nullptr);
    CHECK(collation.charset->name() == charset);
    CHECK(collation.binary == binary);
    CHECK(collation.no_pad == no_pad);
  };
  check(8, "latin1", false, false);
  check(33, "utf8mb3", false, false);
  check(46, "utf8mb4", true, false);
  check(63, "binary", true, true);
  check(83, "utf8mb3", true, false);
  check(249, "gb18030", true, false);
  check(255, "utf8mb4", false, true);
  check(309, "utf8mb4", true, true);     // utf8mb4_0900_bin
  check(1070, "utf8mb4", true, true);    // MariaDB: utf8mb4_nopad_bin
  check(1152, "ucs2", false, true);      // MariaDB: ucs2_unicode_nopad_ci
  check(2304, "utf8mb4", false, false);  // MariaDB: utf8mb4_uca1400_ai_ci
  check(2308, "utf8mb4", false, true);   // MariaDB: utf8mb4_uca1400_nopad_ai_ci
  CHECK(collation_by_id(0).charset == nullptr);
  CHECK(collation_by_id(17).charset == nullptr);
  CHECK(collation_by_id(2047).charset == nullptr);
  CHECK(collation_by_id(5000).charset == nullptr);
  CHECK(collation_by_id(UINT32_MAX).charset == nullptr);
}

}  // namespace tidemark::mysql
