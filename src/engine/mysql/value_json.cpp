#include "engine/mysql/value_json.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace tidemark::mysql {

namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    out.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
  return out;
}

std::string clock_text(int64_t micros, uint8_t fsp) {
  const char* sign = micros < 0 ? "-" : "";
  uint64_t left = micros < 0 ? uint64_t{0} - static_cast<uint64_t>(micros) : static_cast<uint64_t>(micros);
  uint64_t seconds = left / 1000000;
  std::string out = fmt::format("{}{:02}:{:02}:{:02}", sign, seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (fsp > 0) out += "." + fmt::format("{:06}", left % 1000000).substr(0, fsp);
  return out;
}

std::string date_text(const Civil& c) { return fmt::format("{:04}-{:02}-{:02}", c.year, c.month, c.day); }

std::string uuid_text(std::string_view bytes) {
  std::string h = hex(bytes);
  if (h.size() != 32) return h;
  return h.substr(0, 8) + "-" + h.substr(8, 4) + "-" + h.substr(12, 4) + "-" + h.substr(16, 4) + "-" + h.substr(20);
}

}  // namespace

nlohmann::ordered_json value_to_json(const Value& value) {
  switch (value.kind()) {
    case ValueKind::absent:
    case ValueKind::null: return nullptr;
    case ValueKind::boolean: return value.int64() != 0;
    case ValueKind::int64: return value.int64();
    case ValueKind::uint64: return value.uint64();
    // The shortest text that reads back as the same number of its own width.
    case ValueKind::float32: return nlohmann::ordered_json(std::strtod(fmt::format("{}", value.float32()).c_str(), nullptr));
    case ValueKind::float64: return value.float64();
    case ValueKind::date: return date_text(value.civil());
    case ValueKind::time: return clock_text(value.int64(), value.fsp());
    case ValueKind::datetime: return date_text(value.civil()) + " " + clock_text(value.civil().micros, value.fsp());
    case ValueKind::timestamp: return date_text(value.civil()) + " " + clock_text(value.civil().micros, value.fsp()) + "Z";
    case ValueKind::uuid: return uuid_text(value.bytes());
    case ValueKind::bytes:
    case ValueKind::bits:
    case ValueKind::vector:
    case ValueKind::geometry: return hex(value.bytes());
    case ValueKind::decimal:
    case ValueKind::text:
    case ValueKind::json:
    case ValueKind::interval:
    case ValueKind::array:
    case ValueKind::other: return std::string(value.bytes());
  }
  return nullptr;
}

nlohmann::ordered_json row_to_json(const TableSchema& schema, const Value* row) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    if (!row[i].is_absent()) out[schema.columns[i].name] = value_to_json(row[i]);
  }
  return out;
}

}  // namespace tidemark::mysql
