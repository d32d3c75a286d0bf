#include "config/problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tidemark {
namespace {

constexpr size_t kProblemsMax = 50;

std::string line_of(const std::string& path, const Problem& problem) {
  if (problem.mark.line == 0) return fmt::format("{}: {}", path, problem.text);
  return fmt::format("{}:{}:{}: {}", path, problem.mark.line, problem.mark.column, problem.text);
}

/// All lines but the last text: Error joins this and the last problem's text with ": ".
std::string lines_up_to_last_text(const std::string& path, const std::vector<Problem>& problems) {
  std::string out;
  for (size_t i = 0; i + 1 < problems.size(); ++i) out += line_of(path, problems[i]) + "\n";
  std::string last = line_of(path, problems.back());
  return out + last.substr(0, last.size() - problems.back().text.size() - 2);
}

}  // namespace

ConfigError::ConfigError(const std::string& path, std::vector<Problem> problems)
    : Error(ErrorKind::config, lines_up_to_last_text(path, problems), problems.back().text, problems.back().hint),
      path_(path),
      problems_(std::move(problems)) {}

std::string ConfigError::line(const Problem& problem) const { return line_of(path_, problem); }

void Problems::add(Mark mark, std::string text, std::string hint) {
  found_.push_back({mark, printable(text), std::move(hint)});
  if (found_.size() >= kProblemsMax) throw_if_any();
}

void Problems::stop(Mark mark, std::string text, std::string hint) {
  found_.push_back({mark, printable(text), std::move(hint)});
  throw_if_any();
  std::abort();  // not reached: there is one
}

void Problems::throw_if_any() {
  if (found_.empty()) return;
  std::stable_sort(found_.begin(), found_.end(), [](const Problem& a, const Problem& b) { return a.mark < b.mark; });
  throw ConfigError(path_, std::move(found_));
}

}  // namespace tidemark
