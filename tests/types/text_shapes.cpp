#include "types/text_shapes.h"

#include <fmt/core.h>

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace tidemark::test {

unsigned number_in_brackets(const std::string& type) {
  const size_t open = type.find('(');
  return open == std::string::npos ? 0 : static_cast<unsigned>(std::strtoul(type.c_str() + open + 1, nullptr, 10));
}

std::string with_column(const std::string& sql, const std::string& name) {
  const size_t at = sql.find("{}");
  return at == std::string::npos ? sql : sql.substr(0, at) + name + sql.substr(at + 2);
}

std::string exact_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0') throw std::runtime_error("not a number: " + text);
  return fmt::format("{}", value);
}

std::string bits_as_hex(const std::string& digits) {
  const size_t bytes = (digits.size() + 7) / 8;
  uint64_t value = 0;
  for (char c : digits) value = value << 1 | (c == '1' ? 1u : 0u);
  return fmt::format("{:0{}X}", value, bytes * 2);
}

std::string equal_json(const std::string& text) {
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (parsed.is_discarded()) throw std::runtime_error("not JSON: " + text.substr(0, 200));
  return parsed.dump();
}

}  // namespace tidemark::test
