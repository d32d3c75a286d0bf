// tidemark's own tables in the sink: of each pipeline the position, the tables that it speaks of and the records of their chunks, written
// in the transaction of the rows they speak of (design 2.5). Used by the thread that owns the connection; throws what Connection throws.
#pragma once

#include <string>
#include <vector>

#include "engine/sqlite/connection.h"
#include "tidemark/sink.h"

namespace tidemark::sqlite {

/// False: this file has none of our tables yet.
bool records_exist(Connection& connection);
/// Within a transaction of the caller; leaves what is there alone.
void create_records(Connection& connection);

Position read_position(Connection& connection, const std::string& pipeline);
std::vector<ChunkRecord> read_chunks(Connection& connection, const std::string& pipeline);
/// Those that are captured, or those that have left.
std::vector<TableName> read_captured(Connection& connection, const std::string& pipeline, bool active);

/// Position, chunk records and replaced records of a batch; inside its transaction.
void write_records(Connection& connection, const std::string& pipeline, const SinkBatch& batch);
/// What Sink::change_captured is to write; within a transaction of the caller.
void write_captured(Connection& connection, const std::string& pipeline, const std::vector<TableName>& joined,
                    const std::vector<TableName>& left);

}  // namespace tidemark::sqlite
