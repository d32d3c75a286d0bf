#include "soak/writers.h"

#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <stdexcept>

#include "workload/ledger.h"

namespace tidemark::test {
/// What one thread does in one connection.
class SoakWriters::Hand {
 public:
  Hand(SoakWriters& all, std::unique_ptr<DatabaseClient> client, int writer, Rng& rng)
      : all_(all), connection_(std::move(client)), client_(*connection_), writer_(writer), rng_(rng) {
    client_.exec(soak_session(client_.dialect()));
    // a commit whose answer was lost has happened or not: the server knows
    number_ = std::stoull(client_.value(fmt::format("SELECT n + 1 FROM left_count WHERE writer = {}", writer_)));
  }

  void transaction() {
    try {
      begin();
      for (int steps = rng_.below(7); steps > 0; --steps) step(all_.tables_[rng_.below(static_cast<uint32_t>(all_.tables_.size()))]);
      // now and then one that stays open while chunks are read
      if (rng_.one_in(100)) std::this_thread::sleep_for(std::chrono::milliseconds(40));
      if (rng_.one_in(12)) {
        client_.exec("ROLLBACK");
        return;
      }
      client_.exec(fmt::format("UPDATE right_count SET n = n + 1 WHERE writer = {}", writer_));
      client_.exec("COMMIT");
      ++number_;
      ++all_.transactions_;
    } catch (const DatabaseFailure& failure) {
      if (failure.kind != DatabaseFailure::Kind::transaction_gone) throw;
      client_.exec("ROLLBACK");
    }
  }

 private:
  /// Accounts are locked in the order of their ids, so that writers seldom deadlock.
  void begin() {
    const int a = rng_.below(kAccounts - 1), b = a + 1 + rng_.below(kAccounts - 1 - a), amount = rng_.below(200) - 100;
    client_.exec(
        fmt::format("BEGIN; UPDATE account SET balance = balance - ({2}) WHERE id = {0}; UPDATE account SET balance = balance + ({2}) "
                    "WHERE id = {1}; UPDATE left_count SET n = n + 1 WHERE writer = {3}; INSERT INTO ledger VALUES ({3}, {4}, {2})",
                    a, b, amount, writer_, number_));
  }

  /// A key that is taken is no failure; PostgreSQL's transactions survive it in a savepoint only.
  void statement(const std::string& sql) {
    const bool postgres = client_.dialect() == Dialect::postgres;
    try {
      if (postgres) client_.exec("SAVEPOINT one");
      all_.changes_ += client_.exec(sql);
      if (postgres) client_.exec("RELEASE one");
    } catch (const DatabaseFailure& failure) {
      if (failure.kind != DatabaseFailure::Kind::duplicate) throw;
      if (postgres) client_.exec("ROLLBACK TO SAVEPOINT one");
    }
  }

  void move(const SoakTable& table, size_t from, size_t to, bool with_values) {
    statement(fmt::format("UPDATE {} SET {}{} WHERE {}", table.key.name, set_key(table.key, to),
                          with_values ? ", " + set_sql(table, rng_) : "", where_key(table.key, from)));
  }

  void remove(const SoakTable& table, size_t i) {
    statement(fmt::format("DELETE FROM {} WHERE {}", table.key.name, where_key(table.key, i)));
  }

  void update_many(const SoakTable& table, int rows) {
    const std::string update = fmt::format("UPDATE {} SET {}", table.key.name, set_sql(table, rng_));
    if (client_.dialect() == Dialect::postgres) {
      statement(fmt::format("{} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {} LIMIT {}))", update, table.key.name, rows));
    } else {
      statement(fmt::format("{} LIMIT {}", update, rows));
    }
  }

  void step(const SoakTable& table) {
    if (table.key.quiet) return;
    const auto key = [&] { return static_cast<size_t>(rng_.below(static_cast<uint32_t>(table.key.space))); };
    const size_t i = key(), j = key(), spare = table.key.space + 16 + static_cast<size_t>(writer_);  // nobody else's
    switch (rng_.below(12)) {
      case 0:
      case 1: return statement(insert_sql(table, i, rng_));
      case 2: return remove(table, i);
      case 3:
      case 4: return statement(fmt::format("UPDATE {} SET {} WHERE {}", table.key.name, set_sql(table, rng_), where_key(table.key, i)));
      case 5: return move(table, i, j, rng_.one_in(2));
      case 6: return statement(replace_sql(table, i, rng_));
      case 7: return statement(insert_or_update_sql(table, i, rng_));
      case 8:  // swap
        move(table, i, spare, false);
        move(table, j, i, rng_.one_in(2));
        return move(table, spare, j, false);
      case 9:  // gone and back
        remove(table, i);
        return statement(insert_sql(table, i, rng_));
      case 10:  // many rows
        return update_many(table, 2 + rng_.below(30));
      default:
        client_.exec("SAVEPOINT here");
        move(table, i, j, true);
        remove(table, j);
        if (rng_.one_in(2)) client_.exec("ROLLBACK TO SAVEPOINT here");
        return statement(insert_sql(table, j, rng_));
    }
  }

  SoakWriters& all_;
  const std::unique_ptr<DatabaseClient> connection_;
  DatabaseClient& client_;
  const int writer_;
  Rng& rng_;
  uint64_t number_ = 1;
};

SoakWriters::SoakWriters(const DatabaseServer& server, const std::vector<SoakTable>& tables, uint64_t seed, int pause_ms)
    : server_(server), tables_(tables) {
  for (int writer = 0; writer < kLedgerWriters; ++writer) {
    threads_.emplace_back([this, writer, seed, pause_ms] { run(writer, seed + static_cast<uint64_t>(writer), pause_ms); });
  }
}

void SoakWriters::run(int writer, uint64_t seed, int pause_ms) {
  Rng rng(seed);
  std::unique_ptr<Hand> hand;
  while (running_) {
    try {
      if (!hand) hand = std::make_unique<Hand>(*this, server_.client("d"), writer, rng);
      hand->transaction();
    } catch (const DatabaseFailure& failure) {
      hand.reset();
      if (failure.kind == DatabaseFailure::Kind::connection_lost) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        continue;
      }
      const std::lock_guard lock(mutex_);
      failure_ = fmt::format("writer {}: {}", writer, failure.what());
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
  }
}

void SoakWriters::stop() {
  running_ = false;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void SoakWriters::finish() {
  stop();
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

}  // namespace tidemark::test
