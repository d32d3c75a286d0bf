#include <algorithm>

#include "tidemark/column_rule.h"
#include "tidemark/source.h"

namespace tidemark {

namespace {

/// '*' any run, '?' one byte. Linear: on a mismatch only the latest '*' is tried again.
bool glob_matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool TableSelection::matches(const TableName& name) const {
  std::string text = name.text();
  auto any = [&](const std::vector<std::string>& globs) {
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_matches(glob, text); });
  };
  return any(include) && !any(exclude);
}

bool rule_matches(const std::string& glob, const TableName& table, const std::string& column) {
  return glob_matches(glob, table.text() + "." + column);
}

ColumnRule rule_for(const ColumnRules& rules, const TableName& table, const std::string& column) {
  ColumnRule out;
  for (const auto& [glob, rule] : rules) {
    if (!rule_matches(glob, table, column)) continue;
    if (!rule.type.empty()) out.type = rule.type;
    if (rule.unfit != Unfit::by_default) out.unfit = rule.unfit;
    if (rule.nul_character) out.nul_character = rule.nul_character;
  }
  return out;
}

}  // namespace tidemark
