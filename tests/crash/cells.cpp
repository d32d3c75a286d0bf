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

const char* name_of(Which which) { return which == Which::first ? "first" : which == Which::second ? "second" : "random"; }
uint64_t hits_needed(Which which) { return which == Which::first ? 1 : which == Which::second ? 2 : 4; }

/// Nothing: no life passes the point so often.
std::optional<Cell> cell(const Pair& pair, const std::string& point, Which which, std::mt19937_64& random) {
  std::vector<Life> lives;
  for (const Life life : kLives) {
    if (pair.hits_of(life, point) >= hits_needed(which)) lives.push_back(life);
  }
  const uint64_t drawn_life = random(), drawn_hit = random();  // always two, so that a cell does not depend on those before it
  if (lives.empty()) return std::nullopt;
  const Life life = lives[drawn_life % lives.size()];
  uint64_t hit = hits_needed(which);
  if (which == Which::random) hit = 3 + drawn_hit % (std::min(kLatestHit, pair.hits_of(life, point) * 3 / 4) - 2);
  return Cell{&pair, point, which, life, hit};
}

std::string why_not_reached(const Pair& pair, const std::string& point, Which which) {
  const uint64_t most = pair.most_hits(point);
  return fmt::format("{:<19} {:<26} {:<6} not reached: {}", pair.text(), point, name_of(which),
                     most == 0 ? "no life between these two passes it" : fmt::format("the longest life passes it {} times", most));
}

}  // namespace

uint64_t Pair::hits_of(Life life, std::string_view point) const {
  const auto& counted = hits[static_cast<size_t>(life)];
  const auto found = counted.find(std::string(point));
  return found == counted.end() ? 0 : found->second;
}

uint64_t Pair::most_hits(std::string_view point) const {
  uint64_t most = 0;
  for (const Life life : kLives) most = std::max(most, hits_of(life, point));
  return most;
}

std::string Cell::text() const {
  return fmt::format("{:<19} {:<26} {:<6} hit {:>3} of {:<5} {:<7}", pair->text(), point, name_of(which), hit, pair->hits_of(life, point),
                     name_of(life));
}

bool concerns(std::string_view point, const Pair& pair) {
  const std::string_view first = point.substr(0, point.find('.'));
  if (first == "postgres" || first == "sqlite") return first == pair.sink;
  if (first == "mysql_sink") return pair.sink == "mysql" || pair.sink == "mariadb";
  if (first == "postgres_source") return pair.source == "postgres";
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

Choice choose_cells(const std::vector<Pair>& pairs, const std::vector<std::string>& points, Extent extent, uint64_t seed) {
  std::mt19937_64 random(seed);
  Choice out;
  size_t turn = seed;
  for (const std::string& point : points) {
    std::vector<std::vector<Cell>> possible;  // by pair
    bool concerned = false;
    for (const Pair& pair : pairs) {
      if (!concerns(point, pair)) continue;
      concerned = true;
      std::vector<Cell> cells;
      for (const Which which : kWhich) {
        if (const auto made = cell(pair, point, which, random))
          cells.push_back(*made);
        else if (extent == Extent::all || (extent == Extent::pairs && which == Which::first))
          out.not_reached.push_back(why_not_reached(pair, point, which));
      }
      if (!cells.empty()) possible.push_back(std::move(cells));
    }
    if (concerned && possible.empty()) out.never.push_back(point);
    if (possible.empty()) continue;
    if (extent == Extent::sample) possible = {possible[turn % possible.size()]};
    for (const std::vector<Cell>& cells : possible) {
      if (extent == Extent::all)
        out.cells.insert(out.cells.end(), cells.begin(), cells.end());
      else
        out.cells.push_back(cells[turn++ * 5 / 4 % cells.size()]);
    }
  }
  std::stable_sort(out.cells.begin(), out.cells.end(), [](const Cell& a, const Cell& b) { return a.pair < b.pair; });
  return out;
}

}  // namespace tidemark::test
