// A source and a sink in memory with what makes verifying hard in real ones: a log, rows that are in the log but not visible yet, and an
// applier that runs behind. Real servers are in the integration tests; here every interleaving can be provoked.
// Thread-safe: writers, the applier and verify run at the same time. Tables are (id bigint, body text, remark text); the remark is made
// from the id, and changes never touch it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "runtime/verify.h"

namespace tidemark::verify_test {

using Rows = std::map<int64_t, std::string>;

struct LoggedChange {
  std::string table;
  int64_t id = 0;
  std::optional<std::string> body;    // nothing: deleted
  std::optional<std::string> before;  // nothing: there was no such row
};

class LiveModel {
 public:
  explicit LiveModel(std::vector<std::string> tables, bool keyed = true);
  ~LiveModel() { stop_applier(); }

  // --- the source ---
  void write(const std::string& table, int64_t id, std::optional<std::string> body);
  /// Writes from now on are in the log at once, but readers see them only after show().
  void hide_new_writes() {
    std::lock_guard lock(source_mutex_);
    hiding_ = true;
  }
  void show();
  /// Read views know only a part of what they saw, by GTIDs, as those of MySQL do.
  void know_lower_bounds() { lower_bounds_ = true; }
  /// The log has of an updated row the key before and the new body, as with binlog_row_image MINIMAL.
  void log_partial_rows() { partial_rows_ = true; }
  /// How often the log was read.
  unsigned logs_opened() const { return logs_opened_; }

  // --- the sink ---
  /// Applies what is in the log and not applied yet.
  void apply_all();
  /// Applies the log in the background, each change `delay` after it was written.
  void start_applier(std::chrono::milliseconds delay);
  void stop_applier();
  uint64_t applied() {
    std::lock_guard lock(sink_mutex_);
    return applied_;
  }
  /// Every n-th change is lost on its way to the sink; 0: none.
  void lose_every(unsigned n) { lose_every_ = n; }
  /// Changes of this row never get there.
  void keep_from_sink(int64_t id) { kept_from_sink_ = id; }
  /// Behind the pipeline's back.
  void damage_sink(const std::string& table, int64_t id, std::optional<std::string> body);
  void damage_remark(int64_t id) {
    std::lock_guard lock(sink_mutex_);
    damaged_remarks_.insert(id);
  }
  void drop_sink_table(const std::string& table) {
    std::lock_guard lock(sink_mutex_);
    sink_.erase(table);
  }
  void belong_to(const std::string& server) { sink_server_ = server; }

  Config config() const;
  Engines engines();

 private:
  friend class ModelSource;
  friend class ModelReader;
  friend class ModelLog;
  friend class ModelSink;
  void apply_one(const LoggedChange& change);

  const std::vector<std::string> tables_;
  const bool keyed_;

  std::mutex source_mutex_;
  std::map<std::string, Rows> visible_;
  uint64_t visible_to_ = 0;
  std::map<std::string, Rows> latest_;  // with all of the log
  std::vector<std::pair<LoggedChange, std::chrono::steady_clock::time_point>> log_;
  bool hiding_ = false;

  std::atomic<bool> lower_bounds_{false}, partial_rows_{false};
  std::atomic<unsigned> logs_opened_{0};

  std::mutex sink_mutex_;
  std::map<std::string, Rows> sink_;
  std::set<int64_t> damaged_remarks_;
  uint64_t applied_ = 0;
  std::string sink_server_ = "1";
  std::atomic<unsigned> lose_every_{0};
  std::atomic<int64_t> kept_from_sink_{-1};

  std::atomic<bool> applying_{false};
  std::thread applier_;
};

}  // namespace tidemark::verify_test
