#include "workload/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>

namespace tidemark::test {

class LedgerDice {
 public:
  explicit LedgerDice(uint64_t seed) : random_(seed) {}
  /// One of 0 .. n-1.
  int below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }

 private:
  std::mt19937_64 random_;
};

namespace {

constexpr const char* kMysqlTables =
    "CREATE DATABASE d CHARACTER SET utf8mb4; USE d;"
    "CREATE TABLE archive (id BIGINT UNSIGNED PRIMARY KEY, v VARCHAR(60) NOT NULL, n DECIMAL(12,2));"
    "CREATE TABLE label (name VARCHAR(40) COLLATE utf8mb4_general_ci PRIMARY KEY, v INT);"
    "CREATE TABLE note (v INT, t VARCHAR(40));";
constexpr const char* kPostgresTables =
    "CREATE SCHEMA d; SET search_path = d;"
    "CREATE TABLE archive (id BIGINT PRIMARY KEY, v VARCHAR(60) NOT NULL, n NUMERIC(12,2));"
    "CREATE TABLE label (name VARCHAR(40) COLLATE \"und-x-icu\" PRIMARY KEY, v INT);"
    "CREATE TABLE note (v INT, t VARCHAR(40)); ALTER TABLE note REPLICA IDENTITY FULL;";
constexpr const char* kTables =
    "CREATE TABLE account (id INT PRIMARY KEY, balance BIGINT NOT NULL);"
    "CREATE TABLE left_count (writer INT PRIMARY KEY, n BIGINT NOT NULL);"
    "CREATE TABLE right_count (writer INT PRIMARY KEY, n BIGINT NOT NULL);"
    "CREATE TABLE ledger (writer INT, number BIGINT, amount INT NOT NULL, PRIMARY KEY (writer, number));"
    "CREATE TABLE item (id INT PRIMARY KEY, v VARCHAR(60), changed INT NOT NULL DEFAULT 0);";

/// INSERTs of `rows` rows, 500 at a time; `row` gives the values of the i-th.
template <typename Row>
void fill(DatabaseClient& client, const char* table, int rows, Row row) {
  for (int start = 0; start < rows; start += 500) {
    std::string sql = fmt::format("INSERT INTO d.{} VALUES ", table);
    for (int i = start; i < std::min(rows, start + 500); ++i) sql += (i == start ? "(" : ",(") + row(i) + ")";
    client.exec(sql);
  }
}

}  // namespace

void create_ledger(DatabaseServer& source, const LedgerSize& size) {
  const auto connection = source.client();
  DatabaseClient& client = *connection;
  client.exec(std::string(source.dialect() == Dialect::postgres ? kPostgresTables : kMysqlTables) + kTables);
  fill(client, "account", kAccounts, [](int i) { return fmt::format("{},{}", i, kOpeningBalance); });
  fill(client, "left_count", kLedgerWriters, [](int i) { return fmt::format("{},0", i); });
  fill(client, "right_count", kLedgerWriters, [](int i) { return fmt::format("{},0", i); });
  fill(client, "archive", size.archive_rows, [](int i) { return fmt::format("{},'archive {}',{}.25", i * 3, i, i); });
  fill(client, "item", size.item_rows, [](int i) { return fmt::format("{},'item {}',0", i * 4 - 2000, i); });
  fill(client, "label", size.label_rows, [](int i) { return fmt::format("'{}-{}',{}", i % 7 == 0 ? "Été" : "label", i, i); });
  fill(client, "note", size.note_rows, [](int i) { return fmt::format("{},'note {}'", i % 40, i % 40); });
}

LedgerWriters::LedgerWriters(const DatabaseServer& source, uint64_t seed, int pause_ms) : source_(source) {
  for (int writer = 0; writer < kLedgerWriters; ++writer) {
    threads_.emplace_back([this, writer, seed, pause_ms] { write(writer, seed * 100 + static_cast<uint64_t>(writer), pause_ms); });
  }
}

namespace {

/// One of the changes to the bulk tables; MySQL's names of labels do not mind their case.
std::string mysql_change(uint64_t number, LedgerDice& dice) {
  const int item = dice.below(4000) * 4 - 2000, other = dice.below(16000) - 2000;
  switch (dice.below(8)) {
    case 0: return fmt::format("INSERT INTO item VALUES ({},'new {}',1) ON DUPLICATE KEY UPDATE changed=changed+1;", other, number);
    case 1: return fmt::format("DELETE FROM item WHERE id={};", item);
    case 2: return fmt::format("UPDATE IGNORE item SET id={},changed=changed+1 WHERE id={};", other, item);
    case 3: return fmt::format("UPDATE label SET v=v+1 WHERE name='LABEL-{}';", dice.below(600));
    case 4: return fmt::format("UPDATE IGNORE label SET name='Renamed-{0}' WHERE name='label-{0}';", dice.below(600));
    case 5: return fmt::format("REPLACE INTO label VALUES ('Label-{}',{});", dice.below(900), item);
    case 6: return fmt::format("UPDATE note SET v=v+1 WHERE t='note {}' LIMIT 1;", dice.below(40));
    default: return fmt::format("UPDATE item SET v='seen {}',changed=changed+1 WHERE id BETWEEN {} AND {};", number, item, item + 8);
  }
}

std::string postgres_change(uint64_t number, LedgerDice& dice) {
  const int item = dice.below(4000) * 4 - 2000, other = dice.below(16000) - 2000;
  switch (dice.below(8)) {
    case 0:
      return fmt::format("INSERT INTO item VALUES ({},'new {}',1) ON CONFLICT (id) DO UPDATE SET changed=item.changed+1;", other, number);
    case 1: return fmt::format("DELETE FROM item WHERE id={};", item);
    case 2:
      return fmt::format("UPDATE item SET id={0},changed=changed+1 WHERE id={1} AND NOT EXISTS (SELECT 1 FROM item WHERE id={0});", other,
                         item);
    case 3: return fmt::format("UPDATE label SET v=v+1 WHERE name='label-{}';", dice.below(600));
    case 4:
      return fmt::format(
          "UPDATE label SET name='Renamed-{0}' WHERE name='label-{0}' AND NOT EXISTS (SELECT 1 FROM label WHERE "
          "name='Renamed-{0}');",
          dice.below(600));
    case 5:
      return fmt::format("DELETE FROM label WHERE name='Label-{0}'; INSERT INTO label VALUES ('Label-{0}',{1});", dice.below(900), item);
    case 6: return fmt::format("UPDATE note SET v=v+1 WHERE ctid=(SELECT ctid FROM note WHERE t='note {}' LIMIT 1);", dice.below(40));
    default: return fmt::format("UPDATE item SET v='seen {}',changed=changed+1 WHERE id BETWEEN {} AND {};", number, item, item + 8);
  }
}

}  // namespace

/// Accounts are locked in the order of their ids, so that writers seldom deadlock.
std::string LedgerWriters::transaction(int writer, uint64_t number, LedgerDice& dice) const {
  int a = dice.below(kAccounts - 1);
  const int b = a + 1 + dice.below(kAccounts - 1 - a);
  const int amount = dice.below(200) - 100;
  std::string sql = fmt::format(
      "BEGIN; UPDATE account SET balance=balance-({2}) WHERE id={0}; UPDATE account SET balance=balance+({2}) WHERE id={1};"
      "UPDATE left_count SET n=n+1 WHERE writer={3}; INSERT INTO ledger VALUES ({3},{4},{2});",
      a, b, amount, writer, number);
  sql += source_.dialect() == Dialect::postgres ? postgres_change(number, dice) : mysql_change(number, dice);
  return sql + fmt::format("UPDATE right_count SET n=n+1 WHERE writer={}; COMMIT", writer);
}

void LedgerWriters::write(int writer, uint64_t seed, int pause_ms) {
  try {
    LedgerDice dice(seed);
    const auto client = source_.client("d");
    for (uint64_t number = 1; running_;) {
      try {
        client->exec(transaction(writer, number, dice));
        ++number;
        ++transactions_;
      } catch (const DatabaseFailure& e) {
        if (e.kind != DatabaseFailure::Kind::transaction_gone && e.kind != DatabaseFailure::Kind::duplicate) throw;
        client->exec("ROLLBACK");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
    }
  } catch (const std::exception& e) {
    std::lock_guard lock(mutex_);
    failure_ = fmt::format("writer {}: {}", writer, e.what());
  }
}

void LedgerWriters::stop() {
  running_ = false;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void LedgerWriters::finish() {
  stop();
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

}  // namespace tidemark::test
