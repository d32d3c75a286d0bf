// What happens to captured tables without a word in the log, seen in the catalog beside it: another name (up to PostgreSQL 17 the log keeps
// silent about a schema's), DROP, and what becomes of partitions. Looks are compared with the one before, at the start with what the
// state file knows. What is found stops the reader behind all that was committed before it was found.
// Owned and used by the reader thread; no I/O. Throws Error(schema_changed).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/postgres/connection.h"
#include "engine/postgres/partitions.h"
#include "tidemark/error.h"
#include "tidemark/schema.h"

namespace tidemark::postgres {

class TableWatch {
 public:
  /// `relations[i]` is tables[i], 0: it is not there. `partitioned`: some of them are.
  TableWatch(const std::vector<SchemaRef>& tables, const std::vector<uint32_t>& relations, bool partitioned);
  TableWatch() = default;

  /// Statements whose results take() wants, all of them and in this order.
  const std::string& question() const { return question_; }
  size_t results() const { return question_.empty() ? 0 : partitioned_ ? 3 : 2; }
  /// The first look is compared with TableSchema::partitions, and throws what it finds in them at once: the state file forgets it.
  void take(const std::vector<Result>& results, size_t from);
  /// Something was found, and waits for the log to come to its place. There is no need to ask meanwhile.
  bool waits() const { return place_ != 0; }
  /// `passed`: everything that was committed before has been read; `truncated[i]`: where the latest TRUNCATE of tables[i] was committed.
  void check(uint64_t passed, const std::vector<uint64_t>& truncated);

 private:
  void take_name(const PGresult* row);
  void take_partitions(const PGresult* rows);
  void compare_first(const std::map<uint32_t, Partitions>& now);

  std::vector<SchemaRef> tables_;
  std::vector<uint32_t> relations_;
  bool partitioned_ = false, looked_ = false;
  std::string question_;
  std::map<uint32_t, Partitions> known_;
  uint64_t known_at_ = 0;  // place of the look that found them

  uint64_t place_ = 0;  // of the look that found what follows
  std::optional<Error> found_;
  std::map<uint32_t, Partitions> next_;    // what is known when nothing is wrong with it
  std::map<size_t, std::string> emptied_;  // partitions by table, unless the log has a TRUNCATE of the table
};

}  // namespace tidemark::postgres
