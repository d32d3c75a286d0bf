// One connected run of a pipeline: from the saved position until its stop position, a stop request, or an error. A session never repairs
// itself: on any error it is torn down, and a new one starts from what the sink has committed.
// Threads: run() is the applier and owns the sink; one reader owns the log connection; one router feeds the core; N workers own snapshot
// connections. The core and everything marked so is guarded by mutex_. request_stop(), abort() and status() may come from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "pipeline/core.h"
#include "pipeline/resume.h"
#include "tidemark/config.h"
#include "tidemark/engine.h"
#include "tidemark/state.h"
#include "tidemark/status.h"

namespace tidemark {

/// The state file, shared by the pipelines of a daemon.
struct SharedState {
  std::mutex mutex;
  std::unique_ptr<StateStore> store;
};

struct SessionOptions {
  bool stop_after_copy = false;  // snapshot: end when every table is copied and consistent
  bool ordered = false;          // CoreOptions::ordered
  uint64_t memory_limit = 512u << 20;
  std::vector<std::string> only_tables;  // snapshot --table: of the selection's tables only these join those that are captured already
};

class Session {
 public:
  Session(const Config& config, const PipelineConfig& pipeline, const Engines& engines, SharedState& state, SessionOptions options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Blocks. Returns when the stop position is reached, the copy is done (stop_after_copy) or a requested stop has drained. Throws Error.
  void run();
  /// Stop reading, apply what was read up to the last complete transaction, return from run(); while it connects: Error(interrupted).
  void request_stop();
  /// Give up what is under way; nothing is lost, since the sink rolls back to its last commit.
  void abort();
  /// Fills in what this session knows, and adds to the totals: `status` holds those of earlier sessions.
  void fill_status(PipelineStatus& status) const;
  /// The sink has committed something: the connection works.
  bool made_progress() const { return commits_ > 0; }

 private:
  struct Totals {
    uint64_t commits = 0;
    std::vector<uint64_t> buckets;
    double seconds = 0;
    double last_commit_unix = 0;
  };

  // session_start.cpp
  void connect();
  Position starting_position(const SavedState& saved);
  void reconcile_state(const SavedState& saved, const StoredPipeline& stored);
  std::vector<SchemaRef> schemas_at(const SavedState& saved, const StoredPipeline& stored);
  void prepare_sink(SavedState& saved, std::vector<CoreTable>& tables);
  void make_core(Position start, std::vector<CoreTable> tables);
  void set_stop_position();

  // session_tables.cpp
  TableSelection captured_selection() const;
  void check_rows(const SavedState& saved, size_t table, bool copies) const;
  void forget_lost_targets(SavedState& saved, const std::vector<PreparedTable>& prepared, bool copies);
  void save_captured(SavedState& saved, const std::vector<StoredSchema>& stored);
  void forget_chunks(SavedState& saved, const std::vector<TableName>& tables);
  void save_schemas(const SavedState& saved, const std::vector<StoredSchema>& stored);
  void adopt_schemas();

  // session.cpp
  void start_threads();
  void stop_threads();
  void read_log();
  void route_log();
  void watch_clock();
  void apply_until_finished();
  void write(const CoreBatch& batch);
  void write_spilled(const CoreBatch& batch);
  bool finished() const;  // mutex_ held
  void save_state(bool force);
  void save_progress(bool force);
  void save_at_end();
  void fail(std::exception_ptr error);
  void rethrow_failure();

  // session_retention.cpp
  void watch_retention();

  // session_status.cpp; mutex_ held
  void fill_tables(PipelineStatus& status) const;
  const char* table_state(uint32_t table) const;

  // copy_workers.cpp
  void copy_chunks(size_t worker);
  bool copy_one(SnapshotReader& reader);
  std::optional<ChunkResult> read_chunk(SnapshotReader& reader, const ChunkTask& task, ChunkOpening& opening);
  void warn_of_barrier(const TableName& table);

  const Config& config_;
  const PipelineConfig& pipeline_;
  const Engines& engines_;
  SharedState& state_;
  const SessionOptions options_;

  std::unique_ptr<Source> source_;
  std::unique_ptr<Source> retention_source_;  // the same server, for one thread that only asks it what it keeps
  std::unique_ptr<Sink> sink_;
  SourceInfo source_info_;
  std::string sink_version_;
  std::vector<SinkTable> tables_;
  std::vector<SchemaRef> schemas_;
  std::vector<std::string> warnings_;
  Position start_;
  bool copy_allowed_ = true;                         // false: a captured table has changed since the saved position; the log will say where
  std::vector<SchemaRef> described_;                 // not copy_allowed_: those tables, as they are today
  std::map<TableName, std::string> partitions_now_;  // TableSchema::partitions as they are today
  LogOffset described_at_;                           // not copy_allowed_: where the log ended then

  mutable std::mutex mutex_;  // guards the core and what follows
  std::condition_variable changed_;
  std::unique_ptr<Core> core_;
  std::exception_ptr failure_;  // first error of any thread: ends the session at once
  std::exception_ptr log_end_;  // the reader's error: what came before it is applied first
  bool log_drained_ = false;    // the router has taken all that the reader read
  bool stopping_ = false, aborting_ = false;
  Totals totals_;
  struct CopyProgress {
    uint64_t rows = 0, chunks = 0;                               // by the finish records in the sink
    uint64_t rows_before = 0, chunks_before = 0;                 // of these, by sessions before this one
    std::optional<std::chrono::steady_clock::time_point> first;  // its first chunk was taken
    std::chrono::steady_clock::time_point last;                  // the last one was committed
  };
  std::map<TableName, CopyProgress> copied_;
  std::map<TableName, std::chrono::steady_clock::time_point> barrier_waits_;  // when to say that no read view is good enough
  bool connected_ = false;
  std::optional<LogRetention> retention_;  // the latest answer

  BoundedQueue<std::shared_ptr<const LogBatch>> queue_;
  std::unique_ptr<LogReader> reader_;
  std::vector<std::unique_ptr<SnapshotReader>> snapshot_readers_;  // created before the threads; each used by one worker
  std::vector<std::thread> threads_;
  std::atomic<uint64_t> commits_{0};
  std::atomic<bool> reading_{true};

  // applier only
  std::vector<ChunkRecord> unsaved_chunks_;
  Position unsaved_position_;
  std::chrono::steady_clock::time_point state_saved_at_{}, position_saved_at_{}, progress_saved_at_{};
  mutable std::mutex saved_mutex_;
  Position state_position_;  // guarded by saved_mutex_
};

}  // namespace tidemark
