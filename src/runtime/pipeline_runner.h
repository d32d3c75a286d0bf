// Keeps one pipeline going: session after session, with backoff between them, until it is stopped, done, or fails for good.
// Owns a thread (run() is its body). request_stop(), abort() and status() from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "base/backoff.h"
#include "runtime/session.h"
#include "tidemark/error.h"

namespace tidemark {

class PipelineRunner {
 public:
  PipelineRunner(const Config& config, const PipelineConfig& pipeline, const Engines& engines, SharedState& state, SessionOptions options);

  /// Blocks until the pipeline ends; never throws. What ended it is in error().
  void run();
  void request_stop();
  void abort();
  bool ended() const { return ended_; }
  /// Set when the pipeline failed for good.
  std::optional<Error> error() const;
  PipelineStatus status() const;
  const std::string& name() const { return pipeline_.name; }

 private:
  bool run_session();                // true: ended as wished
  bool recover(const Error& error);  // false: give up
  bool may_pass(const Error& error) const;
  void pause(std::chrono::milliseconds delay);
  void remember_totals();

  const Config& config_;
  const PipelineConfig& pipeline_;
  const Engines& engines_;
  SharedState& state_;
  SessionOptions options_;
  Backoff backoff_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::unique_ptr<Session> session_;  // replaced under mutex_
  PipelineStatus kept_;               // counters of earlier sessions, and the last known of everything else
  PipelineState state_now_ = PipelineState::starting;
  std::string reason_;
  std::optional<Error> error_;  // the latest, for status
  int64_t error_micros_ = 0, next_attempt_micros_ = 0;
  std::string hinted_;    // the hint that was logged last, since something was committed
  bool has_run_ = false;  // a session was connected to both ends
  bool failed_ = false, stop_ = false, aborted_ = false;
  uint64_t retries_ = 0;
  std::atomic<bool> ended_{false};
};

}  // namespace tidemark
