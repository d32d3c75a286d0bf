// The target tables: created where they are missing, examined where they exist (design 2.10: the sink is not trusted to be empty or
// friendly). Used by the thread that owns the connection; Error(data) says which column is wrong and how to cure it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/sqlite/connection.h"
#include "engine/sqlite/types.h"
#include "tidemark/sink.h"

namespace tidemark::sqlite {

/// A target table as the writer and the reader need it.
struct Target {
  SchemaRef schema;
  std::string name;
  std::vector<ColumnPlan> columns;
  std::string rowid;  // name of the rowid; tables without key only
};

/// Error(config) when two tables would share one SQLite table, Error(data) for names that SQLite keeps to itself.
std::vector<Target> plan_targets(const std::vector<SinkTable>& tables);
struct ExistingName {
  std::string type;  // "table", "view", "index"; of tables also "virtual" and "shadow"
  bool without_rowid = false, strict = false;
};
/// What there is in the file, by folded name. Two queries for 2,000 tables; asked for one table SQLite would go through all of them.
using ExistingNames = std::map<std::string, ExistingName>;
ExistingNames existing_names(Connection& connection);
/// Throws Error(data) when something else has the table's name.
bool table_exists(const ExistingNames& names, const Target& target);
/// Throws Error(data) when the existing table cannot take the source's rows unchanged.
void check_table(Connection& connection, const Target& target, const ExistingNames& names);
bool table_is_empty(Connection& connection, const Target& target);

}  // namespace tidemark::sqlite
