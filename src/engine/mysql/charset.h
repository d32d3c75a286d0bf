// MySQL's and MariaDB's character sets: looking them up by name or collation id, and converting their text to UTF-8 as the
// servers do. What a set cannot decode becomes '?', as on the servers; UTF-8 sets pass through unchanged, byte for byte.
// Tables were taken from MySQL 9.7 and MariaDB 10.11 (charset_tables.cpp says how). Immutable after first use; any thread; never fails.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tidemark/arena.h"

namespace tidemark::mysql {

class Charset {
 public:
  enum class Form : uint8_t { pass, single_byte, double_byte, ucs2, utf16, utf16le, utf32, gb18030 };

  constexpr Charset(std::string_view name, Form form, uint8_t bytes_max, uint8_t table)
      : name_(name), form_(form), bytes_max_(bytes_max), table_(table) {}

  /// As the server calls it: "utf8mb4", "utf8mb3" (also found as "utf8"), "latin1", "binary", ...
  std::string_view name() const { return name_; }
  /// The bytes are UTF-8 already, or no text at all: no conversion.
  bool passes_through() const { return form_ == Form::pass; }
  bool is_binary() const { return name_ == "binary"; }
  /// The longest character, in bytes of this set.
  uint8_t bytes_max() const { return bytes_max_; }
  Form form() const { return form_; }
  uint8_t table() const { return table_; }

  /// UTF-8 of `text`; the bytes are `text`'s own when nothing had to be changed, else in `arena`.
  std::string_view to_utf8(std::string_view text, Arena& arena) const { return passes_through() ? text : convert(text, arena); }
  std::string to_utf8(std::string_view text) const;

 private:
  std::string_view convert(std::string_view text, Arena& arena) const;

  std::string_view name_;
  Form form_;
  uint8_t bytes_max_;
  uint8_t table_;  // which conversion table
};

struct Collation {
  uint16_t id = 0;
  const Charset* charset = nullptr;
  bool binary = false;  // compares code points or bytes: utf8mb4_bin, latin1_bin, binary, utf8mb4_0900_bin, *_nopad_bin
  bool no_pad = false;  // trailing spaces count
};

/// nullptr: unknown to us.
const Charset* charset_by_name(std::string_view name);
/// charset == nullptr: unknown id.
Collation collation_by_id(uint32_t id);

}  // namespace tidemark::mysql
