// A workload whose every committed state can be recognised: each transaction adds one row to `ledger`, moves money between two accounts
// (their sum stays), raises the writer's counter in two tables alike, and changes rows of the bulk tables. So a reader of a copy can
// tell a whole state of the source from a torn one without asking the source. Writers: one thread and connection each.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "servers/database.h"

namespace tidemark::test {

struct LedgerSize {
  int archive_rows = 6000;  // written once, read by nobody but tidemark
  int item_rows = 3000;     // integer key, changed all the time
  int label_rows = 600;     // collated text key: its order is the server's secret
  int note_rows = 120;      // no key
};

inline constexpr int kLedgerWriters = 4;
inline constexpr int kAccounts = 60;
inline constexpr int kOpeningBalance = 1000;
inline constexpr size_t kLedgerTables = 8;

/// Creates the database (in PostgreSQL: the schema) `d` with its tables and rows. From then on every transaction in the log is one row of
/// the ledger, for a LedgerCount that is made now.
void create_ledger(DatabaseServer& source, const LedgerSize& size = {});

class LedgerWriters {
 public:
  LedgerWriters(const DatabaseServer& source, uint64_t seed, int pause_ms);
  ~LedgerWriters() { stop(); }
  LedgerWriters(const LedgerWriters&) = delete;
  LedgerWriters& operator=(const LedgerWriters&) = delete;

  /// Joins the threads; throws what made one of them stop early.
  void finish();
  uint64_t transactions() const { return transactions_; }

 private:
  void stop();
  void write(int writer, uint64_t seed, int pause_ms);
  std::string transaction(int writer, uint64_t number, class LedgerDice& dice) const;

  const DatabaseServer& source_;
  std::atomic<bool> running_{true};
  std::atomic<uint64_t> transactions_{0};
  std::mutex mutex_;
  std::string failure_;
  std::vector<std::thread> threads_;
};

}  // namespace tidemark::test
