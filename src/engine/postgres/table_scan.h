// Reads a whole table over several connections at once, by ranges of ctid, all of them under the one snapshot that the first one exports:
// under different snapshots rows that move between ranges would be lost. One thread serves all connections, since the server is what takes
// its time. Owned and used by the snapshot worker; throws Error.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/postgres/connection.h"
#include "engine/postgres/copy_out.h"
#include "engine/postgres/row_blocks.h"

namespace tidemark::postgres {

inline constexpr uint64_t kScanRangePages = 4096;  // of a range; 32 MB

struct ScanPlan {
  std::string snapshot;  // pg_export_snapshot()
  uint64_t pages = 0;    // of the table; ranges end there but for the last, which is open
  std::string from;      // "ONLY schema.table"
  std::string columns;   // copy_list()
  std::string doing;     // what an Error says has failed
};

class TableScan {
 public:
  /// `first` holds the snapshot and a lock on the table; up to `more` others are opened beside it. One that cannot be had is done without.
  TableScan(ScanPlan plan, Connection& first, const ServerAddress& address, unsigned more);

  /// False: the sink of `rows` wants no more. The transaction of `first` goes on.
  bool run(RowBlocks& rows);
  /// Connections that take part.
  size_t lanes() const { return lanes_.size(); }

 private:
  struct Lane {
    Connection* connection;
    std::optional<CopyOut> copy;
  };
  void join(const ServerAddress& address);
  /// False: there is no range left.
  bool start_next(Lane& lane);
  /// What has arrived on one connection. False: the sink wants no more.
  bool serve(Lane& lane, RowBlocks& rows, bool& idle);
  void wait_for_any() const;

  const ScanPlan plan_;
  Connection& first_;
  std::vector<std::unique_ptr<Connection>> others_;
  std::vector<Lane> lanes_;
  uint64_t next_page_ = 0;
};

}  // namespace tidemark::postgres
