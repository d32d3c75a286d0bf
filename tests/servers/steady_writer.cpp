#include "servers/steady_writer.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <random>

namespace tidemark::test {

void create_steady_table(DatabaseServer& server, const std::string& database, int rows) {
  server.exec(fmt::format("CREATE SCHEMA {0}; CREATE TABLE {0}.t (id INT PRIMARY KEY, v VARCHAR(100), n INT NOT NULL)", database));
  std::string values;
  for (int id = 1; id <= rows; ++id) {
    values += fmt::format("{}({},'row {} of the beginning',{})", values.empty() ? "" : ",", id, id, id % 7);
    if (id % 1000 != 0 && id != rows) continue;
    server.exec(fmt::format("INSERT INTO {}.t VALUES {}", database, values));
    values.clear();
  }
}

SteadyWriter::SteadyWriter(const DatabaseServer& server, std::string database, int rows, uint64_t seed, int pause_ms)
    : server_(server), database_(std::move(database)), thread_([=, this] { run(rows, seed, pause_ms); }) {}

void SteadyWriter::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void SteadyWriter::run(int rows, uint64_t seed, int pause_ms) {
  std::mt19937_64 dice(seed);
  std::unique_ptr<DatabaseClient> client;
  while (!stop_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
    const auto id = [&] { return dice() % static_cast<uint64_t>(rows) + 1; };
    try {
      if (!client) client = server_.client(database_);
      client->exec(
          fmt::format("BEGIN; UPDATE t SET v='changed {0}', n=n+1 WHERE id={1}; DELETE FROM t WHERE id={2}; INSERT INTO t VALUES "
                      "({2},'back {0}',0); UPDATE {5} t SET id={3} WHERE id={4}; COMMIT",
                      transactions_.load(), id(), id(), id() + static_cast<uint64_t>(rows) / 2, id(),
                      server_.dialect() == Dialect::mysql ? "IGNORE" : ""));
      ++transactions_;
    } catch (const DatabaseFailure&) {  // the server went away, or the keys met
      client.reset();
    }
  }
}

}  // namespace tidemark::test
