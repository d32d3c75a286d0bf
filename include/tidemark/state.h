// What the state file keeps of a pipeline between runs. The sink is the truth for positions and finish records (design 2.5); the state file
// mirrors them, and alone keeps schemas at their positions. Implemented by src/state, which owns the file and its lock; the runtime owns
// the store, one thread at a time uses it. Failures are Error(state), or Error(busy) while another daemon holds the file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tidemark/position.h"
#include "tidemark/schema.h"
#include "tidemark/sink.h"

namespace tidemark {

struct StoredSchema {
  TableSchema schema;
  std::string valid_from;  // Position::text() from which on it holds
};

struct StoredTableProgress {
  TableName table;
  std::string state;  // pending | copying | streaming
  uint64_t rows_copied = 0;
};

struct StoredPipeline {
  bool found = false;
  Position position;
  std::vector<ChunkRecord> chunks;  // plan and finish records
  std::vector<StoredSchema> schemas;
};

/// One SQLite connection, used by one thread at a time. All functions throw Error(kind state | busy).
class StateStore {
 public:
  virtual ~StateStore() = default;
  virtual StoredPipeline load(const std::string& pipeline) = 0;
  /// After the sink committed: position and finish records of that commit, in one transaction.
  virtual void save_commit(const std::string& pipeline, const Position& position, const std::vector<ChunkRecord>& chunks) = 0;
  /// Replaces everything kept of a pipeline: used when the state is rebuilt from the sink.
  virtual void rebuild(const std::string& pipeline, const SavedState& from_sink) = 0;
  virtual void save_schemas(const std::string& pipeline, const std::vector<StoredSchema>& schemas) = 0;
  virtual void save_progress(const std::string& pipeline, const std::vector<StoredTableProgress>& tables) = 0;
  virtual std::vector<StoredTableProgress> load_progress(const std::string& pipeline) = 0;
  virtual std::vector<std::string> pipelines() = 0;
};

/// Opens or creates the file, migrates its schema, locks it against a second daemon (Error busy). Refuses newer versions (Error state).
std::unique_ptr<StateStore> open_state(const std::string& path);
/// For `status` without a daemon: no lock, no migration, nothing is written.
std::unique_ptr<StateStore> open_state_read_only(const std::string& path);

}  // namespace tidemark
