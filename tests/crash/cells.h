// Which deaths the matrix tries: a cell is a source, a sink, a failpoint and its first, second or some later hit. Plain data and functions.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crash/scene.h"

namespace tidemark::test {

struct Pair {
  std::string source;                                   // mariadb or mysql
  std::string sink;                                     // postgres or sqlite
  std::array<std::map<std::string, uint64_t>, 2> hits;  // by Life: how often a whole life passes each point

  std::string text() const { return source + " -> " + sink; }
  uint64_t hits_of(Life life, std::string_view point) const;
  bool passes(std::string_view point) const { return hits_of(Life::fresh, point) + hits_of(Life::resumed, point) != 0; }
};

enum class Which : uint8_t { first, second, random };

struct Cell {
  const Pair* pair = nullptr;
  std::string point;
  Which which = Which::first;
  Life life = Life::fresh;
  uint64_t hit = 1;

  std::string text() const;
};

/// Can a daemon between these two pass it at all? The first word of its name says so.
bool concerns(std::string_view point, const Pair& pair);
/// The points that `pattern` selects: all when it is empty, a part of the name, or a shell pattern.
std::vector<std::string> points_like(const std::string& pattern);
/// All cells, or one a point; hits and lives that are not given are drawn from the seed.
std::vector<Cell> choose_cells(const std::vector<Pair>& pairs, const std::vector<std::string>& points, bool all, uint64_t seed);

}  // namespace tidemark::test
