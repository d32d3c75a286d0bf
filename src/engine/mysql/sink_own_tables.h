// tidemark's own tables in the sink: of each pipeline the position row, the tables that it speaks of and the records of their chunks
// (design rule 2.5). They are written in the transaction of the rows they speak of. Owned by the sink, one thread; throws Error.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/mysql/sink_session.h"
#include "engine/mysql/sink_statements.h"
#include "tidemark/sink.h"

namespace tidemark::mysql {

class SinkOwnTables {
 public:
  explicit SinkOwnTables(const std::string& database);

  /// Creates what is missing; refuses tables of a newer tidemark.
  void ensure(SinkSession& session);
  /// Holds a named lock until the session ends, so that a second daemon on this pipeline, or the rest of a session that we lost, cannot
  /// write beside us. Waits up to `patience` for the holder to end, then throws Error(busy). An earlier session of this process is ended.
  void lock(SinkSession& session, const std::string& pipeline, std::chrono::milliseconds patience);
  SavedState load(SinkSession& session, const std::string& pipeline);
  /// Unknown when the pipeline never committed, or when the tables are not there.
  Position position(SinkSession& session, const std::string& pipeline);

  /// Queues the batch's position and chunk records.
  void save(SinkStatements& statements, const std::string& pipeline, const SinkBatch& batch);
  /// Queues what Sink::change_captured is to write.
  void change_captured(SinkStatements& statements, const std::string& pipeline, const std::vector<TableName>& joined,
                       const std::vector<TableName>& left);

 private:
  bool exists(SinkSession& session);
  void create(SinkSession& session);

  std::string database_, position_table_, chunk_table_, captured_table_, version_table_;
};

/// The names that a target in tidemark's own database must not have.
inline constexpr const char* kOwnTableNames[] = {"position", "chunk", "captured", "version"};

}  // namespace tidemark::mysql
