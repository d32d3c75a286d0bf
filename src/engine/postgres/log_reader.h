// The log reader of PostgreSQL: one slot's replication stream, its messages decoded into transactions, and a connection beside it for what
// the stream does not tell. See tidemark/source.h for what read() promises. Owned and used by the reader thread, except cancel() and
// acknowledge().
#pragma once

#include <memory>
#include <vector>

#include "tidemark/config.h"
#include "tidemark/source.h"

namespace tidemark::postgres {

/// Connects and asks for what was committed from `from` on. `timeline`: that the server was found on; 0: any. Throws Error: busy (slot in
/// use), log_purged, lineage, server_settings, credentials, source_unavailable.
std::unique_ptr<LogReader> make_postgres_log_reader(const SourceConfig& config, const SourceInfo& info, const Position& from,
                                                    std::vector<SchemaRef> tables, const TableSelection& selection, uint64_t timeline = 0);

}  // namespace tidemark::postgres
