// Text forms of values that SQLite has no type for: dates, times, uuids, unsigned 64-bit numbers. Each value has exactly one text, so that
// a key compares by its bytes; parsing accepts that text only. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tidemark/value.h"

namespace tidemark::sqlite {

/// Enough for every form below.
inline constexpr size_t kTextFormBytes = 40;

/// Writes into `out` (kTextFormBytes long) and returns what was written; empty when the value has no text form: a year outside
/// 0..9999, a uuid that is not 16 bytes long. `historic`: of PostgreSQL, whose years go further: 0044-03-15 BC, 12000-01-01, infinity.
std::string_view date_text(const Civil& civil, char* out, bool historic = false);  // 2024-02-29, 0000-00-00
std::string_view datetime_text(const Civil& civil, uint8_t fsp, bool utc, char* out,
                               bool historic = false);               // 2024-02-29 23:59:59.250000[Z]
std::string_view time_text(int64_t micros, uint8_t fsp, char* out);  // [-]HH:MM:SS[.ffffff], hours up to 838
std::string_view uuid_text(std::string_view bytes, char* out);       // lower case
std::string_view uint64_text(uint64_t number, char* out);
std::string_view int64_text(int64_t number, char* out);

std::optional<Civil> parse_date(std::string_view text, bool historic = false);
std::optional<Civil> parse_datetime(std::string_view text, uint8_t fsp, bool utc, bool historic = false);
std::optional<int64_t> parse_time(std::string_view text, uint8_t fsp);
/// Writes 16 bytes.
bool parse_uuid(std::string_view text, char* out);
std::optional<uint64_t> parse_uint64(std::string_view text);
std::optional<int64_t> parse_int64(std::string_view text);

}  // namespace tidemark::sqlite
