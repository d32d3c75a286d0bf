// The servers of a pair of engines: mariadb, mysql or postgres as a source; postgres, mariadb, mysql or sqlite as a sink. Plain functions;
// the servers are the caller's.
#pragma once

#include <memory>
#include <string>

#include "servers/database.h"
#include "servers/mysql_family_server.h"
#include "servers/postgres_server.h"

namespace tidemark::test {

/// Throws std::invalid_argument for an engine that cannot be one.
std::unique_ptr<DatabaseServer> make_source(const std::string& engine, const MysqlOptions& mysql = {}, PostgresOptions postgres = {});
/// None for "sqlite". One that is killed keeps what it committed.
std::unique_ptr<DatabaseServer> make_sink(const std::string& engine);

}  // namespace tidemark::test
