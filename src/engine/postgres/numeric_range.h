// What a numeric column with a precision holds. Pure functions on texts of decimals; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::postgres {

/// Whether a column with this atttypmod (not -1) holds the text without rounding it.
bool numeric_fits(std::string_view decimal, int32_t modifier);
/// Digits of the fraction that such a column prints.
unsigned numeric_scale(int32_t modifier);
/// Without the fraction digits that such a column has no room for.
std::string numeric_cut(std::string_view decimal, int32_t modifier);
/// The last number of such a column, with the sign of `decimal`.
std::string numeric_limit(std::string_view decimal, int32_t modifier);

}  // namespace tidemark::postgres
