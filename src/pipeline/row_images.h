// What a row image of the log leaves out (binlog_row_image MINIMAL and NOBLOB), filled in from what the log itself says. Pure functions;
// the rows live in the given arena and in the change's batch. They throw Error(unsupported) where a value would have to be guessed.
#pragma once

#include "tidemark/arena.h"
#include "tidemark/change.h"
#include "tidemark/schema.h"

namespace tidemark {

/// `change` with the after image completed by the before image, or by the columns' defaults (insert). Afterwards an insert's row is whole,
/// and an update's has at least its key columns; without a key every row is whole.
Change completed_images(const TableSchema& schema, const Change& change, Arena& arena);
/// A completed update that changes the key of a row whose other columns the log does not tell.
bool moves_partial_row(const TableSchema& schema, const Change& completed);

}  // namespace tidemark
