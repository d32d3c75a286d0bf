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
  std::string source;                                               // mariadb, mysql or postgres
  std::string sink;                                                 // postgres, sqlite, mysql or mariadb
  std::array<std::map<std::string, uint64_t>, kLives.size()> hits;  // by Life: how often a whole life passes each point

  std::string text() const { return source + " -> " + sink; }
  uint64_t hits_of(Life life, std::string_view point) const;
  uint64_t most_hits(std::string_view point) const;  // in one life
};

enum class Which : uint8_t { first, second, random };
inline constexpr std::array kWhich = {Which::first, Which::second, Which::random};

struct Cell {
  const Pair* pair = nullptr;
  std::string point;
  Which which = Which::first;
  Life life = Life::fresh;
  uint64_t hit = 1;

  std::string text() const;
};

enum class Extent : uint8_t {
  sample,  // every point once, in turn with one of the pairs
  pairs,   // every point and pair, in turn at one of the hits
  all,     // every point, pair and hit
};

struct Choice {
  std::vector<Cell> cells;
  std::vector<std::string> not_reached;  // cells of that extent that no life gets to, with the reason
  std::vector<std::string> never;        // points that no pair passes at all, though one of them should
};

/// Can what runs between these two pass it at all? The first word of its name says so.
bool concerns(std::string_view point, const Pair& pair);
/// The points that `pattern` selects: all when it is empty, a part of the name, or a shell pattern.
std::vector<std::string> points_like(const std::string& pattern);
/// Hits and lives that the extent does not give are drawn from the seed.
Choice choose_cells(const std::vector<Pair>& pairs, const std::vector<std::string>& points, Extent extent, uint64_t seed);

}  // namespace tidemark::test
