// A source and a sink in memory with what makes verifying hard in real ones: a log, rows that are in the log but not visible yet, and an
// applier that runs behind. Real servers are in the integration tests; here every interleaving can be provoked.
// Thread-safe: writers, the applier and verify run at the same time. Tables are (id bigint, body text).
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/verify.h"

namespace tidemark::verify_test {

using Rows = std::map<int64_t, std::string>;

struct LoggedChange {
  std::string table;
  int64_t id = 0;
  std::optional<std::string> body;  // nothing: deleted
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

  // --- the sink ---
  /// Applies what is in the log and not applied yet.
  void apply_all();
  /// Applies the log in the background, each change `delay` after it was written.
  void start_applier(std::chrono::milliseconds delay);
  void stop_applier();
  /// Every n-th change is lost on its way to the sink; 0: none.
  void lose_every(unsigned n) { lose_every_ = n; }
  /// Behind the pipeline's back.
  void damage_sink(const std::string& table, int64_t id, std::optional<std::string> body);
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
  friend class ModelSink;
  void apply_one(const LoggedChange& change);

  const std::vector<std::string> tables_;
  const bool keyed_;

  std::mutex source_mutex_;
  std::map<std::string, Rows> visible_;
  uint64_t visible_to_ = 0;
  std::vector<std::pair<LoggedChange, std::chrono::steady_clock::time_point>> log_;
  bool hiding_ = false;

  std::mutex sink_mutex_;
  std::map<std::string, Rows> sink_;
  uint64_t applied_ = 0;
  std::string sink_server_ = "1";
  std::atomic<unsigned> lose_every_{0};

  std::atomic<bool> applying_{false};
  std::thread applier_;
};

}  // namespace tidemark::verify_test
