// One seed from beginning to end: the plan's steps, then no more faults, until the sink is equal to the source.
#pragma once

#include "sim/plan.h"
#include "sim/story.h"

namespace tidemark::sim {

/// Throws Violation with what is wrong; the story tells what led to it.
void run_history(const Plan& plan, Story& story);

}  // namespace tidemark::sim
