#include "workload/writers.h"

#include <fmt/core.h>

#include <chrono>
#include <random>

namespace tidemark::test {
namespace {

/// The server has ended the whole transaction.
struct TransactionGone {};

}  // namespace

/// What one thread does in its connection.
class Writers::Hand {
 public:
  Hand(Writers& writers, DatabaseClient& client, unsigned number, uint64_t seed)
      : writers_(writers), client_(client), number_(number), random_(seed) {}

  void transaction() {
    try {
      client_.exec("BEGIN");
      const size_t steps = 1 + pick(6);
      for (size_t i = 0; i < steps; ++i) step(writers_.tables_[pick(writers_.tables_.size())]);
      // now and then one that stays open while chunks are read
      if (pick(200) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(30));
      if (pick(12) == 0) {
        client_.exec("ROLLBACK");
      } else {
        client_.exec("COMMIT");
        ++writers_.transactions_;
      }
    } catch (const TransactionGone&) {
      client_.exec("ROLLBACK");
    }
  }

 private:
  size_t pick(size_t below) { return static_cast<size_t>(random_() % below); }

  /// The number of rows; none when the key is taken, which PostgreSQL's transactions only survive in a savepoint.
  uint64_t statement(const std::string& sql) {
    const bool postgres = client_.dialect() == Dialect::postgres;
    try {
      if (postgres) client_.exec("SAVEPOINT one");
      const uint64_t rows = client_.exec(sql);
      if (postgres) client_.exec("RELEASE one");
      return rows;
    } catch (const DatabaseFailure& failure) {
      if (failure.kind == DatabaseFailure::Kind::transaction_gone) throw TransactionGone{};
      if (failure.kind != DatabaseFailure::Kind::duplicate) throw;
      if (postgres) client_.exec("ROLLBACK TO SAVEPOINT one");
      return 0;
    }
  }

  void move(const KeyTable& table, size_t from, size_t to, bool with_values) {
    writers_.key_changes_ += statement(fmt::format("UPDATE {} SET {}{} WHERE {}", table.name, set_key(table, to),
                                                   with_values ? ", " + set_values(table, pick(100000)) : "", where_key(table, from)));
  }

  void step(const KeyTable& table) {
    const size_t i = pick(table.space), j = pick(table.space), spare = table.space + 16 + number_;  // nobody else's
    switch (pick(10)) {
      case 0:
      case 1: statement(insert_row(table, i, pick(100000))); return;
      case 2: statement(fmt::format("DELETE FROM {} WHERE {}", table.name, where_key(table, i))); return;
      case 3:
      case 4: statement(fmt::format("UPDATE {} SET {} WHERE {}", table.name, set_values(table, pick(100000)), where_key(table, i))); return;
      case 5: move(table, i, j, false); return;
      case 6: move(table, i, j, true); return;
      case 7:  // swap
        move(table, i, spare, false);
        move(table, j, i, pick(2) == 0);
        move(table, spare, j, false);
        return;
      case 8:  // gone and back
        statement(fmt::format("DELETE FROM {} WHERE {}", table.name, where_key(table, i)));
        statement(insert_row(table, i, pick(100000)));
        return;
      default:
        client_.exec("SAVEPOINT here");
        move(table, i, j, true);
        statement(fmt::format("DELETE FROM {} WHERE {}", table.name, where_key(table, j)));
        if (pick(2) == 0) client_.exec("ROLLBACK TO SAVEPOINT here");
        statement(insert_row(table, j, pick(100000)));
        return;
    }
  }

  Writers& writers_;
  DatabaseClient& client_;
  const unsigned number_;
  std::mt19937_64 random_;
};

Writers::Writers(const DatabaseServer& server, const std::string& database, std::vector<KeyTable> tables, unsigned threads, uint64_t seed)
    : tables_([&] {
        std::vector<KeyTable> written;
        for (auto& table : tables) {
          if (!table.quiet) written.push_back(std::move(table));
        }
        return written;
      }()) {
  for (unsigned number = 0; number < threads; ++number) {
    threads_.emplace_back([this, number, seed, client = server.client(database)] { run(*client, number, seed + number); });
  }
}

Writers::~Writers() {
  stop_ = true;
  for (auto& thread : threads_) thread.join();
}

void Writers::stop() {
  stop_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  if (failure_) std::rethrow_exception(failure_);
}

void Writers::run(DatabaseClient& client, unsigned number, uint64_t seed) {
  try {
    client.exec(client.dialect() == Dialect::postgres ? "SET lock_timeout = '1s'" : "SET SESSION innodb_lock_wait_timeout = 1");
    Hand hand(*this, client, number, seed);
    while (!stop_) hand.transaction();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
  }
}

}  // namespace tidemark::test
