// A thread that changes a table `<database>.t` (id, v, n) all the time with small transactions, and connects anew when the server goes
// away. Owned by one test; the destructor stops it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "servers/database.h"

namespace tidemark::test {

/// The table and its rows 1 .. rows.
void create_steady_table(DatabaseServer& server, const std::string& database, int rows);

class SteadyWriter {
 public:
  SteadyWriter(const DatabaseServer& server, std::string database, int rows, uint64_t seed, int pause_ms = 3);
  ~SteadyWriter() { stop(); }
  SteadyWriter(const SteadyWriter&) = delete;
  SteadyWriter& operator=(const SteadyWriter&) = delete;

  void stop();
  uint64_t transactions() const { return transactions_; }

 private:
  void run(int rows, uint64_t seed, int pause_ms);

  const DatabaseServer& server_;
  const std::string database_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> transactions_{0};
  std::thread thread_;
};

}  // namespace tidemark::test
