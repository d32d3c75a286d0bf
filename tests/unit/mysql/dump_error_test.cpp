// What servers say when they refuse or end the stream; texts as MySQL 9.7 and MariaDB 10.11 sent them.
#include "engine/mysql/dump_error.h"

#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;

namespace {
std::string kind_of(unsigned number, const std::string& text) {
  try {
    mysql::throw_server_error(number, text);
  } catch (const Error& error) {
    CHECK(error.server_code() == std::to_string(number));
    return std::string(kind_name(error.kind()));
  }
}
}  // namespace

TEST_CASE("errors of the dump thread") {
  CHECK(kind_of(1236, "A replica with the same server_uuid/server_id as this replica has connected to the source; the first event") ==
        "busy");
  CHECK(kind_of(4052, "A slave with the same server_uuid/server_id is already connected; the first event 'mb.000006' at 2550") == "busy");
  CHECK(kind_of(1236, "Could not find first log file name in binary log index file") == "log_purged");
  CHECK(kind_of(1236, "Cannot replicate because the source purged required binary logs. Replicate the missing transactions") ==
        "log_purged");
  CHECK(kind_of(1236, "Could not find GTID state requested by slave in any binlog files.") == "log_purged");
  CHECK(kind_of(1236, "Error: connecting slave requested to start from GTID 0-77-99, which is not in the master's binlog") == "lineage");
  CHECK(kind_of(1236, "Replica has more GTIDs than the source has, using the source's SERVER_UUID.") == "lineage");
  CHECK(kind_of(1236, "Client requested master to start replication from impossible position") == "lineage");
  CHECK(kind_of(1236, "log event entry exceeded max_allowed_packet; Increase max_allowed_packet on master") == "server_settings");
  CHECK(kind_of(1236, "something new") == "unsupported");
  CHECK(kind_of(1227, "Access denied; you need (at least one of) the REPLICATION SLAVE privilege(s)") == "credentials");
  CHECK(kind_of(2013, "Lost connection to server during query") == "source_unavailable");
  CHECK(kind_of(1053, "Server shutdown in progress") == "source_unavailable");
}
