// Places in a log that is being written: a server that lists its events may stop within one that is not whole yet. That is no error, and
// no sign of another history.
#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "engine/mysql/positions.h"
#include "servers/mysql_server.h"
#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

/// Transactions of very different sizes, so that the log's end is often within an event.
class BigWriters {
 public:
  explicit BigWriters(const MysqlServer& server) {
    for (int writer = 0; writer < 4; ++writer) {
      threads_.emplace_back([this, &server, writer] {
        MysqlClient client = server.connect("d");
        for (int i = 0; running_; ++i) client.exec(fmt::format("REPLACE INTO t VALUES ({}, REPEAT('x', {}))", writer, i % 7 * 5000));
      });
    }
  }
  ~BigWriters() {
    running_ = false;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> running_{true};
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("the end of a log that is written all the time is a place to go on from") {
  MysqlOptions options;
  options.extra = {"--max-binlog-size=2M", "--binlog-expire-logs-seconds=1"};
  MysqlServer server(options);
  server.exec("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v LONGTEXT)");
  SourceConfig config;
  config.name = "origin";
  config.engine = "mysql";
  config.address.port = server.port();
  config.address.user = server.user();
  config.address.password = Secret(server.password());
  mysql::Connection connection(config, mysql::Purpose::control);

  const BigWriters writers(server);
  Position last = mysql::end_position(connection);
  for (const auto end = std::chrono::steady_clock::now() + 6s; std::chrono::steady_clock::now() < end;) {
    const Position position = mysql::end_position(connection);
    REQUIRE(position.gtids.contains(last.gtids));
    REQUIRE_NOTHROW(mysql::check_position(connection, position));
    last = position;
  }
}
