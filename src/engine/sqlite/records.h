// tidemark's own tables in the sink: the position of each pipeline and the records of its chunks, written in the transaction of the rows
// they speak of (design 2.5). Used by the thread that owns the connection; throws what Connection throws.
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

/// Position, chunk records and replaced records of a batch; inside its transaction.
void write_records(Connection& connection, const std::string& pipeline, const SinkBatch& batch);

}  // namespace tidemark::sqlite
