// Whether reading can go on from a saved position (design rule 2.6). The decision has no I/O of its own: it asks a ServerLog, which is a
// connection to a real server (positions.h) or the simulated one of tests/sim. Each answer is asked for when it is needed, since some are
// slow. One thread. Throws Error(lineage | log_purged | server_settings) with the missing range and the cure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/mysql/binlog_names.h"
#include "tidemark/position.h"

namespace tidemark::mysql {

class ServerLog {
 public:
  virtual ~ServerLog() = default;
  virtual bool is_mariadb() = 0;
  virtual bool expires_by_seconds() = 0;  // binlog_expire_logs_seconds, not expire_logs_days
  virtual std::string server() = 0;       // as Position::server
  virtual bool has_gtids() = 0;
  virtual std::vector<BinlogFile> files() = 0;  // oldest first
  virtual GtidSet executed() = 0;               // MySQL: gtid_executed, and gtid_purged
  virtual GtidSet purged() = 0;
  virtual GtidSet logged() = 0;  // all GTIDs up to the log's end
  /// MySQL: the GTID that the event at this place announces, or none; nothing: no event begins there.
  virtual std::optional<GtidSet> announced_at(const std::string& file, uint64_t byte) = 0;
  /// MariaDB: the GTIDs before this place; nothing: no event begins there.
  virtual std::optional<GtidSet> gtids_before(const std::string& file, uint64_t byte) = 0;
};

void check_position(ServerLog& log, const Position& position);
/// The part of it that concerns files: the log still reaches from `from`, and as far.
void check_file(ServerLog& log, const Position& position, const LogOffset& from);
[[noreturn]] void no_binlog();

}  // namespace tidemark::mysql
