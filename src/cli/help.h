// The help texts. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"

namespace tidemark {

std::string help_overview(const std::vector<Verb>& verbs);
std::string help_of(const Verb& verb);

}  // namespace tidemark
