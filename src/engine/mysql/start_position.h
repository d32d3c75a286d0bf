// Where a pipeline without a saved position begins: the end of the log, chosen so that no XA transaction lies across it with its rows
// before and its XA COMMIT after. Uses a control connection of the caller's thread and waits some seconds at most, or until the
// connection is cancelled.
// Throws Error(source_unavailable) while XA transactions are prepared, so that the start is tried again.
#pragma once

#include "engine/mysql/connection.h"
#include "tidemark/position.h"

namespace tidemark::mysql {

Position start_position(Connection& connection);

}  // namespace tidemark::mysql
