// tidemark's own tables in the sink: of each pipeline the position row, the tables that it speaks of and the records of their chunks
// (design rule 2.5).
// They are written in the transaction of the rows they speak of. Owned by the sink, one thread; throws Error.
#pragma once

#include <string>

#include "engine/postgres/connection.h"
#include "engine/postgres/flight.h"
#include "tidemark/sink.h"

namespace tidemark::postgres {

class OwnTables {
 public:
  explicit OwnTables(const std::string& schema);

  /// Creates what is missing; refuses tables of a newer tidemark.
  void ensure(Connection& connection);
  /// Holds an advisory lock until the session ends, so that a second daemon on this pipeline, or the rest of a session that we lost, cannot
  /// write beside us. Waits up to `patience` for the holder to end, then throws Error(busy). An earlier session of this process is ended.
  void lock(Connection& connection, const std::string& pipeline, std::chrono::milliseconds patience);
  SavedState load(Connection& connection, const std::string& pipeline);
  /// Unknown when the pipeline never committed, or when the tables are not there.
  Position position(Connection& connection, const std::string& pipeline);

  /// Queues the batch's position and chunk records.
  void save(Flight& flight, const std::string& pipeline, const SinkBatch& batch);
  /// Queues what Sink::change_captured is to write.
  void change_captured(Flight& flight, const std::string& pipeline, const std::vector<TableName>& joined,
                       const std::vector<TableName>& left);
  /// The same of one table that has left, written at once.
  void forget(Connection& connection, const std::string& pipeline, const TableName& table);

 private:
  void create(Connection& connection);
  void save_chunk(Flight& flight, const std::string& pipeline, const ChunkRecord& chunk);

  std::string quoted_schema_, position_table_, chunk_table_, captured_table_, version_table_;
  Statement save_position_, save_chunk_, save_captured_, remove_chunks_;
};

}  // namespace tidemark::postgres
