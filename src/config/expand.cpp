#include "config/expand.h"

#include <fmt/format.h>

#include <cstdlib>

namespace tidemark {
namespace {

bool is_variable_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (char c : name) {
    if (!(c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) return false;
  }
  return true;
}

/// The inside of one ${...}.
std::optional<std::string> value_of(std::string_view inside, const VariableLookup& lookup, std::string& why) {
  size_t sign = inside.find(":-");
  std::string name(inside.substr(0, sign));
  if (!is_variable_name(name)) {
    why = fmt::format("'${{{}}}' is not ${{VARIABLE}} or ${{VARIABLE:-default}}", inside);
    return std::nullopt;
  }
  std::optional<std::string> value = lookup(name);
  if (sign != std::string_view::npos) return value && !value->empty() ? *value : std::string(inside.substr(sign + 2));
  if (!value) why = fmt::format("the environment variable {} is not set, and ${{{}}} has no default (${{{}:-default}})", name, name, name);
  return value;
}

}  // namespace

std::optional<std::string> expand_variables(std::string_view text, const VariableLookup& lookup, std::string& why) {
  std::string out;
  while (!text.empty()) {
    size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (!text.empty() && text[0] == '$') {
      out += '$';
      text.remove_prefix(1);
      continue;
    }
    size_t end = text.find('}');
    if (text.empty() || text[0] != '{' || end == std::string_view::npos) {
      why = "has a '$' that starts no ${VARIABLE}; write $$ for a dollar sign";
      return std::nullopt;
    }
    std::optional<std::string> value = value_of(text.substr(1, end - 1), lookup, why);
    if (!value) return std::nullopt;
    out += *value;
    text.remove_prefix(end + 1);
  }
  return out;
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

}  // namespace tidemark
