// One thread that lives as long as the test binary and makes all child processes. A child asks the kernel for SIGKILL when its parent
// dies (PR_SET_PDEATHSIG), and for the kernel the parent is the thread that forked: a server started by a short-lived thread of a test
// would die with that thread. Thread-safe.
#pragma once

#include <functional>

namespace tidemark::test {

/// Runs `work` on that thread and returns when it is done; what it throws is thrown here.
void run_on_spawner_thread(const std::function<void()>& work);

}  // namespace tidemark::test
