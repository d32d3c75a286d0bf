#include "engine/postgres/value_text.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/postgres/moment_text.h"

namespace tidemark::postgres {
namespace {

constexpr int64_t kSecond = 1000000;

std::string number_text(double v, bool is_single) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v < 0 ? "-Infinity" : "Infinity";
  return is_single ? fmt::format("{}", static_cast<float>(v)) : fmt::format("{}", v);
}

std::string hex_text(std::string_view bytes) {
  std::string out;
  for (char c : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return out;
}

std::string clock_text(int64_t micros) {
  const int64_t size = micros < 0 ? -micros : micros;
  std::string out =
      fmt::format("{}{:02}:{:02}:{:02}", micros < 0 ? "-" : "", size / (3600 * kSecond), size / (60 * kSecond) % 60, size / kSecond % 60);
  if (size % kSecond == 0) return out;
  std::string fraction = fmt::format(".{:06}", size % kSecond);
  return out + fraction.substr(0, fraction.find_last_not_of('0') + 1);
}

std::string civil_text(const Value& value) {
  const Civil c = value.civil();
  const bool is_date = value.kind() == ValueKind::date;
  if (c.month == 0) return fmt::format("{:04}-{:02}-{:02}{}", c.year, c.month, c.day, is_date ? "" : " " + clock_text(c.micros));
  return is_date ? date_text(c) : moment_text(c, value.kind() == ValueKind::timestamp);
}

std::string bits_text(std::string_view bytes, uint32_t width) {
  if (width == 0 || width > bytes.size() * 8) width = static_cast<uint32_t>(bytes.size() * 8);
  std::string out(width, '0');
  for (uint32_t i = 0; i < width; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[bytes.size() - 1 - i / 8]);
    if (byte >> (i % 8) & 1) out[width - 1 - i] = '1';
  }
  return out;
}

std::string uuid_text(std::string_view bytes) {
  std::string hex = hex_text(bytes);
  if (hex.size() != 32) return hex;
  for (size_t at : {20, 16, 12, 8}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace

bool is_text_itself(ValueKind kind) {
  switch (kind) {
    case ValueKind::text:
    case ValueKind::json:
    case ValueKind::other:
    case ValueKind::array:
    case ValueKind::decimal:
    case ValueKind::interval: return true;
    default: return false;
  }
}

std::string value_text(const Value& value, uint32_t bits) {
  switch (value.kind()) {
    case ValueKind::boolean: return value.int64() != 0 ? "true" : "false";
    case ValueKind::int64: return std::to_string(value.int64());
    case ValueKind::uint64: return std::to_string(value.uint64());
    case ValueKind::float32: return number_text(static_cast<double>(value.float32()), true);
    case ValueKind::float64: return number_text(value.float64(), false);
    case ValueKind::time: return clock_text(value.int64());
    case ValueKind::date:
    case ValueKind::datetime:
    case ValueKind::timestamp: return civil_text(value);
    case ValueKind::uuid: return uuid_text(value.bytes());
    case ValueKind::bits: return bits_text(value.bytes(), bits);
    case ValueKind::bytes:
    case ValueKind::geometry: return "\\x" + hex_text(value.bytes());
    default: return {};
  }
}

}  // namespace tidemark::postgres
