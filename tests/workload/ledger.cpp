#include "workload/ledger.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
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

constexpr unsigned kDeadlock = 1213, kLockWait = 1205, kDuplicate = 1062;
constexpr const char* kTables =
    "CREATE DATABASE d CHARACTER SET utf8mb4; USE d;"
    "CREATE TABLE account (id INT PRIMARY KEY, balance BIGINT NOT NULL);"
    "CREATE TABLE left_count (writer INT PRIMARY KEY, n BIGINT NOT NULL);"
    "CREATE TABLE right_count (writer INT PRIMARY KEY, n BIGINT NOT NULL);"
    "CREATE TABLE ledger (writer INT, number BIGINT, amount INT NOT NULL, PRIMARY KEY (writer, number));"
    "CREATE TABLE archive (id BIGINT UNSIGNED PRIMARY KEY, v VARCHAR(60) NOT NULL, n DECIMAL(12,2));"
    "CREATE TABLE item (id INT PRIMARY KEY, v VARCHAR(60), changed INT NOT NULL DEFAULT 0);"
    "CREATE TABLE label (name VARCHAR(40) COLLATE utf8mb4_general_ci PRIMARY KEY, v INT);"
    "CREATE TABLE note (v INT, t VARCHAR(40));";

/// INSERTs of `rows` rows, 500 at a time; `row` gives the values of the i-th.
template <typename Row>
void fill(MysqlClient& client, const char* table, int rows, Row row) {
  for (int start = 0; start < rows; start += 500) {
    std::string sql = fmt::format("INSERT INTO d.{} VALUES ", table);
    for (int i = start; i < std::min(rows, start + 500); ++i) sql += (i == start ? "(" : ",(") + row(i) + ")";
    client.exec(sql);
  }
}

}  // namespace

uint64_t last_gtid_number(const std::string& gtids) {
  const size_t dash = gtids.find_last_of("-:");
  return dash == std::string::npos ? 0 : std::strtoull(gtids.c_str() + dash + 1, nullptr, 10);
}

uint64_t gtid_number_of(const std::string& position) {
  const size_t start = position.find("gtids=");
  return start == std::string::npos ? 0 : last_gtid_number(position.substr(start + 6, position.find(' ', start) - start - 6));
}

uint64_t create_ledger(MysqlFamilyServer& source, const LedgerSize& size) {
  MysqlClient client = source.connect();
  client.exec(kTables);
  fill(client, "account", kAccounts, [](int i) { return fmt::format("{},{}", i, kOpeningBalance); });
  fill(client, "left_count", kLedgerWriters, [](int i) { return fmt::format("{},0", i); });
  fill(client, "right_count", kLedgerWriters, [](int i) { return fmt::format("{},0", i); });
  fill(client, "archive", size.archive_rows, [](int i) { return fmt::format("{},'archive {}',{}.25", i * 3, i, i); });
  fill(client, "item", size.item_rows, [](int i) { return fmt::format("{},'item {}',0", i * 4 - 2000, i); });
  fill(client, "label", size.label_rows, [](int i) { return fmt::format("'{}-{}',{}", i % 7 == 0 ? "Été" : "label", i, i); });
  fill(client, "note", size.note_rows, [](int i) { return fmt::format("{},'note {}'", i % 40, i % 40); });
  return last_gtid_number(client.value(source.engine() == "mariadb" ? "SELECT @@gtid_binlog_pos" : "SELECT @@GLOBAL.gtid_executed"));
}

LedgerWriters::LedgerWriters(const MysqlFamilyServer& source, uint64_t seed, int pause_ms) : source_(source) {
  for (int writer = 0; writer < kLedgerWriters; ++writer) {
    threads_.emplace_back([this, writer, seed, pause_ms] { write(writer, seed * 100 + static_cast<uint64_t>(writer), pause_ms); });
  }
}

/// Accounts are locked in the order of their ids, so that writers seldom deadlock.
std::string LedgerWriters::transaction(int writer, uint64_t number, LedgerDice& dice) const {
  int a = dice.below(kAccounts - 1);
  const int b = a + 1 + dice.below(kAccounts - 1 - a);
  const int amount = dice.below(200) - 100;
  std::string sql = fmt::format(
      "BEGIN; UPDATE account SET balance=balance-({2}) WHERE id={0}; UPDATE account SET balance=balance+({2}) WHERE id={1};"
      "UPDATE left_count SET n=n+1 WHERE writer={3}; INSERT INTO ledger VALUES ({3},{4},{2});",
      a, b, amount, writer, number);
  const int item = dice.below(4000) * 4 - 2000, other = dice.below(16000) - 2000;
  switch (dice.below(8)) {
    case 0: sql += fmt::format("INSERT INTO item VALUES ({},'new {}',1) ON DUPLICATE KEY UPDATE changed=changed+1;", other, number); break;
    case 1: sql += fmt::format("DELETE FROM item WHERE id={};", item); break;
    case 2: sql += fmt::format("UPDATE IGNORE item SET id={},changed=changed+1 WHERE id={};", other, item); break;
    case 3: sql += fmt::format("UPDATE label SET v=v+1 WHERE name='LABEL-{}';", dice.below(600)); break;
    case 4: sql += fmt::format("UPDATE IGNORE label SET name='Renamed-{0}' WHERE name='label-{0}';", dice.below(600)); break;
    case 5: sql += fmt::format("REPLACE INTO label VALUES ('Label-{}',{});", dice.below(900), item); break;
    case 6: sql += fmt::format("UPDATE note SET v=v+1 WHERE t='note {}' LIMIT 1;", dice.below(40)); break;
    default: sql += fmt::format("UPDATE item SET v='seen {}',changed=changed+1 WHERE id BETWEEN {} AND {};", number, item, item + 8); break;
  }
  return sql + fmt::format("UPDATE right_count SET n=n+1 WHERE writer={}; COMMIT", writer);
}

void LedgerWriters::write(int writer, uint64_t seed, int pause_ms) {
  try {
    LedgerDice dice(seed);
    MysqlClient client = source_.connect("d");
    for (uint64_t number = 1; running_;) {
      try {
        client.exec(transaction(writer, number, dice));
        ++number;
        ++transactions_;
      } catch (const MysqlFailure& e) {
        if (e.number != kDeadlock && e.number != kLockWait && e.number != kDuplicate) throw;
        client.exec("ROLLBACK");
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
