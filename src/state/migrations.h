// The state file's schema, version by version. A file is brought from its version to ours one step at a time, each in a transaction;
// a newer file is refused, for its meaning is not known here.
#pragma once

#include <cstdint>

#include "state/connection.h"

namespace tidemark::state {

/// Written into the file's header ("TDMK"), so that another program's SQLite file is never taken for ours.
inline constexpr int64_t kApplicationId = 0x54444d4b;

/// PRAGMA user_version of the files that this build writes.
int64_t current_version();
/// Throws Error(state) when the file is not a state file, or one of a newer tidemark. True: the file is new and empty.
bool check_identity(Connection& connection);
void migrate(Connection& connection);

}  // namespace tidemark::state
