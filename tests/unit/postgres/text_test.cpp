// UTF-8 and U+0000 on the way to the server.
#include "engine/postgres/text_encoding.h"
#include "support/catch.h"

using namespace tidemark::postgres;

namespace {

Encoded check(std::string_view text, std::string& out, bool strip = false) {
  ByteBuffer buffer;
  Encoded result = append_text(text, strip, buffer);
  out = std::string(buffer.view());
  return result;
}

}  // namespace

TEST_CASE("good text is copied, wherever the characters fall in the words of eight bytes") {
  for (const char* character :
       {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\xee\x80\x80", "\x7f", "\xc2\x80"}) {
    for (size_t before = 0; before < 17; ++before) {
      for (size_t behind = 0; behind < 17; ++behind) {
        std::string text = std::string(before, 'a') + character + std::string(behind, 'b'), out;
        CHECK(check(text, out) == Encoded::ok);
        CHECK(out == text);
      }
    }
  }
}

TEST_CASE("bad text is refused, wherever it is") {
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "\xc3"}) {
    for (size_t before = 0; before < 17; ++before) {
      std::string out;
      CHECK(check(std::string(before, 'a') + bad, out) == Encoded::invalid_utf8);
      CHECK(out.empty());
      CHECK(check(std::string(before, 'a') + bad + "bbbbbbbbbb", out) == Encoded::invalid_utf8);
    }
  }
}

TEST_CASE("U+0000 is refused or left out, wherever it is") {
  for (size_t before = 0; before < 17; ++before) {
    for (size_t behind = 0; behind < 17; ++behind) {
      std::string text = std::string(before, 'a') + '\0' + std::string(behind, '\x01'), out;
      CHECK(check(text, out) == Encoded::nul_character);
      CHECK(out.empty());
      CHECK(check(text, out, true) == Encoded::ok);
      CHECK(out == std::string(before, 'a') + std::string(behind, '\x01'));
    }
  }
}

TEST_CASE("jsonb: the escape of U+0000, but not one behind an escaped backslash") {
  auto jsonb = [](std::string_view json, bool strip, Encoded expected) {
    ByteBuffer buffer;
    CHECK(append_jsonb(json, strip, buffer) == expected);
    return std::string(buffer.view());
  };
  CHECK(jsonb("\"a\\u0000\"", false, Encoded::nul_escape).empty());
  CHECK(jsonb("\"a\\\\\\u0000\"", false, Encoded::nul_escape).empty());
  CHECK(jsonb("\"a\\\\u0000\"", false, Encoded::ok) == "\x01\"a\\\\u0000\"");
  CHECK(jsonb("\"\\u0000a\\u0000\\\\u0000\"", true, Encoded::ok) == "\x01\"a\\\\u0000\"");
}
