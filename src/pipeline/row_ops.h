// Copying and completing rows. Pure functions; the result lives in the given arena.
#pragma once

#include "tidemark/arena.h"
#include "tidemark/change.h"
#include "tidemark/schema.h"

namespace tidemark {

/// A deep copy: the row no longer depends on the batch that it came from.
Row copy_row(const TableSchema& schema, Row row, Arena& arena);
/// `patch` with its absent columns taken from `base`. The bytes stay where they are: both owners must live on.
Row complete_row(const TableSchema& schema, Row base, Row patch, Arena& arena);
bool has_absent(const TableSchema& schema, Row row);

}  // namespace tidemark
