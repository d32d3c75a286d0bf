// How long to wait before the next try: doubles from `initial` to `max`, with jitter, until `budget` is used up.
// Value type; the caller brings the random number and does the waiting, so that it can be simulated.
#pragma once

#include <chrono>
#include <cstdint>

namespace tidemark {

class Backoff {
 public:
  using Millis = std::chrono::milliseconds;
  Backoff(Millis initial, Millis max, Millis budget) : initial_(initial), max_(max), budget_(budget) {}

  /// The next delay, between half of and the whole nominal one. `random` is any number.
  Millis next(uint64_t random);
  /// The delays handed out since the last success reach the budget.
  bool exhausted() const { return spent_ >= budget_; }
  void succeeded() {
    attempts_ = 0;
    spent_ = Millis{0};
  }
  unsigned attempts() const { return attempts_; }

 private:
  Millis initial_, max_, budget_, spent_{0};
  unsigned attempts_ = 0;
};

}  // namespace tidemark
