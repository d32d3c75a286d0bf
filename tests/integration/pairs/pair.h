// The pair of engines that a binary of this folder tests: each test is compiled once for every pair (see CMakeLists.txt).
#pragma once

#include <string>

#include "workload/pair.h"

namespace tidemark::test {

inline const std::string kSource = TIDEMARK_PAIR_SOURCE, kSink = TIDEMARK_PAIR_SINK;

}  // namespace tidemark::test
