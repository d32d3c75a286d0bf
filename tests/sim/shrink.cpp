#include "sim/shrink.h"

#include <algorithm>
#include <exception>

#include "sim/history.h"

namespace tidemark::sim {

namespace {

/// The step at which it fails; 0: it does not.
size_t fails_at(const Plan& plan) {
  Story story(false);
  try {
    run_history(plan, story);
  } catch (const std::exception&) {
    return std::max<size_t>(story.step, 1);
  }
  return 0;
}

/// Takes the change when the plan still fails with it.
template <typename Change>
bool attempt(Plan& plan, Change change) {
  Plan smaller = plan;
  change(smaller);
  if (fails_at(smaller) == 0) return false;
  plan = std::move(smaller);
  return true;
}

/// Ever smaller runs of steps are left out.
void drop_steps(Plan& plan) {
  for (size_t run = std::max<size_t>(plan.steps.size() / 2, 1); run > 0; run /= 2) {
    for (size_t at = 0; at < plan.steps.size();) {
      const size_t n = std::min(run, plan.steps.size() - at);
      const bool dropped = attempt(plan, [&](Plan& p) {
        auto from = p.steps.begin() + static_cast<std::ptrdiff_t>(at);
        p.steps.erase(from, from + static_cast<std::ptrdiff_t>(n));
      });
      if (!dropped) at += n;
    }
  }
}

}  // namespace

Plan shrink(const Plan& plan) {
  Plan shrunk = plan;
  const size_t at = fails_at(shrunk);
  if (at < shrunk.steps.size()) attempt(shrunk, [&](Plan& p) { p.steps.resize(at); });
  for (auto i = static_cast<size_t>(kFirstFault); i < kStepKinds; ++i) {
    if (shrunk.faults >> i & 1u) attempt(shrunk, [&](Plan& p) { p.faults &= ~(1u << i); });
  }
  for (size_t left = plan.steps.size() + 1; shrunk.steps.size() < left;) {
    left = shrunk.steps.size();
    drop_steps(shrunk);
    while (shrunk.tables.size() > 1 && attempt(shrunk, [](Plan& p) { p.tables.pop_back(); })) {
    }
    if (shrunk.clients > 1) attempt(shrunk, [](Plan& p) { p.clients = 1; });
    if (shrunk.truncates) attempt(shrunk, [](Plan& p) { p.truncates = false; });
    if (shrunk.workers > 1) attempt(shrunk, [](Plan& p) { p.workers = 1; });
  }
  return shrunk;
}

}  // namespace tidemark::sim
