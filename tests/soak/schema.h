// Tables of a soak round, drawn from its seed: a kind of key (workload/key_tables.h), columns of any type (types/type_case.h) and a
// collation each. Plain data and functions that give SQL; any thread.
#pragma once

#include <string>
#include <vector>

#include "servers/database.h"
#include "sim/rng.h"
#include "types/type_case.h"
#include "workload/key_tables.h"

namespace tidemark::test {

using sim::Rng;

struct SoakTable {
  KeyTable key;
  std::vector<TypeCase> columns;  // named c0, c1, ...; values that both sinks hold as they are
};

/// Each kind of key at most once.
/// `sink`: its engine.
std::vector<SoakTable> draw_tables(Rng& rng, const DatabaseServer& server, const std::string& sink);
/// Creates and fills them in an existing database. A table whose rows would be larger than the server takes loses columns.
void create_tables(DatabaseServer& server, const std::string& database, std::vector<SoakTable>& tables, Rng& rng);

/// "INSERT INTO t (...) VALUES (...)" of the i-th key with drawn values.
std::string insert_sql(const SoakTable& table, size_t i, Rng& rng);
/// Instead of the row that may be there; and a change of that row, if it is. No more than an INSERT where keys are not unique.
std::string replace_sql(const SoakTable& table, size_t i, Rng& rng);
std::string insert_or_update_sql(const SoakTable& table, size_t i, Rng& rng);
/// "c1 = ..., c3 = ...": drawn values of some columns.
std::string set_sql(const SoakTable& table, Rng& rng);

/// What the writers' sessions need to take every value of the types.
inline const char* soak_session(Dialect dialect) {
  return dialect == Dialect::postgres ? "SET lock_timeout = '1s'"
                                      : "SET SESSION sql_mode = 'ALLOW_INVALID_DATES', innodb_lock_wait_timeout = 1";
}

}  // namespace tidemark::test
