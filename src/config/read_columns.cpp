// columns: {"shop.orders.total": {type: "numeric(20,4)", unfit: clamp}}
#include <fmt/format.h>

#include <algorithm>

#include "config/readers.h"

namespace tidemark {
namespace {

/// A type goes into CREATE TABLE as it is written: what cannot be one, or could end the statement, is refused.
std::string type_fault(const std::string& type) {
  int depth = 0;
  char quote = 0;
  for (size_t i = 0; i < type.size(); ++i) {
    const char c = type[i];
    if (static_cast<unsigned char>(c) < ' ') return "has a control character";
    if (quote != 0) {
      if (c == quote) quote = 0;
      if (c == '\\') return "has a backslash";
      continue;
    }
    if (c == '\'' || c == '"' || c == '`') {
      quote = c;
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')' && --depth < 0) return "closes a parenthesis that is not open";
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && std::string_view(" _.,()[]-").find(c) == std::string_view::npos && static_cast<unsigned char>(c) < 0x80)
      return fmt::format("has the character '{}'", c);
    if (c == '-' && i + 1 < type.size() && type[i + 1] == '-') return "has a comment";
  }
  return quote != 0 ? "has a quote that is not closed" : depth != 0 ? "has a parenthesis that is not closed" : "";
}

ColumnRule read_rule(const YamlNode& node, const std::string& where, ReadContext& context) {
  Section section(node, where, context);
  ColumnRule rule;
  section.read("type", rule.type);
  if (const std::string fault = type_fault(rule.type); !fault.empty()) {
    section.problem(section.mark_of("type"), fmt::format("{} {}", section.name_of("type"), fault),
                    "write one type of the sink, such as numeric(20,4) or text");
  }
  section.read_choice<Unfit>("unfit", rule.unfit, {{"error", Unfit::error}, {"null", Unfit::null}, {"clamp", Unfit::clamp}});
  NulPolicy nul = NulPolicy::error;
  section.read_choice<NulPolicy>("nul_character", nul, {{"error", NulPolicy::error}, {"strip", NulPolicy::strip}});
  if (section.has("nul_character")) rule.nul_character = nul;
  section.finish();
  if (node.kind == YamlNode::Kind::map && node.keys.empty())
    section.problem(node.mark, fmt::format("'{}' says nothing", where), "give it type, unfit or nul_character");
  return rule;
}

}  // namespace

ColumnRules read_columns(Section& pipeline, ReadContext& context, std::vector<Mark>& marks) {
  ColumnRules rules;
  const YamlNode* node = pipeline.take("columns");
  if (node == nullptr) return rules;
  const std::string where = pipeline.where() + ".columns";
  if (node->kind != YamlNode::Kind::map) {
    pipeline.problem(node->mark, fmt::format("'{}' must be a map, such as {{\"shop.orders.total\": {{type: text}}}}", where));
    return rules;
  }
  for (size_t i = 0; i < node->keys.size(); ++i) {
    const YamlKey& glob = node->keys[i];
    if (std::count(glob.text.begin(), glob.text.end(), '.') < 2) {
      pipeline.problem(glob.mark, fmt::format("'{}': '{}' does not name a column of a table", where, glob.text),
                       "write database.table.column, such as shop.orders.total; * stands for any run of characters");
    }
    marks.push_back(glob.mark);
    rules.emplace_back(glob.text, read_rule(node->items[i], where + "." + glob.text, context));
  }
  return rules;
}

}  // namespace tidemark
