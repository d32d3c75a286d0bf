// What one history tells and counts: printed with --trace, summed up at the end of a run. Owned by one history.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "sim/plan.h"

namespace tidemark::sim {

struct Tally {
  uint64_t commits = 0, steps = 0;
  uint64_t faults[kStepKinds] = {};
  uint64_t rounds = 0;  // that it took to converge
};

class Story {
 public:
  explicit Story(bool told) : told_(told) {}
  template <typename... Args>
  void tell(fmt::format_string<Args...> text, Args&&... args) {
    if (!told_) return;
    fmt::print("{:5} {}\n", step, fmt::format(text, std::forward<Args>(args)...));
  }
  bool told() const { return told_; }
  void fault(StepKind kind) { ++tally.faults[static_cast<size_t>(kind)]; }

  size_t step = 0;
  Tally tally;

 private:
  bool told_;
};

}  // namespace tidemark::sim
