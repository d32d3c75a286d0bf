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

namespace {

/// Numbers of more digits than a double has become texts, so that each digit counts.
std::string with_long_numbers_quoted(const std::string& text) {
  constexpr size_t kDoubleDigits = 17;
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    if (text[at] == '"') {
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      out += text.substr(at, end + 1 - at);
      at = end + 1;
      continue;
    }
    const bool is_number = std::string_view("-0123456789").find(text[at]) != std::string_view::npos;
    if (is_number) end = std::min(text.find_first_not_of("+-.0123456789eE", at), text.size());
    const std::string token = text.substr(at, end - at);
    const std::string_view digits(token.c_str() + std::min(token.find_first_of("123456789"), token.size()));
    const bool is_long = is_number && digits.find_first_of("eE") == std::string_view::npos && digits.size() > kDoubleDigits + 1 &&
                         digits.find_last_not_of("0.") > kDoubleDigits;
    out += is_long ? "\"" + token + "\"" : token;
    at = end;
  }
  return out;
}

}  // namespace

std::string equal_json(const std::string& text) {
  const auto parsed = nlohmann::json::parse(with_long_numbers_quoted(text), nullptr, false);
  if (parsed.is_discarded()) throw std::runtime_error("not JSON: " + text.substr(0, 200));
  return parsed.dump();
}

}  // namespace tidemark::test
