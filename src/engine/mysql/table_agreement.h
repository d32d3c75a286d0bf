// Design rules 2.7 and 2.9: rows are never decoded with a schema that is not theirs. Compares what a TABLE_MAP says with the schema that
// is believed to hold at this position. Pure; any thread.
#pragma once

#include "engine/mysql/row_steps.h"
#include "engine/mysql/table_map.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

/// Throws Error(schema_changed) naming table, column and difference.
void check_agreement(const TableMap& map, const TableSchema& schema, const ServerKind& server);

/// "DECIMAL(10,2)", "CHAR of 40 bytes", for messages; and as native_type of a schema made from the log alone.
std::string describe(const MapColumn& column);

}  // namespace tidemark::mysql
