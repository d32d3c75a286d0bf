#include "crash/cells.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <optional>
#include <random>

#include "base/failpoint_names.h"

namespace tidemark::test {

namespace {

constexpr uint64_t kLatestHit = 300;  // lives are not equally long: what is near the end of one is not in the next
constexpr std::array kLives = {Life::fresh, Life::resumed};

/// Nothing: no life passes the point so often.
std::optional<Cell> cell(const Pair& pair, const std::string& point, Which which, std::mt19937_64& random) {
  const uint64_t needed = which == Which::first ? 1 : which == Which::second ? 2 : 4;
  std::vector<Life> lives;
  for (const Life life : kLives) {
    if (pair.hits_of(life, point) >= needed) lives.push_back(life);
  }
  const uint64_t drawn_life = random(), drawn_hit = random();  // always two, so that a cell does not depend on those before it
  if (lives.empty()) return std::nullopt;
  const Life life = lives[drawn_life % lives.size()];
  uint64_t hit = needed;
  if (which == Which::random) hit = 3 + drawn_hit % (std::min(kLatestHit, pair.hits_of(life, point) * 3 / 4) - 2);
  return Cell{&pair, point, which, life, hit};
}

}  // namespace

uint64_t Pair::hits_of(Life life, std::string_view point) const {
  const auto& counted = hits[static_cast<size_t>(life)];
  const auto found = counted.find(std::string(point));
  return found == counted.end() ? 0 : found->second;
}

std::string Cell::text() const {
  constexpr const char* kNames[] = {"first", "second", "random"};
  return fmt::format("{:<19} {:<26} {:<6} hit {:>3} of {:<5} {:<7}", pair->text(), point, kNames[static_cast<size_t>(which)], hit,
                     pair->hits_of(life, point), name_of(life));
}

bool concerns(std::string_view point, const Pair& pair) {
  const std::string_view first = point.substr(0, point.find('.'));
  if (first == "postgres" || first == "sqlite") return first == pair.sink;
  if (first == "mysql" || first == "mariadb") return first == pair.source;
  return true;
}

std::vector<std::string> points_like(const std::string& pattern) {
  const bool shell = pattern.find_first_of("*?[") != std::string::npos;
  std::vector<std::string> out;
  for (const std::string_view known : kFailpoints) {
    const std::string name(known);
    if (shell ? fnmatch(pattern.c_str(), name.c_str(), 0) == 0 : name.find(pattern) != std::string::npos) out.push_back(name);
  }
  return out;
}

std::vector<Cell> choose_cells(const std::vector<Pair>& pairs, const std::vector<std::string>& points, bool all, uint64_t seed) {
  constexpr std::array kWhich = {Which::first, Which::second, Which::random};
  std::mt19937_64 random(seed);
  std::vector<Cell> out;
  size_t turn = seed;  // of the sample: the pairs take turns, and so do the hits
  for (const std::string& point : points) {
    std::vector<Cell> possible;
    for (size_t i = 0; i < kWhich.size(); ++i) {
      for (const Pair& pair : pairs) {
        if (const auto made = cell(pair, point, kWhich[i], random)) possible.push_back(*made);
      }
    }
    if (all)
      out.insert(out.end(), possible.begin(), possible.end());
    else if (!possible.empty())
      out.push_back(possible[turn++ * 5 % possible.size()]);
  }
  std::stable_sort(out.begin(), out.end(), [](const Cell& a, const Cell& b) { return a.pair < b.pair; });
  return out;
}

}  // namespace tidemark::test
