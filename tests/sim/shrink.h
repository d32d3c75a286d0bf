// A failing history made short: faults, tables, clients and steps are left out as long as it still fails.
#pragma once

#include "sim/plan.h"

namespace tidemark::sim {

/// `plan` must fail. The result fails too, perhaps in another way.
Plan shrink(const Plan& plan);

}  // namespace tidemark::sim
