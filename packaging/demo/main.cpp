// tidemark-demo-shop load SOCKET                  creates the shop and its 200,000 rows
// tidemark-demo-shop write SOCKET PER_SECOND      changes it until SIGTERM or SIGINT, then prints how many transactions it committed
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "demo/shop_rows.h"
#include "demo/shop_writer.h"

namespace {

using namespace tidemark;

constexpr int kConnections = 2;

test::MysqlAddress address_of(const std::string& socket, const char* database) {
  test::MysqlAddress address;
  address.socket = socket;
  address.database = database;
  return address;
}

int write(const std::string& socket, int per_second) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before the threads, so that they inherit it

  std::atomic<bool> stop{false};
  demo::WriterTotals totals;
  std::mutex mutex;
  std::string failure;
  std::vector<std::thread> threads;
  for (int i = 0; i < kConnections; ++i) {
    threads.emplace_back([&, i] {
      try {
        demo::write_until(stop, address_of(socket, "shop"), 1000 + static_cast<uint64_t>(i), std::max(1, per_second / kConnections),
                          totals);
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex);
        failure = error.what();
        kill(getpid(), SIGTERM);
      }
    });
  }
  int number = 0;
  sigwait(&ends, &number);
  stop = true;
  for (auto& thread : threads) thread.join();
  if (!failure.empty()) {
    fmt::print(stderr, "tidemark-demo-shop: {}\n", failure);
    return 1;
  }
  fmt::print("{}\n", totals.committed.load());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  try {
    if (words.size() == 3 && words[1] == "load") {
      test::MysqlClient connection(address_of(words[2], ""));
      demo::load_shop(connection, 42);
      return 0;
    }
    if (words.size() == 4 && words[1] == "write") return write(words[2], static_cast<int>(std::strtol(words[3].c_str(), nullptr, 10)));
  } catch (const std::exception& error) {
    fmt::print(stderr, "tidemark-demo-shop: {}\n", error.what());
    return 1;
  }
  fmt::print(stderr, "usage: tidemark-demo-shop load SOCKET | write SOCKET PER_SECOND\n");
  return 2;
}
