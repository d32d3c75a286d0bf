// The log reader of MySQL and MariaDB: one dump connection, its events assembled into transactions. See tidemark/source.h for what
// read() promises. Owned and used by the reader thread, except cancel().
#pragma once

#include <memory>
#include <vector>

#include "tidemark/config.h"
#include "tidemark/source.h"

namespace tidemark::mysql {

/// Connects and asks for the log from `from` on: by GTID set where the server has GTIDs and `from` knows them, else by file and offset.
/// Throws Error: busy (server_id in use), log_purged, lineage, credentials, source_unavailable.
std::unique_ptr<LogReader> make_log_reader(const SourceConfig& config, const SourceInfo& info, const Position& from,
                                           std::vector<SchemaRef> tables, const TableSelection& selection);

}  // namespace tidemark::mysql
