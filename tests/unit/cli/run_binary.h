// Runs the built tidemark as a user would, and keeps what it says. For tests; throws std::runtime_error when it cannot be started.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tidemark::test {

struct Output {
  int exit = -1;  // 128 + signal when a signal ended it
  std::string out, err;
};

/// TIDEMARK_* and NO_COLOR of our own environment are taken out; `environment` is added.
Output run_binary(const std::vector<std::string>& arguments, const std::vector<std::pair<std::string, std::string>>& environment = {});

}  // namespace tidemark::test
