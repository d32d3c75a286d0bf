#include "engine/mysql/json_decimal.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "engine/mysql/dialect.h"
#include "engine/mysql/json_fit.h"
#include "engine/mysql/json_text.h"
#include "engine/mysql/json_tree.h"
#include "model/json_canonical.h"

namespace tidemark::mysql {
namespace {

constexpr size_t kGroupDigits = 9, kGroups = 9;
constexpr int kExponentMax = 200;  // beyond it no digits are left to hold

bool is_number(std::string_view text) { return !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9')); }

bool fits(std::string_view plain) {
  if (plain[0] == '-') plain.remove_prefix(1);
  const size_t point = std::min(plain.find('.'), plain.size());
  const size_t fraction = plain.size() - std::min(point + 1, plain.size());
  return (point + kGroupDigits - 1) / kGroupDigits + (fraction + kGroupDigits - 1) / kGroupDigits <= kGroups;
}

/// The number as a DECIMAL literal.
std::optional<std::string> decimal_literal(const std::string& number) {
  std::optional<std::string> plain = number;
  if (const size_t e = number.find_first_of("eE"); e != std::string::npos) {
    int exponent = 0;
    const size_t digits = number[e + 1] == '+' ? e + 2 : e + 1;
    const auto r = std::from_chars(number.data() + digits, number.data() + number.size(), exponent);
    if (r.ec != std::errc() || exponent > kExponentMax || exponent < -kExponentMax) return std::nullopt;
    plain = canonical_number(number);
  }
  if (!plain || !canonical_number(*plain) || !fits(*plain)) return std::nullopt;
  return plain;
}

class Replacements {
 public:
  /// Takes the numbers out of the tree; false: one of them cannot be held.
  bool take(JsonNode& node) {
    if (node.kind == JsonNode::Kind::scalar) {
      if (!is_number(node.text) || is_exact_number(node.text)) return true;
      const auto literal = decimal_literal(node.text);
      if (!literal) return false;
      sql_ += ", " + hex_literal(path_, true) + ", " + *literal;
      node.text = "0";
      return true;
    }
    std::set<std::string_view> names;
    const bool is_object = node.kind == JsonNode::Kind::object;
    for (size_t i = node.children.size(); i-- > 0;) {
      // the last member of a name is the one that the server keeps
      if (is_object && !names.insert(node.keys[i]).second) {
        node.children[i] = {JsonNode::Kind::scalar, "0", {}, {}};
        continue;
      }
      const size_t length = path_.size();
      if (is_object) {
        path_ += '.';
        append_json_string(node.keys[i], path_);
      } else {
        path_ += fmt::format("[{}]", i);
      }
      const bool taken = take(node.children[i]);
      path_.resize(length);
      if (!taken) return false;
    }
    return true;
  }

  std::string& sql() { return sql_; }

 private:
  std::string path_ = "$", sql_;
};

}  // namespace

std::optional<std::string> json_with_decimals(std::string_view json) {
  JsonNode root;
  Replacements replacements;
  if (!parse_json(json, root) || !replacements.take(root)) return std::nullopt;
  std::string text;
  write_json(root, text);
  return "JSON_REPLACE(" + hex_literal(text, true) + replacements.sql() + ")";
}

}  // namespace tidemark::mysql
