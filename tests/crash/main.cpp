// The crash matrix: kills the real daemon at every failpoint, on real servers, starts it again and compares. See tests/crash-matrix.sh.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>

#include "crash/cells.h"
#include "integration/shared_servers.h"

namespace tidemark::test {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Options {
  bool all = false;
  uint64_t seed = 1;
  std::string points, pair;
};

Options read_options(int argc, char** argv) {
  Options out;
  for (int i = 1; i < argc; ++i) {
    const bool last = i + 1 == argc;
    if (std::strcmp(argv[i], "--all") == 0)
      out.all = true;
    else if (!last && std::strcmp(argv[i], "--seed") == 0)
      out.seed = std::strtoull(argv[++i], nullptr, 10);
    else if (!last && std::strcmp(argv[i], "--points") == 0)
      out.points = argv[++i];
    else if (!last && std::strcmp(argv[i], "--pair") == 0)
      out.pair = argv[++i];
    else
      throw std::invalid_argument(fmt::format("unknown option {}; see tests/crash-matrix.sh", argv[i]));
  }
  return out;
}

MysqlFamilyServer& source_of(const Pair& pair) { return pair.source == "mariadb" ? mariadb() : mysql(); }
PostgresServer* sink_of(const Pair& pair) { return pair.sink == "postgres" ? &postgres() : nullptr; }

std::vector<Pair> measured_pairs(const Options& options) {
  std::vector<Pair> out;
  for (const char* source : {"mariadb", "mysql"}) {
    for (const char* sink : {"postgres", "sqlite"}) {
      if (!options.pair.empty() && options.pair != fmt::format("{}-{}", source, sink)) continue;
      Pair& pair = out.emplace_back(Pair{source, sink, {}});
      for (const Life life : {Life::fresh, Life::resumed}) {
        Scene scene(source_of(pair), sink_of(pair), options.seed);
        try {
          pair.hits[static_cast<size_t>(life)] = scene.hits(life);
        } catch (const std::exception& error) {
          throw std::runtime_error(fmt::format("{}, {} life: {}\n{}", pair.text(), name_of(life), error.what(), scene.log_tail()));
        }
      }
    }
  }
  if (out.empty()) throw std::invalid_argument("no such pair: mariadb-postgres, mariadb-sqlite, mysql-postgres or mysql-sqlite");
  return out;
}

enum class Outcome : uint8_t { good, not_hit, failed };

/// A life may be shorter than the one that was measured: then an earlier hit is tried.
Outcome run_cell(Cell& cell, uint64_t seed, std::string& why) {
  try {
    for (;; cell.hit = (cell.hit + 1) / 2) {
      Scene scene(source_of(*cell.pair), sink_of(*cell.pair), seed);
      try {
        if (!scene.dies(cell.life, fmt::format("{}=kill@{}", cell.point, cell.hit))) {
          if (cell.which == Which::random && cell.hit > 3) continue;
          return Outcome::not_hit;
        }
        why = scene.recovers();
      } catch (const std::exception& error) {
        why = error.what();
      }
      if (!why.empty()) why += "\n" + scene.log_tail();
      return why.empty() ? Outcome::good : Outcome::failed;
    }
  } catch (const std::exception& error) {
    why = error.what();
    return Outcome::failed;
  }
}

/// Points that no daemon passes prove nothing.
size_t report_never_hit(const std::vector<Pair>& pairs, const std::vector<std::string>& points) {
  size_t never = 0;
  for (const std::string& point : points) {
    bool possible = false, passed = false;
    for (const Pair& pair : pairs) {
      possible = possible || concerns(point, pair);
      passed = passed || pair.passes(point);
    }
    if (!possible || passed) continue;
    std::cout << "never hit: " << point << "\n";
    ++never;
  }
  return never;
}

int run(const Options& options) {
  const auto start = Clock::now();
  const std::vector<std::string> points = points_like(options.points);
  if (points.empty()) throw std::invalid_argument("no failpoint is like " + options.points);
  const std::vector<Pair> pairs = measured_pairs(options);
  std::vector<Cell> cells = choose_cells(pairs, points, options.all, options.seed);
  std::cout << fmt::format("{} points, {} cells, seed {}, measured in {:.0f} s", points.size(), cells.size(), options.seed,
                           seconds_since(start))
            << std::endl;
  const size_t never = report_never_hit(pairs, points);
  std::array<size_t, 3> counts{};
  for (Cell& cell : cells) {
    const auto begun = Clock::now();
    std::string why;
    const Outcome outcome = run_cell(cell, options.seed, why);
    ++counts[static_cast<size_t>(outcome)];
    constexpr const char* kWords[] = {"equal", "not hit", "FAILED"};
    std::cout << fmt::format("{} {} {:.1f} s", cell.text(), kWords[static_cast<size_t>(outcome)], seconds_since(begun)) << std::endl;
    if (!why.empty()) std::cout << "  " << why << std::endl;
  }
  std::cout << fmt::format("{} cells: {} equal, {} failed, {} not hit; {} of {} points never hit; {:.0f} s\n", cells.size(), counts[0],
                           counts[2], counts[1], never, points.size(), seconds_since(start));
  return counts[2] == 0 && never == 0 && counts[0] != 0 ? 0 : 1;
}

}  // namespace
}  // namespace tidemark::test

int main(int argc, char** argv) {
  try {
    return tidemark::test::run(tidemark::test::read_options(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "crash-matrix: " << error.what() << "\n";
    return 2;
  }
}
