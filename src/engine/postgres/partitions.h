// The partitions of captured tables, as the catalog shows them: the log says nothing of a partition that is attached, detached, dropped,
// or emptied by itself, and what became of its rows would be lost without a sign. Two looks at them are compared instead.
// Values and pure functions, any thread, but for read_partitions. Locks nothing at the server: pg_partition_tree() would.
// Source: PostgreSQL's src/backend/replication/pgoutput/pgoutput.c (pgoutput_truncate), commands/tablecmds.c, commands/cluster.c.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/postgres/connection.h"

namespace tidemark::postgres {

struct Partition {
  uint32_t attached = 0;  // the transaction that made it one
  uint32_t file = 0;      // 0: it is partitioned itself
  uint32_t toast = 0;     // the table of its values that are stored out of line, which TRUNCATE does not replace
  uint32_t tablespace = 0;
  bool counted = true;   // its rows were since its file began: VACUUM FULL and CLUSTER do so, ANALYZE may have
  bool brought = false;  // it was a table before it was attached
  std::string name;      // for messages
  friend bool operator==(const Partition&, const Partition&) = default;
};
using Partitions = std::map<uint32_t, Partition>;  // by relation, those of partitions that are partitioned among them

/// By the captured table that they belong to; the statement, and what its rows say.
std::string partitions_query(const std::vector<uint32_t>& tables);
std::map<uint32_t, Partitions> partitions_in(const PGresult* rows);

/// For TableSchema::partitions; never empty. What is not understood reads as none.
std::string partitions_text(const Partitions& partitions);
Partitions partitions_from(std::string_view text);

/// What happened between two looks.
struct PartitionChange {
  std::string lost;                  // what surely took or brought rows, a cause for people; empty: nothing did
  std::vector<std::string> emptied;  // that have a new, empty file: TRUNCATE of one, or of the whole table
  std::vector<std::string> unclear;  // that have a new file: rewritten, or emptied
  bool all_new = false;              // every one of them has a new file, as after TRUNCATE of the whole table
};
PartitionChange compare(const Partitions& before, const Partitions& now);

}  // namespace tidemark::postgres
