// Dates and times as PostgreSQL prints them (DateStyle ISO, TimeZone UTC, IntervalStyle iso_8601), both ways. Pure functions; any thread.
// Source: src/backend/utils/adt/datetime.c: EncodeDateOnly, EncodeDateTime, EncodeInterval.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tidemark/value.h"

namespace tidemark::postgres {

/// "2024-02-29", "0044-03-15 BC", "infinity". False: it is not a date.
bool parse_date(std::string_view text, Civil& out);
/// "2024-02-29 12:34:56.789", `zone` with "+00" behind the time; " BC" comes last.
bool parse_moment(std::string_view text, bool zone, Civil& out);
/// "24:00:00" at most, in microseconds.
bool parse_time_of_day(std::string_view text, int64_t& micros);

/// The same texts, without trailing zeros of a fraction.
std::string date_text(const Civil& date);
std::string moment_text(const Civil& moment, bool zone);
std::string time_of_day_text(int64_t micros);

inline constexpr size_t kIntervalTextMax = 80;
/// "P1Y2M3DT4H5M6.7S", and "infinity" since PostgreSQL 17; writes at most kIntervalTextMax bytes and says how many.
size_t print_interval(int32_t months, int32_t days, int64_t micros, char* to);

}  // namespace tidemark::postgres
