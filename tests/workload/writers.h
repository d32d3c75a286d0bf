// Threads that write to key tables as fast as the server takes it: inserts, updates, deletes, keys that move anywhere in the table, rows
// deleted and brought back, swaps through a spare key, transactions over several tables, savepoints, rollbacks. Each thread has one
// connection of its own. Owned by one test; the destructor stops them.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "workload/key_tables.h"

namespace tidemark::test {

class Writers {
 public:
  Writers(const DatabaseServer& server, const std::string& database, std::vector<KeyTable> tables, unsigned threads, uint64_t seed);
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  /// Ends them after their current transactions; throws what made one of them end before.
  void stop();
  uint64_t transactions() const { return transactions_; }  // committed
  uint64_t key_changes() const { return key_changes_; }    // rows whose key was changed, rolled back ones too

 private:
  class Hand;
  void run(DatabaseClient& client, unsigned number, uint64_t seed);

  const std::vector<KeyTable> tables_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> transactions_{0}, key_changes_{0};
  std::mutex mutex_;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace tidemark::test
