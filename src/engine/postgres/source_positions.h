// Places in the log of a PostgreSQL server: which server it is, where its log ends, and what position_check.h
// asks to decide whether reading can go on from a saved place (design rule 2.6). Free functions on the caller's connections and thread;
// throw Error. Source: PostgreSQL documentation, "Streaming Replication Protocol" (IDENTIFY_SYSTEM, TIMELINE_HISTORY).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/postgres/connection.h"
#include "engine/postgres/position_check.h"
#include "tidemark/config.h"
#include "tidemark/position.h"

namespace tidemark::postgres {

struct ServerIdentity {
  std::string system;     // system identifier: of the cluster and all its standbys
  uint64_t timeline = 0;  // a new one with each failover
};

/// `walsender`: a connection of Role::replication.
ServerIdentity identify(Connection& walsender);

bool in_recovery(Connection& connection);

/// A place that includes all that can be seen now, and that the stream will pass: on a primary something is written behind it when nothing
/// is. On a standby: what is replayed.
uint64_t log_end(Connection& connection);

/// The transactions that a snapshot taken now does not contain (pg_current_snapshot), sorted. On a standby none: its snapshots do not
/// know them.
std::vector<uint64_t> in_progress(Connection& connection);

/// Sorted, each once.
std::vector<uint64_t> merged(std::vector<uint64_t> a, const std::vector<uint64_t>& b);

/// A connected server as the decision of position_check.h asks for it. Borrows both connections.
class ConnectedLog final : public ServerLog {
 public:
  ConnectedLog(Connection& connection, Connection& walsender, std::string slot)
      : connection_(connection), walsender_(walsender), slot_(std::move(slot)) {}

  ServerPlace place() override;
  std::string timeline_history(uint64_t timeline) override;
  /// Waits a moment for a reader that has just gone; then throws Error(busy). Error(server_settings): the slot is of another kind.
  SlotPlace slot() override;
  std::string slot_name() override { return slot_; }

 private:
  Connection& connection_;
  Connection& walsender_;
  const std::string slot_;
};

}  // namespace tidemark::postgres
