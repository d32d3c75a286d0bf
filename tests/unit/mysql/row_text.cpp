#include "row_text.h"

#include <fmt/format.h>

#include "engine/mysql/temporal.h"

namespace tidemark::mysql {

std::string from_hex(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) out += fmt::format("{:02X}", static_cast<unsigned>(static_cast<uint8_t>(c)));
  return out;
}

std::string value_text(const Value& value) {
  char text[32];
  switch (value.kind()) {
    case ValueKind::absent: return "~";
    case ValueKind::null: return "NULL";
    case ValueKind::int64: return std::to_string(value.int64());
    case ValueKind::uint64: return std::to_string(value.uint64());
    case ValueKind::float32: return fmt::format("{}", value.float32());
    case ValueKind::float64: return fmt::format("{}", value.float64());
    case ValueKind::date: return std::string(print_date(value.civil(), text));
    case ValueKind::datetime:
    case ValueKind::timestamp: return std::string(print_datetime(value.civil(), value.fsp(), text));
    case ValueKind::time: return std::string(print_time(value.int64(), value.fsp(), text));
    case ValueKind::text:
    case ValueKind::json:
    case ValueKind::decimal: return std::string(value.bytes());
    default: return "x" + to_hex(value.bytes());
  }
}

std::string change_text(const Change& change, size_t columns) {
  auto row = [&](Row values) {
    std::string out;
    for (size_t i = 0; i < columns; ++i) out += (i == 0 ? "" : " | ") + value_text(values[i]);
    return out;
  };
  switch (change.op) {
    case Op::insert: return "insert " + row(change.after);
    case Op::update: return "update " + row(change.before) + " -> " + row(change.after);
    case Op::remove: return "remove " + row(change.before);
    case Op::truncate: return "truncate";
  }
  return {};
}

}  // namespace tidemark::mysql
