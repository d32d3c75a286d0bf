// Tables of a soak round, drawn from its seed: a kind of key (workload/key_tables.h), columns of any type (types/type_case.h) and a
// collation each. Plain data and functions that give SQL; any thread.
#pragma once

#include <string>
#include <vector>

#include "servers/mysql_family_server.h"
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
std::vector<SoakTable> draw_tables(Rng& rng, const MysqlFamilyServer& server, bool into_postgres);
/// Creates and fills them in an existing database. A table whose rows would be larger than the server takes loses columns.
void create_tables(MysqlFamilyServer& server, const std::string& database, std::vector<SoakTable>& tables, Rng& rng);

/// "INSERT INTO t (...) VALUES (...)" of the i-th key with drawn values; `verb` may be "REPLACE INTO".
std::string insert_sql(const SoakTable& table, size_t i, Rng& rng, const std::string& verb = "INSERT INTO");
/// "c1 = ..., c3 = ...": drawn values of some columns.
std::string set_sql(const SoakTable& table, Rng& rng);

/// What the writers' sessions need to take every value of the types.
inline constexpr const char* kSoakSession = "SET SESSION sql_mode = 'ALLOW_INVALID_DATES', innodb_lock_wait_timeout = 1";

}  // namespace tidemark::test
