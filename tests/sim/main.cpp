// tidemark-sim: the core against a simulated source, sink and state file. See CONTRIBUTING.md.
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "sim/history.h"
#include "sim/shrink.h"

using namespace tidemark::sim;

namespace {

struct Options {
  uint64_t seeds = 1000, first = 1;
  uint64_t seconds = 0, failures = 10;  // where it stops; 0: no limit
  bool one = false, trace = false, shrink = false;
};

bool fails(const Plan& plan) {
  Story story(false);
  try {
    run_history(plan, story);
  } catch (const std::exception&) {
    return true;
  }
  return false;
}

int usage() {
  fmt::print(
      stderr,
      "usage: tidemark-sim [--seeds N] [--first S] [--seconds T] [--failures F]   many histories, until T seconds or F failures (10)\n"
      "       tidemark-sim --seed X [--trace]                                    one again; --trace prints what happens\n"
      "       tidemark-sim --seed X --shrink                                     the same failure in few steps, printed\n");
  return 2;
}

bool parse(int argc, char** argv, Options& o) {
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    auto number = [&](uint64_t& out) {
      if (++i >= argc) return false;
      char* end = nullptr;
      out = std::strtoull(argv[i], &end, 10);
      return *argv[i] != 0 && *end == 0;
    };
    if (arg == "--seeds") {
      if (!number(o.seeds)) return false;
    } else if (arg == "--first") {
      if (!number(o.first)) return false;
    } else if (arg == "--seconds") {
      if (!number(o.seconds)) return false;
      o.seeds = UINT64_MAX / 2;
    } else if (arg == "--failures") {
      if (!number(o.failures)) return false;
    } else if (arg == "--seed") {
      if (!number(o.first)) return false;
      o.one = true;
      o.seeds = 1;
    } else if (arg == "--shrink") {
      o.shrink = o.trace = true;
    } else if (arg == "--trace") {
      o.trace = true;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return usage();
  Tally total;
  uint64_t failures = 0, seeds = 0;
  const auto start = std::chrono::steady_clock::now();
  auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  for (uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
    Plan plan = Plan::draw(seed);
    if (options.shrink && fails(plan)) plan = shrink(plan);
    Story story(options.trace);
    story.tell("seed {}: {}", seed, plan.text());
    ++seeds;
    try {
      run_history(plan, story);
    } catch (const std::exception& e) {
      ++failures;
      fmt::print("seed {} fails at step {}: {}\n  {}\n  again: tidemark-sim --seed {} --trace (or --shrink)\n", seed, story.step, e.what(),
                 plan.text(), seed);
    }
    total.commits += story.tally.commits;
    total.steps += story.tally.steps;
    total.rounds = std::max(total.rounds, story.tally.rounds);
    for (size_t i = 0; i < kStepKinds; ++i) total.faults[i] += story.tally.faults[i];
    if (failures == options.failures || (options.seconds != 0 && elapsed() > static_cast<double>(options.seconds))) break;
  }
  const double seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  uint64_t faults = 0;
  for (auto i = static_cast<size_t>(kFirstFault); i < kStepKinds; ++i) faults += total.faults[i];
  fmt::print("{} seeds, {} steps, {} simulated commits, {} faults injected, {} failures; {:.0f} seeds per second of one core\n", seeds,
             total.steps, total.commits, faults, failures, static_cast<double>(seeds) / std::max(seconds, 1e-9));
  return failures == 0 ? 0 : 1;
}
