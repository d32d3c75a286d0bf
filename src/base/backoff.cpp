#include "base/backoff.h"

#include <algorithm>

namespace tidemark {

Backoff::Millis Backoff::next(uint64_t random) {
  auto nominal = std::min<int64_t>(max_.count(), initial_.count() << std::min(attempts_, 20u));
  ++attempts_;
  auto half = nominal / 2;
  Millis delay{half + (half > 0 ? static_cast<int64_t>(random % static_cast<uint64_t>(half + 1)) : 0)};
  spent_ += delay;
  return delay;
}

}  // namespace tidemark
