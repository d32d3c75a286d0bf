// One form for equal JSON: no spaces, members sorted by key length and bytes with the last of equal keys kept (as jsonb does), numbers as
// plain digits without exponent and trailing zeros, only the escapes that JSON demands. What jsonb gives back and what the source printed
// become the same text. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

/// nullopt: not JSON, or nested deeper than 500.
std::optional<std::string> canonical_json(std::string_view json);
/// The same for one number; nullopt when the text is not a number of JSON.
std::optional<std::string> canonical_number(std::string_view number);

}  // namespace tidemark
