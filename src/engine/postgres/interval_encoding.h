// Intervals out of the ISO 8601 text that PostgreSQL prints (print_interval is the way back).
// Pure functions; any thread. Source: src/backend/utils/adt/{datetime,timestamp}.c.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemark::postgres {

struct Interval {
  int64_t micros = 0;
  int32_t days = 0;
  int32_t months = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// PostgreSQL 17 and later: all parts at their last value.
inline constexpr Interval kIntervalInfinity{INT64_MAX, INT32_MAX, INT32_MAX}, kIntervalMinusInfinity{INT64_MIN, INT32_MIN, INT32_MIN};

/// nullopt: not a text that PostgreSQL prints, or beyond what an interval holds.
std::optional<Interval> parse_interval(std::string_view iso);

}  // namespace tidemark::postgres
