#include "runtime/named_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "tidemark/error.h"

namespace tidemark {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string list_of(const std::vector<std::string>& names) {
  constexpr size_t kShown = 10;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + printable(names[i]);
  return names.size() > kShown ? fmt::format("{} and {} more", text, names.size() - kShown) : text;
}

}  // namespace

std::string suggestion(const std::string& name, const std::vector<std::string>& known) {
  const std::string* best = nullptr;
  size_t best_distance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best == nullptr ? std::string() : fmt::format(" (did you mean '{}'?)", printable(*best));
}

const PipelineConfig& choose_pipeline(const Config& config, const std::string& name, const std::string& doing) {
  std::vector<std::string> known;
  for (const PipelineConfig& pipeline : config.pipelines) {
    if (pipeline.name == name || (name.empty() && config.pipelines.size() == 1)) return pipeline;
    known.push_back(pipeline.name);
  }
  if (known.empty()) throw Error(ErrorKind::config, doing, "the configuration has no pipeline", "Add one under 'pipelines'.");
  const std::string hint = fmt::format("Pipelines in the configuration: {}.", list_of(known));
  if (name.empty()) throw Error(ErrorKind::usage, doing, "the configuration has several pipelines, and none was named", hint);
  throw Error(ErrorKind::usage, doing, fmt::format("unknown pipeline '{}'{}", printable(name), suggestion(name, known)), hint);
}

std::vector<size_t> choose_tables(const std::vector<TableName>& tables, const std::vector<std::string>& wanted, const std::string& doing) {
  std::vector<std::string> known;
  for (const TableName& table : tables) known.push_back(table.text());
  std::set<size_t> chosen;
  for (const std::string& name : wanted) {
    std::vector<size_t> full, bare;
    for (size_t i = 0; i < tables.size(); ++i) {
      if (known[i] == name) full.push_back(i);
      if (tables[i].table == name) bare.push_back(i);
    }
    const std::vector<size_t>& found = full.empty() ? bare : full;
    if (found.empty()) {
      throw Error(ErrorKind::usage, doing, fmt::format("unknown table '{}'{}", printable(name), suggestion(name, known)),
                  fmt::format("Tables of the pipeline: {}.", list_of(known)));
    }
    if (found.size() > 1) {
      throw Error(ErrorKind::usage, doing, fmt::format("table '{}' is in several databases", printable(name)),
                  fmt::format("Write it with its database: {} or {}.", printable(known[found[0]]), printable(known[found[1]])));
    }
    chosen.insert(found[0]);
  }
  return {chosen.begin(), chosen.end()};
}

}  // namespace tidemark
