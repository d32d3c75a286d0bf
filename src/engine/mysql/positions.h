// Places in a server's binlog: its end, its beginning, by time, by what the user wrote; and whether reading can go on from a saved one.
// Uses a control connection of the caller's thread; by-time search opens short dumps of its own. Throws Error.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/mysql/binlog_names.h"
#include "engine/mysql/connection.h"
#include "tidemark/position.h"

namespace tidemark::mysql {

LogOffset log_offset(std::string_view file, std::string_view byte);
/// File name and offset of the end of the log, by whichever statement this server has.
std::pair<std::string, LogOffset> log_end(Connection& connection);
std::vector<BinlogFile> binlog_files(Connection& connection);
/// 'user'@'host' of CURRENT_USER()'s text, quoted for a GRANT.
std::string quote_user(std::string_view current_user);

/// Whether transactions carry GTIDs (MariaDB: always).
bool has_gtids(Connection& connection);
/// Identity as in Position::server.
std::string server_identity(Connection& connection);
/// All GTIDs of the log up to this place, history before the oldest file included; empty without GTIDs.
GtidSet gtids_at(Connection& connection, const std::string& file, uint64_t byte);

Position end_position(Connection& connection);
Position earliest_position(Connection& connection);
Position position_at(Connection& connection, const SourceConfig& config, int64_t micros);
Position position_from(Connection& connection, const std::string& text);
/// Design rule 2.6, see position_check.h.
void check_position(Connection& connection, const Position& position);

}  // namespace tidemark::mysql
