// A pipeline between a source, a sink and a state file that do what a test says: which call fails, and when. The core, the session and
// the runner are the real ones. Owned by one test; its functions may be called from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "runtime/pipeline_runner.h"

namespace tidemark::runtime_test {

class ScriptedPipeline {
 public:
  ScriptedPipeline();
  ~ScriptedPipeline();

  // --- the script; set before start(), or atomic ---
  /// Called where Source::check is, with 0 for the first session; throws what the session is to meet.
  std::function<void(int session)> on_check = [](int) {};
  std::function<void()> on_read_log = [] {};
  std::function<void()> on_save_progress = [] {};
  std::function<void()> on_change_captured = [] {};
  std::function<void(const SinkBatch& batch)> on_write = [](const SinkBatch&) {};
  std::atomic<bool> start_position_waits{false};  // until it is cancelled
  std::atomic<int64_t> clock_micros{0};
  std::atomic<uint64_t> log_end{1000};
  std::map<std::string, int64_t> rows{{"t", 0}};  // of each table of `shop`: the ids 1 to this one
  std::set<std::string> filled;                   // tables that have rows at the sink
  std::set<std::string> keyless;                  // tables without key
  std::atomic<int> chunk_reads_left{1'000'000};   // then they wait
  std::vector<uint64_t> prepared;                 // XA transactions that stay prepared
  SavedState saved;                               // at the sink
  StoredPipeline stored;                          // in the state file
  PipelineConfig& pipeline() { return config_.pipelines[0]; }
  const Config& config() const { return config_; }

  void start(SessionOptions options = {});
  PipelineRunner& runner() { return *runner_; }
  PipelineStatus status() const { return runner_->status(); }
  bool ends(std::chrono::milliseconds limit = std::chrono::seconds(20));
  /// True once `so` is; false after 20 seconds.
  static bool wait_until(const std::function<bool()>& so, std::chrono::milliseconds limit = std::chrono::seconds(20));
  /// The finish records that the sink has, by table: rows.
  uint64_t rows_at_sink();
  Position position(uint64_t byte) const;
  SchemaRef schema(const std::string& table) const;
  KeyBytes key(const std::string& table, int64_t id) const;

  std::mutex mutex;  // guards saved and stored while the pipeline runs
  std::atomic<int> sessions{0};

 private:
  Config config_;
  Engines engines_;
  SharedState state_;
  std::unique_ptr<PipelineRunner> runner_;
  std::thread thread_;
};

}  // namespace tidemark::runtime_test
