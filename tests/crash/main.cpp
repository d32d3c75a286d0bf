// The crash matrix: kills the real daemon at every failpoint, on real servers, starts it again and compares. See tests/crash-matrix.sh.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <list>
#include <mutex>
#include <thread>

#include "crash/lane.h"

namespace tidemark::test {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Options {
  Extent extent = Extent::pairs;
  uint64_t seed = 1, times = 1;
  std::string points, pair;
};

Options read_options(int argc, char** argv) {
  Options out;
  for (int i = 1; i < argc; ++i) {
    const bool last = i + 1 == argc;
    if (std::strcmp(argv[i], "--all") == 0)
      out.extent = Extent::all;
    else if (std::strcmp(argv[i], "--sample") == 0)
      out.extent = Extent::sample;
    else if (!last && std::strcmp(argv[i], "--seed") == 0)
      out.seed = std::strtoull(argv[++i], nullptr, 10);
    else if (!last && std::strcmp(argv[i], "--times") == 0)
      out.times = std::strtoull(argv[++i], nullptr, 10);
    else if (!last && std::strcmp(argv[i], "--points") == 0)
      out.points = argv[++i];
    else if (!last && std::strcmp(argv[i], "--pair") == 0)
      out.pair = argv[++i];
    else
      throw std::invalid_argument(fmt::format("unknown option {}; see tests/crash-matrix.sh", argv[i]));
  }
  return out;
}

/// Without --pair: all of these, a lane a source.
constexpr std::array kUsualPairs = {"mariadb-postgres", "mariadb-sqlite",    "mariadb-mysql",   "mysql-postgres",
                                    "mysql-sqlite",     "postgres-postgres", "postgres-sqlite", "postgres-mysql"};

std::list<Lane> make_lanes(const std::string& only_pair) {
  std::list<Lane> out;
  for (const char* source : {"mariadb", "mysql", "postgres"}) {
    std::vector<std::string> sinks;
    for (const char* sink : {"postgres", "sqlite", "mysql", "mariadb"}) {
      const std::string pair = fmt::format("{}-{}", source, sink);
      const bool usual = std::find(kUsualPairs.begin(), kUsualPairs.end(), pair) != kUsualPairs.end();
      if (only_pair.empty() ? usual : only_pair == pair) sinks.push_back(sink);
    }
    if (!sinks.empty()) out.emplace_back(source, sinks);
  }
  if (out.empty()) {
    throw std::invalid_argument(
        "no such pair: a source, mariadb, mysql or postgres, and a sink, postgres, sqlite, mysql or mariadb, with a '-'");
  }
  return out;
}

/// Each lane in a thread; throws what one of them threw.
template <typename Work>
void in_lanes(std::list<Lane>& lanes, Work work) {
  std::exception_ptr error;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (Lane& lane : lanes) {
    threads.emplace_back([&] {
      try {
        work(lane, mutex);
      } catch (...) {
        std::lock_guard lock(mutex);
        error = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (error != nullptr) std::rethrow_exception(error);
}

struct Counts {
  size_t equal = 0, not_reached = 0, failed = 0;
};

void run_cells(Lane& lane, std::mutex& mutex, const std::vector<Cell>& cells, const Options& options, Counts& counts) {
  for (const Cell& chosen : cells) {
    if (chosen.pair->source != lane.source()) continue;
    for (uint64_t i = 0; i < options.times; ++i) {
      Cell cell = chosen;
      const auto begun = Clock::now();
      std::string why;
      const Outcome outcome = lane.run(cell, options.seed, why);
      std::lock_guard lock(mutex);
      ++(outcome == Outcome::equal ? counts.equal : outcome == Outcome::failed ? counts.failed : counts.not_reached);
      const char* word = outcome == Outcome::equal ? "equal" : outcome == Outcome::failed ? "FAILED" : "not reached";
      std::cout << fmt::format("{} {} {:.1f} s{}{}", cell.text(), word, seconds_since(begun), why.empty() ? "" : "\n  ", why) << std::endl;
    }
  }
}

int run(const Options& options) {
  const auto start = Clock::now();
  const std::vector<std::string> points = points_like(options.points);
  if (points.empty()) throw std::invalid_argument("no failpoint is like " + options.points);
  std::list<Lane> lanes = make_lanes(options.pair);
  std::vector<Pair> pairs;
  in_lanes(lanes, [&](Lane& lane, std::mutex& mutex) {
    const std::vector<Pair> measured = lane.measure(options.seed);
    std::lock_guard lock(mutex);
    pairs.insert(pairs.end(), measured.begin(), measured.end());
  });
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.text() < b.text(); });  // whichever lane was first
  const Choice choice = choose_cells(pairs, points, options.extent, options.seed);
  std::cout << fmt::format("{} points, {} cells, seed {}, measured in {:.0f} s", points.size(), choice.cells.size() * options.times,
                           options.seed, seconds_since(start))
            << std::endl;
  for (const std::string& line : choice.not_reached) std::cout << line << "\n";
  for (const std::string& point : choice.never) std::cout << "never hit: " << point << "\n";
  Counts counts;
  in_lanes(lanes, [&](Lane& lane, std::mutex& mutex) { run_cells(lane, mutex, choice.cells, options, counts); });
  std::cout << fmt::format("{} points, {} of them never hit; {} cells: {} equal, {} failed, {} not reached; {:.0f} s\n", points.size(),
                           choice.never.size(), counts.equal + counts.failed + counts.not_reached + choice.not_reached.size(), counts.equal,
                           counts.failed, counts.not_reached + choice.not_reached.size(), seconds_since(start));
  return counts.failed == 0 && choice.never.empty() && counts.equal != 0 ? 0 : 1;
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
