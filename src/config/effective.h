// The configuration as it takes effect: every default written out, passwords as ***. Pure; any thread.
#pragma once

#include <string>

#include "tidemark/config.h"

namespace tidemark {

/// YAML with the keys of the configuration file. Of passwords it says only that there is one.
std::string effective_yaml(const Config& config);

}  // namespace tidemark
