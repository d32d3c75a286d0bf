// Waiting for something that another process does. Polls; never sleeps longer than it must.
#pragma once

#include <chrono>
#include <thread>

namespace tidemark::test {

/// True as soon as `holds()` is true; false when it is not within `limit`.
template <typename Condition>
bool wait_until(std::chrono::milliseconds limit, Condition holds) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace tidemark::test
