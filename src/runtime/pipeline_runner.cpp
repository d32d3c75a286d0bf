#include "runtime/pipeline_runner.h"

#include <fmt/format.h>

#include <random>

#include "base/failpoint.h"
#include "base/log.h"
#include "pipeline/resume.h"

namespace tidemark {

namespace {
int64_t unix_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}
}  // namespace

PipelineRunner::PipelineRunner(const Config& config, const PipelineConfig& pipeline, const Engines& engines, SharedState& state,
                               SessionOptions options)
    : config_(config),
      pipeline_(pipeline),
      engines_(engines),
      state_(state),
      options_(std::move(options)),
      backoff_(pipeline.retry_initial, pipeline.retry_max, pipeline.retry_budget) {
  kept_.name = pipeline.name;
  kept_.source = pipeline.source;
  kept_.sink = pipeline.sink;
}

void PipelineRunner::run() {
  for (;;) {
    try {
      if (run_session()) break;
    } catch (const Error& error) {
      if (!recover(error)) break;
    } catch (const std::exception& e) {
      recover(Error(ErrorKind::internal, "running pipeline " + pipeline_.name, e.what(), "Please report this, with the log."));
      break;
    }
  }
  ended_ = true;
}

bool PipelineRunner::run_session() {
  Session* session = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (stop_) {
      state_now_ = PipelineState::stopped;
      return true;
    }
    session_ = std::make_unique<Session>(config_, pipeline_, engines_, state_, options_);
    session = session_.get();
  }
  session->run();
  std::lock_guard lock(mutex_);
  state_now_ = PipelineState::stopped;
  reason_ = stop_ ? "stopped on request" : options_.stop_after_copy ? "copy done" : "stop position reached";
  return true;
}

/// Another tidemark at the sink, or another replica with our server_id, is a mistake to be told at once when the pipeline starts. Once it
/// has run it is not: it came later, or is what a lost connection left behind, and ends by itself or by what the hint says.
bool PipelineRunner::may_pass(const Error& error) const {
  return retry_of(error.kind()) == Retry::with_backoff || (error.kind() == ErrorKind::busy && has_run_);
}

bool PipelineRunner::recover(const Error& error) {
  remember_totals();
  std::chrono::milliseconds delay{0};
  std::string hint;
  {
    std::lock_guard lock(mutex_);
    if (stop_ && (error.kind() == ErrorKind::interrupted || may_pass(error))) {  // stopping anyway: the sink stands at its last commit
      state_now_ = PipelineState::stopped;
      reason_ = "stopped on request";
      return false;
    }
    error_ = error;
    error_micros_ = unix_micros();
    const NextSession next = after_error(error.kind(), may_pass(error), options_.ordered);
    if (next.give_up || backoff_.exhausted()) {
      failed_ = true;
      state_now_ = PipelineState::failed;
      reason_ = error.what();
    } else {
      options_.ordered = next.ordered;
      delay = next.at_once ? std::chrono::milliseconds{0} : backoff_.next(std::random_device{}());
      ++retries_;
      state_now_ = PipelineState::reconnecting;
      reason_ = fmt::format("{}{}; trying again in {:.1f} s", error.what(), error.position().empty() ? "" : " at " + error.position(),
                            static_cast<double>(delay.count()) / 1000);
      next_attempt_micros_ = error_micros_ + std::chrono::microseconds(delay).count();
      if (error.hint() != hinted_) hint = hinted_ = error.hint();  // once, not with every attempt
    }
  }
  if (failed_) {
    spdlog::error("{}: {}{}", pipeline_.name, error.what(), error.position().empty() ? "" : " at " + error.position());
    if (!error.hint().empty()) spdlog::error("{}: hint: {}", pipeline_.name, error.hint());
    return false;
  }
  spdlog::warn("{}: {}", pipeline_.name, reason_);
  if (!hint.empty()) spdlog::warn("{}: hint: {}", pipeline_.name, hint);
  failpoint("pipeline.session_lost");
  pause(delay);
  return true;
}

void PipelineRunner::pause(std::chrono::milliseconds delay) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, delay, [&] { return stop_; });
}

/// The session is over: its counters are added to those of its predecessors, and it is destroyed.
void PipelineRunner::remember_totals() {
  std::lock_guard lock(mutex_);
  if (!session_) return;
  session_->fill_status(kept_);
  has_run_ = has_run_ || kept_.source_connected;
  kept_.source_connected = kept_.sink_connected = false;
  if (session_->made_progress()) {
    backoff_.succeeded();
    options_.ordered = false;
    hinted_.clear();
  }
  session_.reset();
}

void PipelineRunner::request_stop() {
  std::lock_guard lock(mutex_);
  stop_ = true;
  if (session_) session_->request_stop();
  wake_.notify_all();
}

void PipelineRunner::abort() {
  std::lock_guard lock(mutex_);
  stop_ = aborted_ = true;
  if (session_) session_->abort();
  wake_.notify_all();
}

std::optional<Error> PipelineRunner::error() const {
  std::lock_guard lock(mutex_);
  return failed_ ? error_ : std::nullopt;
}

PipelineStatus PipelineRunner::status() const {
  std::lock_guard lock(mutex_);
  PipelineStatus status = kept_;
  if (session_) {
    session_->fill_status(status);
    if (!status.source_connected) {
      status.state = error_ ? PipelineState::reconnecting : PipelineState::starting;
      if (error_) status.reason = fmt::format("connecting again after: {}", error_->what());
    }
  }
  if (state_now_ != PipelineState::starting && (ended_ || !session_)) {
    status.state = state_now_;
    status.reason = reason_;
    status.source_connected = status.sink_connected = false;
    if (state_now_ == PipelineState::reconnecting) status.next_attempt_unix_micros = next_attempt_micros_;
  }
  status.retries_total = retries_;
  if (error_) {
    status.last_error = {true, std::string(kind_name(error_->kind())), error_->what(), error_->hint(), error_->position(), error_micros_};
  }
  return status;
}

}  // namespace tidemark
