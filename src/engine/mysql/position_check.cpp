#include "engine/mysql/position_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "tidemark/error.h"

namespace tidemark::mysql {

namespace {

constexpr const char* kCopyAgain =
    "start over with a new copy: remove this pipeline's state at the sink and in the state file, and run it with startup mode 'initial'";

/// What to do about a log that is gone.
std::string copy_again_and_keep(ServerLog& log) {
  return fmt::format("{}; to keep the log longer: SET GLOBAL {}", kCopyAgain,
                     log.expires_by_seconds() ? "binlog_expire_logs_seconds=604800" : "expire_logs_days=7");
}

[[noreturn]] void other_contents(const Position& position, const std::string& cause) {
  throw Error(ErrorKind::lineage, "continuing from the saved position", cause,
              std::string("the server's log was reset, or the server was restored from a backup: ") + kCopyAgain)
      .at(position.file_text());
}

/// After a reset the same file names, and on MySQL the same GTIDs, come again with other contents. So the place that we stand at must
/// still be one between two transactions, and the next one must be new to us.
void check_mysql_contents(ServerLog& log, const Position& position) {
  const std::vector<BinlogFile> files = log.files();
  if (files.empty()) no_binlog();
  const std::string file = binlog_file_name(files, position.log_name, position.offset.file);
  const auto it = std::find_if(files.begin(), files.end(), [&](const BinlogFile& f) { return f.name == file; });
  if (it == files.end()) {
    if (position.offset.file > split_file_name(files.back().name).second)
      other_contents(position, fmt::format("the server's last log file is {}", printable(files.back().name)));
    return;  // purged behind us, or check_file says otherwise
  }
  if (it->bytes < position.offset.byte) other_contents(position, fmt::format("{} has {} bytes only", printable(file), it->bytes));
  if (it->bytes == position.offset.byte) return;
  const std::optional<GtidSet> begun = log.announced_at(file, position.offset.byte);
  if (!begun) other_contents(position, fmt::format("no event of {} begins at byte {}", printable(file), position.offset.byte));
  if (!begun->empty() && position.gtids.contains(*begun)) other_contents(position, fmt::format("{} comes once more there", begun->text()));
}

void check_mysql_gtids(ServerLog& log, const Position& position) {
  const GtidSet executed = log.executed();
  const GtidSet purged = log.purged();
  GtidSet missing = position.gtids.minus(executed);
  // A commit that is held is in the log, and was streamed to us, before it is executed (design rule 2.1); the server streams on behind it.
  if (!missing.empty()) missing = missing.minus(log.logged());
  if (!missing.empty()) {
    throw Error(
        ErrorKind::lineage, "continuing from the saved position", fmt::format("the server never executed {}", missing.text()),
        fmt::format("connect to the server that has these transactions (the saved position is of server {}); if its log was reset, {}",
                    position.server, kCopyAgain))
        .at(position.file_text());
  }
  const GtidSet& from = position.read_from.file != 0 && !position.read_from_gtids.empty() ? position.read_from_gtids : position.gtids;
  if (!from.contains(purged)) {
    throw Error(ErrorKind::log_purged, "continuing from the saved position",
                fmt::format("the server has purged {} from its log", purged.minus(from).text()), copy_again_and_keep(log))
        .at(position.file_text());
  }
}

void check_mariadb_gtids(ServerLog& log, const Position& position) {
  if (position.gtids.empty()) {
    throw Error(ErrorKind::lineage, "continuing from the saved position",
                fmt::format("it is of server {}, this is server {}, and it has no GTIDs to compare", position.server, log.server()),
                fmt::format("connect to the server that it belongs to, or {}", kCopyAgain))
        .at(position.file_text());
  }
  const GtidSet now = log.logged();
  if (!now.contains(position.gtids)) {
    throw Error(ErrorKind::lineage, "continuing from the saved position",
                fmt::format("the server's log is at {}, the position is at {}", now.text(), position.gtids.text()),
                fmt::format("connect to a server that has these transactions in its binary log (log_slave_updates=ON on replicas), or {}",
                            kCopyAgain))
        .at(position.file_text());
  }
  const std::vector<BinlogFile> files = log.files();
  if (files.empty()) no_binlog();
  const GtidSet& from = position.read_from.file != 0 && !position.read_from_gtids.empty() ? position.read_from_gtids : position.gtids;
  const GtidSet oldest = log.gtids_before(files.front().name, 4).value_or(GtidSet());
  if (!from.contains(oldest)) {
    throw Error(ErrorKind::log_purged, "continuing from the saved position",
                fmt::format("the server's oldest log file {} begins at {}, the position {} is at {}", printable(files.front().name),
                            oldest.text(), position.file_text(), from.text()),
                copy_again_and_keep(log))
        .at(position.file_text());
  }
}

/// The file is gone, but it may be that nothing of it is missing: its last transactions were read, and then it was rotated.
bool was_purged(ServerLog& log, const Position& position, const LogOffset& from) {
  const std::vector<BinlogFile> files = log.files();
  return !files.empty() && !position.gtids.empty() && from.file < split_file_name(files.front().name).second;
}

}  // namespace

[[noreturn]] void no_binlog() {
  throw Error(ErrorKind::server_settings, "reading the log's end", "the binary log is off",
              "start the server with log_bin (in my.cnf: [mysqld] log_bin=mysql-bin) and binlog_format=ROW");
}

void check_file(ServerLog& log, const Position& position, const LogOffset& from) {
  const std::vector<BinlogFile> files = log.files();
  if (files.empty()) no_binlog();
  const std::string wanted = binlog_file_name(files, position.log_name, from.file);
  const auto it = std::find_if(files.begin(), files.end(), [&](const BinlogFile& f) { return f.name == wanted; });
  if (it == files.end()) {
    const bool newer = from.file > split_file_name(files.back().name).second;
    throw Error(newer ? ErrorKind::lineage : ErrorKind::log_purged, fmt::format("continuing from {}:{}", printable(wanted), from.byte),
                fmt::format("the server has the log files {} to {} only", printable(files.front().name), printable(files.back().name)),
                newer ? std::string("the server's log was reset (RESET MASTER) or this is another server: ") + kCopyAgain
                      : copy_again_and_keep(log))
        .at(position.file_text());
  }
  if (it->bytes < from.byte) {
    throw Error(ErrorKind::lineage, fmt::format("continuing from {}:{}", printable(wanted), from.byte),
                fmt::format("the file has {} bytes only: the server lost the end of its log, or it was reset", it->bytes), kCopyAgain)
        .at(position.file_text());
  }
}

void check_position(ServerLog& log, const Position& position) {
  if (!position.known()) return;
  const bool mariadb = log.is_mariadb();
  if ((position.lineage == Lineage::mariadb) != mariadb) {
    throw Error(ErrorKind::lineage, "continuing from the saved position",
                fmt::format("it is of a {} server, this one is {}", mariadb ? "MySQL" : "MariaDB", mariadb ? "MariaDB" : "MySQL"),
                kCopyAgain)
        .at(position.file_text());
  }
  // Of a position that is known by its GTIDs only, read_from is an offset in the log of another server.
  const LogOffset from = position.read_from.file != 0 && position.offset.file != 0 ? position.read_from : position.offset;
  const bool same_server = position.server == log.server();
  if (!mariadb && log.has_gtids() && !position.gtids.empty()) {
    check_mysql_gtids(log, position);
    if (same_server && position.offset.file != 0) check_mysql_contents(log, position);
    return;
  }
  if (mariadb && (!same_server || from.file == 0 || was_purged(log, position, from))) return check_mariadb_gtids(log, position);
  if (!same_server) {
    throw Error(ErrorKind::lineage, "continuing from the saved position",
                fmt::format("it is of server {}, this is server {}, and without GTIDs the two logs cannot be compared", position.server,
                            log.server()),
                fmt::format("connect to the server that it belongs to, or {}", kCopyAgain))
        .at(position.file_text());
  }
  if (from.file == 0) return;  // nothing was executed yet
  check_file(log, position, from);
  if (!mariadb) return check_mysql_contents(log, position);
  if (position.gtids.empty() || position.offset.file == 0) return;
  // After RESET MASTER the same file names come again with other contents.
  const std::string file = binlog_file_name(log.files(), position.log_name, position.offset.file);
  const std::optional<GtidSet> there = log.gtids_before(file, position.offset.byte);
  if (!there) other_contents(position, fmt::format("no event of the server's log begins at {}", position.file_text()));
  if (!(*there == position.gtids)) {
    other_contents(position, fmt::format("at {} the server's log has the GTIDs {}, the position has {}", position.file_text(),
                                         there->text(), position.gtids.text()));
  }
}

}  // namespace tidemark::mysql
