// One server of each kind for all the cases of a binary, started when the first of them asks for it and stopped when the binary ends.
// Cases keep apart by the names of their databases. Used by the one thread that runs the cases.
#pragma once

#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/postgres_server.h"

namespace tidemark::test {

inline MysqlFamilyServer& mariadb() {
  static MariadbServer server;
  return server;
}

inline MysqlFamilyServer& mysql() {
  static MysqlServer server;
  return server;
}

inline PostgresServer& postgres() {
  static PostgresServer server;
  return server;
}

}  // namespace tidemark::test
