#include "runtime/session.h"

#include <algorithm>

#include "base/failpoint.h"
#include "base/log.h"
#include "pipeline/resume.h"
#include "tidemark/error.h"

namespace tidemark {

namespace {
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;
constexpr size_t kLogBatchBytes = 512 * 1024;
constexpr auto kStateSaveEvery = 200ms;  // the state file mirrors the sink; it need not keep pace with every commit
constexpr auto kProgressSaveEvery = 5s;
constexpr auto kPositionSaveEvery = 250ms;  // how often the position row moves when nothing of ours changes
constexpr auto kClockEvery = 5s;            // how often the source is asked for its time, with stop: {timestamp}
constexpr auto kCommitToLog = 1s;           // a transaction gets its time a moment before it is in the log
}  // namespace

Session::Session(const Config& config, const PipelineConfig& pipeline, const Engines& engines, SharedState& state, SessionOptions options)
    : config_(config),
      pipeline_(pipeline),
      engines_(engines),
      state_(state),
      options_(std::move(options)),
      queue_(std::clamp<uint64_t>(options_.memory_limit / 8, 4u << 20, 64u << 20), 4096) {}

Session::~Session() { stop_threads(); }

void Session::run() {
  connect();
  start_threads();
  try {
    apply_until_finished();
  } catch (...) {
    fail(std::current_exception());
  }
  stop_threads();
  failpoint("session.threads_stopped");
  sink_->abandon();  // a transaction whose end was not read
  save_at_end();
  failpoint("session.saved_at_end");
  rethrow_failure();
}

/// An error on its way says why the session ends; one of the state file after it must not take its place.
void Session::save_at_end() {
  try {
    save_state(true);
    save_progress(true);
  } catch (const std::exception& e) {
    if (failure_ == nullptr && log_end_ == nullptr) throw;
    spdlog::error("{}: {}", pipeline_.name, e.what());
  }
}

void Session::start_threads() {
  // Where a table has changed there is nothing to copy before the log has shown where.
  bool plain = !pipeline_.exactly_once && !core_->copy_committed() && copy_allowed_;
  for (const SchemaRef& schema : schemas_) plain = plain && schema->has_key();  // a table without key needs the log to complete its copy
  for (size_t worker = 0; worker < snapshot_readers_.size(); ++worker) {
    threads_.emplace_back([this, worker] { copy_chunks(worker); });
  }
  threads_.emplace_back([this, plain] {
    // The plain mode copies first and reads the log, from before the copy, afterwards; unless the copy cannot go on without it.
    while (plain && reading_) {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, 100ms, [&] { return core_->copy_committed() || core_->copy_needs_log() || stopping_; })) break;
    }
    read_log();
  });
  threads_.emplace_back([this] { route_log(); });
  threads_.emplace_back([this] { watch_retention(); });
  if (pipeline_.stop == StopAt::timestamp) threads_.emplace_back([this] { watch_clock(); });
}

void Session::stop_threads() {
  {
    std::lock_guard lock(mutex_);  // first, so that no thread takes its own cancellation for an error
    stopping_ = aborting_ = true;
    changed_.notify_all();
  }
  reading_ = false;
  queue_.close();
  for (Source* source : {source_.get(), retention_source_.get()}) {
    if (source != nullptr) source->cancel();
  }
  if (reader_) reader_->cancel();
  for (auto& reader : snapshot_readers_) {
    if (reader) reader->cancel();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  threads_.clear();
}

void Session::read_log() {
  try {
    while (reading_) {
      auto batch = std::make_shared<LogBatch>();
      std::exception_ptr error;
      bool any = false;
      try {
        any = reader_->read(*batch, kLogBatchBytes, 200ms);
      } catch (...) {
        error = std::current_exception();
        any = !batch->empty();
      }
      failpoint("reader.after_read");
      if (any) {
        while (!queue_.wait_for_room(batch->bytes(), 1s)) reader_->keep_alive();
        if (!queue_.push(batch, batch->bytes())) return;
      }
      if (error != nullptr) std::rethrow_exception(error);
    }
  } catch (...) {
    std::lock_guard lock(mutex_);
    if (!stopping_) log_end_ = std::current_exception();
  }
  queue_.close();
}

void Session::route_log() {
  try {
    for (;;) {
      auto batch = queue_.pop(1s);
      if (!batch && queue_.closed()) break;
      if (!batch) continue;
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return core_->wants_log() || (stopping_ && core_->sink_keeps_up()) || aborting_ || failure_ != nullptr; });
      if (aborting_ || failure_ != nullptr) return;
      failpoint("router.before_batch");
      core_->on_log(*batch);
      failpoint("router.after_batch");
      changed_.notify_all();
    }
    std::lock_guard lock(mutex_);
    log_drained_ = true;
    changed_.notify_all();
  } catch (...) {
    fail(std::current_exception());
  }
}

/// The log ends at a time, but on an idle source no transaction comes that would show that this time is over. Once the source's clock
/// says so, what is in its log by then is all that is to be applied.
void Session::watch_clock() {
  try {
    for (;;) {
      const auto left = std::chrono::microseconds(pipeline_.stop_micros - source_->clock_micros()) + kCommitToLog;
      std::unique_lock lock(mutex_);
      if (left > 0s) {
        // not in one piece: clocks are set now and then
        const auto pause = std::clamp<std::chrono::microseconds>(left, 10ms, kClockEvery);
        if (changed_.wait_for(lock, pause, [&] { return stopping_ || core_->stop_reached(); })) return;
        continue;
      }
      lock.unlock();
      const LogOffset end = source_->end_position().offset;
      lock.lock();
      core_->stop_at(end);
      changed_.notify_all();
      return;
    }
  } catch (...) {
    std::unique_lock lock(mutex_);
    bool quiet = stopping_;
    lock.unlock();
    if (!quiet) fail(std::current_exception());
  }
}

void Session::fail(std::exception_ptr error) {
  std::lock_guard lock(mutex_);
  if (failure_ == nullptr) failure_ = error;
  changed_.notify_all();
}

void Session::rethrow_failure() {
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  if (log_end_ != nullptr) std::rethrow_exception(log_end_);
}

bool Session::finished() const {
  if (log_drained_) return true;  // the caller has just seen that there is nothing left to apply
  if (core_->stop_reached() && core_->idle()) return true;
  return options_.stop_after_copy && core_->copy_committed() && core_->idle();
}

void Session::apply_until_finished() {
  for (;;) {
    std::optional<CoreBatch> batch;
    {
      std::unique_lock lock(mutex_);
      if (failure_ != nullptr || aborting_) return;
      bool position_due = Clock::now() - position_saved_at_ >= kPositionSaveEvery || log_drained_ || core_->stop_reached();
      batch = core_->take_batch(position_due);
      if (!batch) {
        if (finished()) return;
        if (!copy_allowed_ && schemas_proved(core_->delivered(), described_at_)) {
          lock.unlock();
          adopt_schemas();
        }
        changed_.wait_for(lock, 20ms);
        lock.unlock();
        sink_->check_alive();
        save_state(false);
        continue;
      }
      changed_.notify_all();  // the router may go on
    }
    write(*batch);
  }
}

/// Block by block within the sink's open transaction: what is larger than memory is spilled, never split over two (design 2.4).
void Session::write_spilled(const CoreBatch& batch) {
  while (std::shared_ptr<RowBlock> block = batch.spilled->next()) {
    SinkBatch part;
    part.commit = false;
    TableStep& step = part.steps.emplace_back();
    step.table = batch.spilled_table;
    step.patches_must_hit = false;
    step.load = std::move(block->rows);
    step.load_plain = true;  // spilled tables have no key
    part.keep.push_back(std::move(block));
    sink_->write(part);
    failpoint("session.spill_written");
  }
}

void Session::write(const CoreBatch& batch) {
  auto start = Clock::now();
  failpoint("session.before_write");
  try {
    if (batch.spilled) write_spilled(batch);
    sink_->write(batch);
  } catch (const Error& error) {
    std::lock_guard lock(mutex_);
    throw explained(error, core_->copy_is_ahead());
  }
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  failpoint("session.after_write");
  {
    std::lock_guard lock(mutex_);
    core_->on_committed(batch);
    size_t bucket = 0;
    while (bucket < std::size(kBatchBuckets) && seconds > kBatchBuckets[bucket]) ++bucket;
    totals_.buckets.resize(std::size(kBatchBuckets) + 1);
    ++totals_.buckets[bucket];
    totals_.seconds += seconds;
    if (batch.last_commit_micros != 0) totals_.last_commit_unix = static_cast<double>(batch.last_commit_micros) / 1e6;
    if (batch.commit) ++totals_.commits;
    for (const ChunkRecord& record : batch.chunks) {
      if (!record.done) continue;
      CopyProgress& copied = copied_[record.table];
      copied.rows += record.rows;
      ++copied.chunks;
      copied.last = Clock::now();
    }
    changed_.notify_all();
  }
  if (!batch.commit) return;
  ++commits_;
  position_saved_at_ = Clock::now();
  unsaved_position_ = batch.position;
  unsaved_chunks_.insert(unsaved_chunks_.end(), batch.chunks.begin(), batch.chunks.end());
  save_state(false);
}

/// After the sink's commit, never before it (design 2.5).
void Session::save_state(bool force) {
  if (!unsaved_position_.known()) return;
  if (!force && Clock::now() - state_saved_at_ < kStateSaveEvery) return;
  {
    std::lock_guard lock(state_.mutex);
    state_.store->save_commit(pipeline_.name, unsaved_position_, unsaved_chunks_);
  }
  failpoint("state.after_save");
  state_saved_at_ = Clock::now();
  save_progress(false);                     // run() saves it once more at the end
  reader_->acknowledge(unsaved_position_);  // after the state file, never before it (design 2.5)
  {
    std::lock_guard lock(saved_mutex_);
    state_position_ = unsaved_position_;
  }
  unsaved_position_ = {};
  unsaved_chunks_.clear();
}

/// For `status` when no daemon answers.
void Session::save_progress(bool force) {
  if (!force && Clock::now() - progress_saved_at_ < kProgressSaveEvery) return;
  progress_saved_at_ = Clock::now();
  std::vector<StoredTableProgress> progress;
  {
    std::lock_guard lock(mutex_);
    for (uint32_t i = 0; i < schemas_.size(); ++i) {
      progress.push_back({schemas_[i]->name, table_state(i), copied_.at(schemas_[i]->name).rows});
    }
  }
  std::lock_guard lock(state_.mutex);
  state_.store->save_progress(pipeline_.name, progress);
}

void Session::request_stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    reading_ = false;
    for (Source* source : {source_.get(), retention_source_.get()}) {
      if (source != nullptr) source->cancel();
    }
    for (auto& reader : snapshot_readers_) {
      if (reader) reader->cancel();
    }
    if (reader_) reader_->cancel();
    changed_.notify_all();
  }
  queue_.close();
}

void Session::abort() {
  request_stop();
  std::lock_guard lock(mutex_);
  aborting_ = true;
  if (sink_) sink_->cancel();
  changed_.notify_all();
}

}  // namespace tidemark
