// The daemon's peak resident memory against its limit.
#pragma once

#include "servers/tidemark_process.h"
#include "support/catch.h"

namespace tidemark::test {

/// A sanitizer's shadow memory and quarantine are not tidemark's: instrumented, the daemon is watched for errors only.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsMeasurable = false;
#else
constexpr bool kMemoryIsMeasurable = true;
#endif

inline void check_peak(const TidemarkProcess& daemon, uint64_t limit_mib) {
  const uint64_t peak = daemon.peak_resident_kib();
  INFO("peak resident memory: " << peak / 1024 << " MiB");
  CHECK(peak > 0);
  if (kMemoryIsMeasurable) CHECK(peak < limit_mib * 1024);
}

}  // namespace tidemark::test
