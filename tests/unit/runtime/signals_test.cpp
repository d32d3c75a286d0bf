#include "runtime/signals.h"

#include <signal.h>

#include <chrono>
#include <thread>

#include "support/catch.h"

using namespace tidemark;
using namespace std::chrono_literals;

TEST_CASE("waiting for a signal ends when another thread says so") {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  {
    StopSignals signals;
    const auto start = std::chrono::steady_clock::now();
    std::thread other([&] { signals.wake(); });
    CHECK(signals.next(60s) == 0);
    CHECK(std::chrono::steady_clock::now() - start < 30s);
    other.join();
    CHECK(signals.next(0ms) == 0);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
