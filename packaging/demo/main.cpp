// tidemark-demo-shop load SERVER                  creates the shop and its 200,000 rows
// tidemark-demo-shop write SERVER PER_SECOND      changes it until SIGTERM or SIGINT, then prints how many transactions it committed
// SERVER: mysql:SOCKET, MariaDB as well, or postgres:PORT, where the database `shop` of the user `shopkeeper` lets him in as he is
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "demo/shop_rows.h"
#include "demo/shop_writer.h"
#include "servers/mysql_client.h"
#include "servers/postgres_client.h"

namespace {

using namespace tidemark;

constexpr int kConnections = 2;

std::unique_ptr<test::DatabaseClient> connect(const std::string& server, const char* database) {
  const size_t colon = server.find(':');
  const std::string engine = server.substr(0, colon), place = colon == std::string::npos ? "" : server.substr(colon + 1);
  if (engine == "mysql") {
    test::MysqlAddress address;
    address.socket = place;
    address.database = database;
    return std::make_unique<test::MysqlClient>(address);
  }
  if (engine != "postgres") throw std::invalid_argument("no server is like " + server);
  test::PostgresAddress address;
  address.port = static_cast<uint16_t>(std::strtoul(place.c_str(), nullptr, 10));
  address.user = "shopkeeper";
  address.database = "shop";
  address.search_path = database;
  return std::make_unique<test::PostgresClient>(address);
}

int write(const std::string& server, int per_second) {
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
        demo::write_until(stop, *connect(server, "shop"), 1000 + static_cast<uint64_t>(i), std::max(1, per_second / kConnections), totals);
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
      demo::load_shop(*connect(words[2], ""), 42);
      return 0;
    }
    if (words.size() == 4 && words[1] == "write") return write(words[2], static_cast<int>(std::strtol(words[3].c_str(), nullptr, 10)));
  } catch (const std::exception& error) {
    fmt::print(stderr, "tidemark-demo-shop: {}\n", error.what());
    return 1;
  }
  fmt::print(stderr, "usage: tidemark-demo-shop load SERVER | write SERVER PER_SECOND\n");
  return 2;
}
