// How many transactions of the ledger workload a position of tidemark stands for, by the source's own numbering and not by tidemark's: the
// numbers of GTIDs, or the places of the commits in PostgreSQL's log, as a slot of ours with another decoder lists them. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "servers/database.h"

namespace tidemark::test {

class LedgerCount {
 public:
  /// Counts what the source commits from now on. The server must outlive it; in PostgreSQL it keeps a slot until it is destroyed.
  explicit LedgerCount(DatabaseServer& source);
  ~LedgerCount();
  LedgerCount(const LedgerCount&) = delete;
  LedgerCount& operator=(const LedgerCount&) = delete;

  /// `position`: in the text form in which tidemark saves it. nullopt when the source numbers nothing (MySQL without GTID),
  /// or is away.
  std::optional<uint64_t> at(const std::string& position);

 private:
  void list_commits();
  DatabaseClient& client();

  DatabaseServer& source_;
  uint64_t gtid_base_ = 0;  // number of the last GTID before; 0: there are none
  std::string slot_;        // empty: not PostgreSQL
  std::mutex mutex_;        // for what follows
  std::unique_ptr<DatabaseClient> client_;
  std::set<uint64_t> commits_;  // where they end, as LSN
  uint64_t listed_to_ = 0;      // LSN
};

}  // namespace tidemark::test
