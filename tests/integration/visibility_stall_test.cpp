// Commits between log and visibility (stalled_commits.h) at MariaDB and MySQL.
#include "integration/stalled_commits.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"

using namespace tidemark::test;

TEST_CASE("MariaDB: a commit is held between log and visibility", "[visibility]") {
  every_stall([] { return std::make_unique<MariadbServer>(CommitStall::options(true)); });
}

TEST_CASE("MySQL with GTID: a commit is held between log and visibility", "[visibility]") {
  every_stall([] { return std::make_unique<MysqlServer>(CommitStall::options(false)); });
}

TEST_CASE("MySQL without GTID: a commit is held between log and visibility", "[visibility]") {
  every_stall([] { return std::make_unique<MysqlServer>(CommitStall::options(false, false)); });
}
