// One round of the soak: servers, tables, writers and faults of one seed, and the judgement in the end. One thread; throws nothing.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::test {

/// Engines of all rounds; empty: drawn from the seed.
struct RoundEngines {
  std::string source, sink;
};

struct RoundResult {
  bool good = false;
  std::string line;  // for people
  uint64_t transactions = 0, faults = 0, whole_states = 0;
};

/// What went wrong is printed, and the daemon's log goes to `<keep>/seed-<seed>`.
RoundResult run_round(uint64_t seed, const RoundEngines& engines, const std::string& keep);

}  // namespace tidemark::test
