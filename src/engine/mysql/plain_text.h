// Values as text, one text for each value, and back: for columns of text that hold what no type of the server can, and for keys there.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tidemark/arena.h"
#include "tidemark/schema.h"
#include "tidemark/value.h"

namespace tidemark::mysql {

/// Room for the text of any value that has no bytes of its own.
struct TextRoom {
  char bytes[96];
};

/// As the source prints it: 42, 1.5, 2024-02-29, infinity, 0044-03-15 BC, 12:00:00.5, a uuid with dashes. Dates, times and moments have as
/// many fraction digits as the value's fsp. nullopt: the value has no text (bytes, bits, geometry, vector, null).
std::optional<std::string_view> plain_text(const Value& value, TextRoom& room);
/// The value of the column's kind; nullopt: not that text.
std::optional<Value> parse_plain(const Column& column, std::string_view text, Arena& arena);

/// Shortest decimal text that gives the same number again: "1e+22", "0.1", "-0", "nan", "inf".
std::string_view float_text(double value, TextRoom& room);
std::string_view float_text(float value, TextRoom& room);
/// "00112233-4455-6677-8899-aabbccddeeff" of 16 bytes.
std::string_view uuid_text(std::string_view bytes, TextRoom& room);
bool parse_uuid(std::string_view text, char* out);
/// "1.50" becomes 1.5, "2.000" 2: a decimal without the zeros at its end.
std::string_view without_zeros(std::string_view decimal);

}  // namespace tidemark::mysql
