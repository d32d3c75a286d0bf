// ENUM and SET members that information_schema cannot show: it speaks a UTF-8 without characters outside the basic plane and prints '?'
// for them. A wrong member would be written to the sink without anybody noticing, so the real ones are asked for in other ways.
// Uses a control connection of the caller's thread. Throws Error(unsupported) with the cure where a member stays unknown.
#pragma once

#include "engine/mysql/connection.h"
#include "engine/mysql/types.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

/// A member that reads '?' may be another one.
bool labels_in_doubt(const ColumnFacts& facts);
/// Fills facts.labels.
void resolve_labels(Connection& connection, const TableName& table, ColumnFacts& facts);

}  // namespace tidemark::mysql
