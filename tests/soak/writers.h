// The writers of a soak round: each transaction changes drawn tables in any way that is no DDL, and is a transaction of the ledger
// (workload/ledger.h) as well, so that a reader of the sink can tell a torn one. One thread and connection each; they connect again when
// the server was away. Owned by one round; the destructor stops them.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "soak/schema.h"

namespace tidemark::test {

class SoakWriters {
 public:
  SoakWriters(const DatabaseServer& server, const std::vector<SoakTable>& tables, uint64_t seed, int pause_ms);
  ~SoakWriters() { stop(); }
  SoakWriters(const SoakWriters&) = delete;
  SoakWriters& operator=(const SoakWriters&) = delete;

  /// Joins the threads; throws what the server refused and no fault explains.
  void finish();
  uint64_t transactions() const { return transactions_; }
  uint64_t changes() const { return changes_; }  // rows, those of lost and rolled back transactions too

 private:
  class Hand;
  void run(int writer, uint64_t seed, int pause_ms);
  void stop();

  const DatabaseServer& server_;
  const std::vector<SoakTable> tables_;
  std::atomic<bool> running_{true};
  std::atomic<uint64_t> transactions_{0}, changes_{0};
  std::mutex mutex_;
  std::string failure_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace tidemark::test
