#include "cli/human.h"

#include <fmt/format.h>

#include <cmath>

namespace tidemark {
namespace {

/// Three digits at most: one decimal below 100, none above.
std::string scaled(double value, std::string_view unit) {
  return value < 99.95 ? fmt::format("{:.1f} {}", value, unit) : fmt::format("{:.0f} {}", value, unit);
}

}  // namespace

std::string human_count(double count) {
  if (!(count > 0)) return "0";
  if (count < 999.5) return fmt::format("{:.0f}", count);
  constexpr std::string_view kUnits[] = {"k", "M", "G", "T"};
  size_t unit = 0;
  count /= 1000;
  for (; count >= 999.5 && unit < 3; ++unit) count /= 1000;
  return scaled(count, kUnits[unit]);
}

std::string human_bytes(double bytes) {
  if (!(bytes > 0)) return "0 B";
  if (bytes < 999.5) return fmt::format("{:.0f} B", bytes);
  constexpr std::string_view kUnits[] = {"kB", "MB", "GB", "TB", "PB"};
  size_t unit = 0;
  bytes /= 1000;
  for (; bytes >= 999.5 && unit < 4; ++unit) bytes /= 1000;
  return scaled(bytes, kUnits[unit]);
}

std::string human_seconds(double seconds) {
  if (!(seconds > 0)) return "0 s";
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  if (seconds < 59.5) return fmt::format("{:.0f} s", seconds);
  auto whole = static_cast<uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d {}h", whole / 86400, whole / 3600 % 24);
}

std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ' ');  // not insert(at, " "): g++ 12 warns of an overlap there that cannot be
  }
  return digits;
}

std::string percent_text(double part, double whole) { return whole > 0 ? fmt::format("{:.1f} %", 100 * part / whole) : "-"; }

}  // namespace tidemark
