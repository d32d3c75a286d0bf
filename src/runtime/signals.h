// Stop signals as plain function calls: the signals are blocked in every thread and taken here with sigtimedwait.
// Constructed on the main thread before any other thread starts. No errors.
#pragma once

#include <chrono>

namespace tidemark {

class StopSignals {
 public:
  StopSignals();
  /// The next of SIGTERM, SIGINT, SIGHUP, SIGUSR1, or 0 after `wait`.
  int next(std::chrono::milliseconds wait);
  /// Makes next() return 0 at once. From any thread.
  void wake();
};

}  // namespace tidemark
