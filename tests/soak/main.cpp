// tidemark-soak: random schemas and transactions on real servers under faults, round after round, all drawn from one seed. Exit status:
// 0 all rounds equal, 1 one was not, 2 wrong usage.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <random>
#include <string>

#include "soak/round.h"

namespace {

constexpr const char* kUsage =
    "usage: tidemark-soak [--minutes M] [--rounds N] [--seed S] [--source mariadb|mysql|postgres] [--sink postgres|sqlite|mysql|mariadb]\n"
    "                     [--keep DIRECTORY]\n"
    "  rounds of the seeds S, S+1, ... until M minutes (default 5) or N rounds are over\n";

struct Options {
  double minutes = 5;
  uint64_t rounds = UINT64_MAX, seed = std::random_device{}();
  std::string keep = "soak";
  tidemark::test::RoundEngines engines;
};

bool one_of(const std::string& value, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return value == name; });
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) return false;
    const char* value = argv[i + 1];
    char* end = nullptr;
    if (name == "--minutes")
      options.minutes = std::strtod(value, &end);
    else if (name == "--rounds")
      options.rounds = std::strtoull(value, &end, 10);
    else if (name == "--seed")
      options.seed = std::strtoull(value, &end, 10);
    else if (name == "--keep")
      options.keep = value;
    else if (name == "--source" && one_of(value, {"mariadb", "mysql", "postgres"}))
      options.engines.source = value;
    else if (name == "--sink" && one_of(value, {"postgres", "sqlite", "mysql", "mariadb"}))
      options.engines.sink = value;
    else
      return false;
    if (end != nullptr && (end == value || *end != '\0')) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  // the servers' own time zone has an hour twice; it must not matter
  setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  std::string pair;
  if (!options.engines.source.empty()) pair += " --source " + options.engines.source;
  if (!options.engines.sink.empty()) pair += " --sink " + options.engines.sink;
  fmt::print("seed {}; again: bash tests/soak.sh --seed {} --minutes {}{}; one round: --seed ITS_SEED --rounds 1{}\n", options.seed,
             options.seed, options.minutes, pair, pair);
  std::fflush(stdout);
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.minutes * 60));
  uint64_t rounds = 0, wrong = 0, transactions = 0, faults = 0, states = 0;
  while (rounds < options.rounds && (rounds == 0 || Clock::now() < end)) {
    const auto result = tidemark::test::run_round(options.seed + rounds, options.engines, options.keep);
    fmt::print("{}\n", result.line);
    std::fflush(stdout);
    ++rounds;
    if (!result.good) ++wrong;
    transactions += result.transactions;
    faults += result.faults;
    states += result.whole_states;
  }
  fmt::print("{} rounds, {} transactions, {} faults, {} whole states seen, {} wrong\n", rounds, transactions, faults, states, wrong);
  return wrong == 0 ? 0 : 1;
}
