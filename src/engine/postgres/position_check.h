// Whether reading can go on from a saved position (design rule 2.6). The decision has no I/O of its own: it asks a ServerLog, which is a
// connection to a real server or the simulated one of tests/sim. One thread. Throws Error(lineage | log_purged | source_unavailable) with
// the cure. Source: PostgreSQL documentation, "Streaming Replication Protocol" (IDENTIFY_SYSTEM, TIMELINE_HISTORY), "pg_replication_slots".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tidemark/position.h"

namespace tidemark::postgres {

/// Where a server stands.
struct ServerPlace {
  std::string system;     // identifier of the cluster and all its standbys
  uint64_t timeline = 0;  // a new one with each failover
  uint64_t end = 0;       // of the log; on a standby: what it has replayed
  bool standby = false;
};

struct SlotPlace {
  bool exists = false;
  std::string lost;              // why the server gave it up, e.g. "wal_removed"; empty: it did not
  uint64_t confirmed_flush = 0;  // the stream begins here, whatever is asked for: what lies before is not sent again, without a word
};

class ServerLog {
 public:
  virtual ~ServerLog() = default;
  virtual ServerPlace place() = 0;
  /// The text of TIMELINE_HISTORY.
  virtual std::string timeline_history(uint64_t timeline) = 0;
  virtual SlotPlace slot() = 0;
  virtual std::string slot_name() = 0;
};

/// Where the server left `timeline`, by the history of a later one; nothing: it was never on it.
std::optional<uint64_t> timeline_left_at(std::string_view history, uint64_t timeline);

void check_position(ServerLog& log, const Position& position);

}  // namespace tidemark::postgres
