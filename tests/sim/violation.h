// What a history throws when a promise is broken.
#pragma once

#include <stdexcept>

namespace tidemark::sim {

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tidemark::sim
