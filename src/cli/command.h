// From words to exit code: parses, runs the verb, prints errors in the one grammar that tidemark has. Called by main only.
#pragma once

#include <string>
#include <vector>

#include "tidemark/error.h"

namespace tidemark {

int run_command(const std::vector<std::string>& words);
/// "tidemark: what: cause" (problems of a configuration file: their lines), then "hint: ...".
std::string error_text(const Error& error);

}  // namespace tidemark
