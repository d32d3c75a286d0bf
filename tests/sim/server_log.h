// What the simulated server says of its log when a position is checked, and the check itself: the same decision as in the
// daemon (position_check.h of the engines), judged by what the simulator knows.
#pragma once

#include "sim/source.h"

namespace tidemark::sim {

/// Throws Error as engines do, Violation when reading would go on in another history than the position's.
void check_resumed(const Source& source, const Position& position);

}  // namespace tidemark::sim
