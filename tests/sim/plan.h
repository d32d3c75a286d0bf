// What a seed draws: the kind of server, its tables, the core's options, which faults may happen, and the steps of the history. Steps carry
// seeds of their own, so a plan stays valid when some of them, or some faults, are left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/core.h"
#include "sim/tables.h"

namespace tidemark::sim {

enum class ServerKind : uint8_t {
  mysql_gtids,  // read views know a lower bound: gtid_executed, which lags; exact under a lock
  mysql_files,  // no GTIDs: every read view is opened under a lock
  mariadb,      // exact by offset
  postgres,     // exact by snapshot: transactions become visible in any order
};
const char* name_of(ServerKind kind);

/// What update images carry. `toast`: all but large objects that did not change, no old row unless the key changed.
enum class Images : uint8_t { full, minimal, noblob, toast };

enum class StepKind : uint8_t {
  // the world goes on
  statement,
  commit,
  roll_back,
  reveal,
  execute,
  foreign,
  rotate,
  // the daemon goes on
  read_log,
  route,
  copy,
  apply,
  save,
  operate,
  // what may go wrong; each is a fault that a plan may allow
  kill,
  cut_log,
  cut_copy,
  cut_sink,
  restart_source,
  purge,
  fail_over,
  lose_log,    // to a server that lacks transactions, or a backup: the log is shorter than it was
  purge_gap,   // what the daemon has not read yet is gone
  alter,       // DDL on a captured table
  fill_disk,   // the state file cannot be written
  lose_state,  // the state file is gone
  old_state,   // its latest writes are gone
  // faults within another step
  ambiguous,  // COMMIT without an answer
  deadlock,   // the sink rolls back
  count
};
constexpr size_t kStepKinds = static_cast<size_t>(StepKind::count);
constexpr StepKind kFirstFault = StepKind::kill;
const char* name_of(StepKind kind);

struct Step {
  StepKind kind;
  uint64_t seed;
};

struct Plan {
  uint64_t seed = 0;
  ServerKind server = ServerKind::mysql_gtids;
  Images images = Images::full;
  bool visible_in_order = true;
  bool unordered = false;  // MariaDB: XA and loose commits, which the engine ends after their turn in the log (CommitOrder)
  bool prepares = false;   // XA transactions that are prepared first, and committed or rolled back later
  uint32_t linger = 2;     // how long after it: a semi-synchronous replica may hold them
  bool truncates = false;  // tables are emptied by TRUNCATE now and then
  bool moves = false;      // keys go on moving when all else is over, until the copy is done
  int clients = 2, workers = 2;
  std::vector<const TableShape*> tables;
  CoreOptions options;
  bool turns_exact = false;  // the plain mode is for the first start only: the operator sets exactly_once: true
  uint32_t parts = 0;        // transactions are delivered in parts one time in so many; 0: never
  int hot_slots = kSlots;    // rows are written mostly among so many keys
  uint32_t faults = 0;       // bit of a StepKind from kFirstFault on
  std::vector<Step> steps;

  static Plan draw(uint64_t seed);
  bool allows(StepKind fault) const { return (faults >> static_cast<unsigned>(fault)) & 1u; }
  std::string text() const;
};

}  // namespace tidemark::sim
