// Cuts a statement's text into words, quoted names, strings and signs. Comments vanish, except the versioned ones that servers run:
// /*!50001 ... */ and /*M!100100 ... */ are read as if they stood outside. Borrowed text; value type; never fails.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::mysql {

struct Token {
  enum class Kind : uint8_t { word, name, string, sign, end };
  Kind kind = Kind::end;
  std::string text;   // word: as written; name, string: unquoted; sign: one character
  std::string upper;  // word: in ASCII capitals
  bool is(std::string_view keyword) const { return kind == Kind::word && upper == keyword; }
  bool sign(char c) const { return kind == Kind::sign && text[0] == c; }
};

/// At most `limit` tokens (statements that carry data may be megabytes long); the last one has kind end only when all was read.
std::vector<Token> cut_tokens(std::string_view text, bool ansi_quotes, bool no_backslash_escapes, size_t limit);

}  // namespace tidemark::mysql
