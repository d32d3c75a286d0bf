// The columns of tables as information_schema shows them: of a source's captured tables, and of a sink's targets.
// Set queries whatever the number of tables, on the caller's connection and thread; throws Error.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/mysql/connection.h"
#include "engine/mysql/types.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

/// "schema_column IN (...)" for the schemas of these tables; with few tables their names too, so that a server with a hundred thousand
/// others is not asked about all of them. It lets through more than the tables: callers look names up.
std::string table_scope(const std::set<TableName>& tables, std::string_view schema_column, std::string_view table_column);

/// In the tables' order; a table that is not there has no entry.
std::map<TableName, std::vector<ColumnFacts>> read_column_facts(Connection& connection, const std::set<TableName>& tables);

}  // namespace tidemark::mysql
