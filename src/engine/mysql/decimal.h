// DECIMAL in its packed form: groups of nine digits in four big-endian bytes, the sign in the first bit. Pure; any thread.
// Source: MySQL strings/decimal.cc (bin2decimal).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidemark::mysql {

inline constexpr size_t kDecimalPrecisionMax = 65;
inline constexpr size_t kDecimalScaleMax = 30;
/// Room for the longest text: sign, 81 digits and what stands before and at the point, rounded up.
inline constexpr size_t kDecimalTextMax = 104;

/// Digits of a decimal inside of JSON, before and behind the point: beyond what a column can have.
inline constexpr size_t kJsonDecimalPrecisionMax = 81;

/// Bytes of a DECIMAL(precision, scale), or 0 when there is no such type.
size_t decimal_bytes(uint8_t precision, uint8_t scale);
/// The same for a decimal inside of JSON.
size_t json_decimal_bytes(uint8_t precision, uint8_t scale);
/// Canonical text into `out` (room for kDecimalTextMax): no leading zeros but the one before the point, exactly `scale` fraction
/// digits, never "-0". Returns its length; 0 when a group holds more than its digits. `in` has decimal_bytes(precision, scale) bytes.
size_t print_decimal(const char* in, uint8_t precision, uint8_t scale, char* out);
/// Canonical text of a decimal that a server printed ("-0.00" loses its sign, ".5" gains its zero); false: not a decimal.
bool canonical_decimal(std::string_view text, uint8_t scale, char* out, size_t& length);

}  // namespace tidemark::mysql
