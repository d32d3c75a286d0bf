// What a running pipeline says of itself. The runtime builds a new immutable snapshot several times a second; control and cli read it, from
// any thread. Units end the names; `_unix` is seconds since 1970, `_total` counts since the daemon's start. Nothing here fails.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tidemark {

enum class PipelineState : uint8_t { starting, copying, streaming, reconnecting, stopped, failed };
std::string_view state_name(PipelineState state);

struct TableStatus {
  std::string source;         // "shop.orders"
  std::string target;         // "shop.orders" or "orders"
  std::string state;          // pending | copying | streaming
  uint64_t rows_copied = 0;   // in the sink, by the finish records of its chunks: also those of earlier runs
  uint64_t rows_resumed = 0;  // of these, copied before this process began
  uint64_t rows_estimated = 0;
  uint64_t bytes_copied = 0;                     // by this process
  uint64_t chunks_done = 0, chunks_resumed = 0;  // as for rows
  double copy_seconds = 0;                       // from its first chunk's opening to its last chunk's commit, or until now
  uint64_t changes_applied = 0;
};

struct ErrorStatus {
  bool present = false;
  std::string kind, message, hint, position;
  int64_t unix_micros = 0;
};

struct PipelineStatus {
  std::string name, source, sink;          // names in the configuration
  std::string source_engine, sink_engine;  // e.g. "mariadb 10.11.19", "PostgreSQL 15.20"
  PipelineState state = PipelineState::starting;
  std::string reason;                                           // one line for people, e.g. "connection lost; trying again in 4 s"
  int64_t next_attempt_unix_micros = 0;                         // while waiting to connect again: when; 0 else
  std::string position_read, position_applied, position_saved;  // Position::text(); saved = in the state file
  double lag_seconds = -1;  // age of the oldest transaction that was read and is not in the sink; 0 when there is none; -1 unknown
  uint64_t lag_bytes = 0;   // log bytes read but not applied
  // kept by the source's server for this pipeline, and what may be written before it gives that up; nothing: unknown, or no such thing
  std::optional<uint64_t> slot_retained_bytes, slot_room_bytes;
  double rows_per_second = 0, bytes_per_second = 0;
  uint64_t queue_bytes = 0, queue_limit_bytes = 0;
  uint64_t read_bytes_total = 0, read_events_total = 0;
  uint64_t changes_read_total = 0;     // row changes of captured tables delivered by the log
  uint64_t changes_applied_total = 0;  // of these, applied at the sink (before coalescing)
  std::map<std::string, uint64_t>
      changes_dropped_total;  // by the reason that proves it: chunk_not_read_yet, in_chunk_read, merged_into_chunk
  uint64_t rows_filtered_total = 0;
  std::map<std::string, uint64_t> applied_rows_total;  // insert | update | delete; truncate: how often
  uint64_t transactions_total = 0, sink_commits_total = 0, retries_total = 0;
  uint64_t snapshot_rows_total = 0, snapshot_rows_resumed = 0;  // rows that this process copied, and those that were copied before
  uint64_t snapshot_rows_expected = 0;                          // what both together will be
  double last_applied_commit_unix = 0;
  // apply_batch_duration_seconds histogram: counts per bucket of kBatchBuckets, then sum and count
  std::vector<uint64_t> batch_duration_buckets;
  double batch_duration_sum = 0;
  uint64_t batch_duration_count = 0;
  bool source_connected = false, sink_connected = false;
  std::vector<TableStatus> tables;
  ErrorStatus last_error;
  std::vector<std::string> warnings;
};
/// Upper bounds of the histogram's buckets in seconds; the last bucket is +Inf.
inline constexpr double kBatchBuckets[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};

struct DaemonStatus {
  std::string version, config_path, state_path;
  int64_t started_unix = 0;
  int64_t pid = 0;
  uint64_t memory_resident_bytes = 0, memory_limit_bytes = 0;
  double supervisor_tick_age_seconds = 0;  // healthy below 10
  std::vector<std::shared_ptr<const PipelineStatus>> pipelines;
};
/// Called by the control thread for each request; the runtime provides it; thread-safe.
using StatusProvider = std::function<DaemonStatus()>;

}  // namespace tidemark
