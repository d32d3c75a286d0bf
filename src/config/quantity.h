// Durations, sizes and points in time as people write them. Pure functions; any thread. Parsers answer with the value or, in `why`,
// with what is wrong and how to write it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

/// "500ms", "10s", "5m", "1h", "2d": a whole number and its unit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, std::string& why);
/// "64KiB", "8MiB", "1GiB", "512B", and the decimal "64KB", "8MB", "1GB".
std::optional<uint64_t> parse_size(std::string_view text, std::string& why);
/// "2026-01-31T12:00:00Z", with fraction digits up to six and offsets such as +02:00: microseconds since 1970 UTC.
std::optional<int64_t> parse_timestamp(std::string_view text, std::string& why);

/// In the largest unit that keeps it whole, so that parse_duration and parse_size read it back: "90s", "8MiB".
std::string duration_text(std::chrono::milliseconds duration);
std::string size_text(uint64_t bytes);
/// RFC 3339 in UTC, fraction digits only when there are any.
std::string timestamp_text(int64_t micros);

}  // namespace tidemark
