#include "engine/postgres/text_encoding.h"

#include "base/utf8.h"

namespace tidemark::postgres {

namespace {

/// Copies as many whole words as are ASCII without 0, `Words` at a time.
template <size_t Words>
void copy_plain(const char*& p, const char* end, char*& to) {
  constexpr uint64_t kHigh = 0x8080808080808080, kOnes = 0x0101010101010101;
  while (static_cast<size_t>(end - p) >= Words * 8) {
    uint64_t words[Words], special = 0;
    std::memcpy(words, p, sizeof words);
    for (const uint64_t word : words) special |= word | ((word - kOnes) & ~word);  // the second term's bit: one of them is 0
    if ((special & kHigh) != 0) return;
    std::memcpy(to, words, sizeof words);
    p += sizeof words;
    to += sizeof words;
  }
}

}  // namespace

Encoded append_text(std::string_view text, bool strip_nul, ByteBuffer& out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const size_t start = out.size();
  out.reserve_more(text.size() + 8);
  char* to = out.end();
  while (p < end) {
    copy_plain<4>(p, end, to);
    copy_plain<1>(p, end, to);
    if (p == end) break;
    if (*p == 0) {
      if (!strip_nul) return out.truncate(start), Encoded::nul_character;
      ++p;
      continue;
    }
    size_t size = utf8_length(p, end);
    if (size == 0) return out.truncate(start), Encoded::invalid_utf8;
    for (size_t i = 0; i < size; ++i) *to++ = *p++;
  }
  out.truncate(static_cast<size_t>(to - out.data()));
  return Encoded::ok;
}

namespace {

constexpr std::string_view kNulEscape = "\\u0000";

/// Place of the next \u0000 that is an escape (not a backslash escaped before it).
size_t find_nul_escape(std::string_view text, size_t from) {
  for (size_t at = text.find(kNulEscape, from); at != std::string_view::npos; at = text.find(kNulEscape, at + 1)) {
    size_t backslashes = 0;
    while (backslashes < at && text[at - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return at;
  }
  return std::string_view::npos;
}

}  // namespace

Encoded append_jsonb(std::string_view text, bool strip_nul, ByteBuffer& out) {
  out.reserve_more(1);
  const size_t start = out.size();
  out.put8(1);  // the version of jsonb's binary form
  size_t from = 0;
  for (;;) {
    size_t at = find_nul_escape(text, from);
    if (at != std::string_view::npos && !strip_nul) return out.truncate(start), Encoded::nul_escape;
    Encoded result = append_text(text.substr(from, at == std::string_view::npos ? at : at - from), strip_nul, out);
    if (is_fault(result)) return out.truncate(start), result;
    if (at == std::string_view::npos) return Encoded::ok;
    from = at + kNulEscape.size();
  }
}

}  // namespace tidemark::postgres
