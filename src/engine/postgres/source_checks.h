// What a PostgreSQL server must be set up like to be a source, looked at once at the start. Everything that is wrong is reported together,
// each with the statement that cures it. Uses the caller's connection (Role::source) and thread.
// Throws Error(server_settings | credentials).
#pragma once

#include "engine/postgres/connection.h"
#include "tidemark/source.h"

namespace tidemark::postgres {

/// All of SourceInfo but `server`.
SourceInfo check_server(Connection& connection, const SourceConfig& config);

}  // namespace tidemark::postgres
