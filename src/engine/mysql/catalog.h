// The captured tables as information_schema shows them now: columns, keys, and what cannot be captured and why.
// A handful of set queries whatever the number of tables. Uses a control connection of the caller's thread.
// Throws Error(unsupported) for tables that cannot be captured (all of them in one message), Error(credentials) for missing SELECT.
#pragma once

#include <string>
#include <vector>

#include "engine/mysql/connection.h"
#include "tidemark/schema.h"
#include "tidemark/source.h"

namespace tidemark::mysql {

/// One index of a table, as far as it can identify rows.
struct IndexFacts {
  std::string name;
  std::vector<std::string> columns;  // in index order
  bool usable = true;                // unique, whole columns, no expression, visible, ordered
};

/// Sorted by name. `cascades` receives one warning for each table whose foreign keys change rows without logging them.
std::vector<SchemaRef> describe_tables(Connection& connection, const TableSelection& selection, std::vector<std::string>* cascades);

/// Chooses the key of `table`: the configured one, else PRIMARY, else the smallest usable unique index without nullable columns.
/// Throws Error(config) for a configured key that does not fit. `table.columns` must be filled.
void choose_key(TableSchema& table, const std::vector<IndexFacts>& indexes, const std::vector<std::string>* configured);

/// The index that a keyset walk over the table's key uses; "" when there is none.
std::string index_of_key(Connection& connection, const TableSchema& table);

}  // namespace tidemark::mysql
