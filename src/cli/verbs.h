// The verbs, one file each. Every run function returns the exit code or throws Error, which main prints. stdout carries the result,
// stderr the talk.
#pragma once

#include <vector>

#include "cli/arguments.h"

namespace tidemark {

Verb run_verb();
Verb snapshot_verb();
Verb validate_verb();
Verb status_verb();
Verb verify_verb();
Verb drop_verb();
Verb decode_verb();
Verb version_verb();
Verb help_verb();

/// All of them, in the order of the help.
std::vector<Verb> all_verbs();

/// Exit codes that are no property of an Error.
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUnreachable = 3;
inline constexpr int kExitCheckSaysNo = 4;

}  // namespace tidemark
