// The replication slot: what makes the server keep its log until we have it, and remember from where the stream goes on. One for a
// pipeline, permanent, with the plugin pgoutput. Free functions on the caller's connection (Role::source) and thread; throw Error. Source:
// PostgreSQL documentation, "pg_replication_slots", "Replication Management Functions".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/postgres/connection.h"

namespace tidemark::postgres {

struct SlotState {
  bool exists = false;
  std::string plugin, database;
  bool ours = false;                   // a permanent slot of pgoutput in this database
  int active_pid = 0;                  // of the WAL sender that reads it; 0: none
  uint64_t confirmed_flush = 0;        // what we said is saved: the stream never goes back before it
  std::string lost;                    // why the server gave it up, e.g. "wal_removed"; empty: it did not
  uint64_t retained_bytes = 0;         // log that it holds back
  std::optional<uint64_t> safe_bytes;  // that may be written before the server may give it up; nothing: no limit
  bool at_risk = false;                // past the limit already (wal_status unreserved)
  bool synced = false;                 // a standby keeps it in step with its primary's; only then can nobody read it
};

SlotState read_slot(Connection& connection, const std::string& name);

/// Busy primaries log which transactions run every 15 seconds, and a slot may need that more than once.
inline constexpr std::chrono::seconds kPrimaryPatience{120};

/// Waits for all transactions that are in progress, however long they take. Gives the place from which the stream will begin. A standby
/// learns from its primary which these are: Error(source_unavailable) when that has not told enough within `patience`.
uint64_t create_slot(Connection& connection, const std::string& name, bool failover, std::chrono::milliseconds patience = kPrimaryPatience);
/// Throws Error(busy) while it is in use.
/// A temporary copy, which vanishes with the connection; its name. It begins where `name` stands now and keeps the log from there.
std::string copy_slot(Connection& connection, const std::string& name);
void drop_slot(Connection& connection, const std::string& name);

/// Waits a moment for a WAL sender that has not yet noticed that its reader is gone; then throws Error(busy). Gives what it is then.
SlotState idle_slot(Connection& connection, const std::string& name);

/// Throws Error(server_settings) for a slot that is not pgoutput's, or another database's; source_unavailable for one that is synced.
void require_ours(const SlotState& slot, const std::string& name);

/// Why the slot may soon be lost, or is, with the cure; empty while there is room. Pure.
std::string retention_warning(const SlotState& slot, const std::string& name);
/// "idle, holds back 12 MB of the log", for people. Pure.
std::string slot_text(const SlotState& slot);

/// Tidemark gives slots names with this in front; one with another name is the user's, which is never dropped without being told.
bool named_by_tidemark(const std::string& name);

}  // namespace tidemark::postgres
