#include "runtime/signals.h"

#include <signal.h>
#include <unistd.h>

namespace tidemark {

namespace {
constexpr int kWake = SIGUSR2;

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, kWake}) sigaddset(&set, signal);
  return set;
}
}  // namespace

StopSignals::StopSignals() {
  sigset_t set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

int StopSignals::next(std::chrono::milliseconds wait) {
  sigset_t set = stop_set();
  timespec timeout{wait.count() / 1000, (wait.count() % 1000) * 1'000'000};
  int signal = sigtimedwait(&set, nullptr, &timeout);
  return signal > 0 && signal != kWake ? signal : 0;
}

void StopSignals::wake() { ::kill(::getpid(), kWake); }

}  // namespace tidemark
