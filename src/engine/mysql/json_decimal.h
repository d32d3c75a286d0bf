// JSON for MySQL with numbers that are neither integers of 64 bits nor doubles. Its JSON holds DECIMALs too, but makes none of them out of
// JSON text: it takes an expression. Pure; any thread; any bytes.
// Source: measured on MySQL 9.7: a DECIMAL in JSON has nine groups of nine digits, the point between two of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidemark::mysql {

/// An SQL expression for the document: its text with 0 in the place of such numbers, and these put in as DECIMALs, digit by digit as they
/// are written. nullopt: not JSON, or a number has more digits than a DECIMAL in JSON.
std::optional<std::string> json_with_decimals(std::string_view json);

}  // namespace tidemark::mysql
