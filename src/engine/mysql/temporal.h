// The packed date and time forms of the binary log. Pure; any thread; any bytes give some value or false.
// Source: MySQL mysys/my_time.cc (my_datetime_packed_from_binary and kin), MariaDB sql/log_event_client.cc and sql/field.cc
// (Field_time_hires and kin) for the old forms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tidemark/value.h"

namespace tidemark::mysql {

/// 3 bytes little-endian, y << 9 | m << 5 | d (DATE and NEWDATE).
Value date_value(uint32_t packed);
/// TIMESTAMP, TIMESTAMP2: seconds since 1970 and microseconds; 0 seconds and 0 microseconds is the zero timestamp.
Value timestamp_value(uint32_t seconds, uint32_t micros, uint8_t fsp);
/// DATETIME of before 5.6: decimal digits YYYYMMDDhhmmss in 8 bytes. False: no such time.
bool old_datetime_value(uint64_t digits, Value& out);
/// TIME of before 5.6: decimal digits hhmmss in 3 bytes, signed. False: no such time.
bool old_time_value(uint32_t digits, Value& out);
/// TIMESTAMP2, DATETIME2, TIME2 with `fsp` digits: 4, 5 or 3 bytes and then fraction_bytes(fsp). False: no such time.
bool timestamp2_value(const char* bytes, uint8_t fsp, Value& out);
bool datetime2_value(const char* bytes, uint8_t fsp, Value& out);
bool time2_value(const char* bytes, uint8_t fsp, Value& out);
/// The same three with `fsp` digits, 1 to 6, as MariaDB stored them before 10.1 and does with mysql56_temporal_format=OFF: one number of
/// the smallest unit, highest byte first. The log has their old type and not their digits.
bool mariadb_timestamp_value(const char* bytes, uint8_t fsp, Value& out);
bool mariadb_datetime_value(const char* bytes, uint8_t fsp, Value& out);
bool mariadb_time_value(const char* bytes, uint8_t fsp, Value& out);
/// Bytes of such a TIME; a DATETIME takes two more, a TIMESTAMP 4 and fraction_bytes(fsp).
constexpr size_t mariadb_time_bytes(uint8_t fsp) { return 4u + fsp / 3u; }
constexpr size_t mariadb_datetime_bytes(uint8_t fsp) { return mariadb_time_bytes(fsp) + 2; }
/// Bytes that the fraction takes: (fsp + 1) / 2.
constexpr size_t fraction_bytes(uint8_t fsp) { return (fsp + 1u) / 2u; }

/// Text as the server prints it: "2023-05-00", "2023-05-00 12:00:00.50", "-838:59:59.000000".
std::string_view print_date(const Civil& civil, char (&out)[32]);
std::string_view print_datetime(const Civil& civil, uint8_t fsp, char (&out)[32]);
std::string_view print_time(int64_t micros, uint8_t fsp, char (&out)[32]);

}  // namespace tidemark::mysql
