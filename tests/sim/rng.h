// The simulator's only source of chance: splitmix64. A step of a history has a generator of its own, seeded by the step, so that leaving
// other steps out does not change what it does (shrinking). Value type.
#pragma once

#include <cstdint>

namespace tidemark::sim {

class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed) { state_ = next() ^ (seed << 32); }
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// 0 .. n-1
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(((next() >> 32) * n) >> 32); }
  int below(int n) { return static_cast<int>(below(static_cast<uint32_t>(n))); }
  bool one_in(uint32_t n) { return below(n) == 0; }
  bool percent(uint32_t p) { return below(100u) < p; }

 private:
  uint64_t state_;
};

}  // namespace tidemark::sim
