#include "sim/daemon.h"

#include <algorithm>

#include "pipeline/resume.h"
#include "sim/checks.h"
#include "sim/server_log.h"
#include "sim/violation.h"

namespace tidemark::sim {

Daemon::Daemon(Source& source, Sink& sink, StateFile& state, Story& story)
    : plan_(source.plan()), source_(source), sink_(sink), state_(state), story_(story) {}

void Daemon::forget() {
  core_.reset();
  queue_.clear();
  workers_.clear();
  log_end_.reset();
  batch_.reset();
  applying_ = Applying::idle;
  unsaved_position_ = {};
  unsaved_chunks_.clear();
  sink_.roll_back();
}

void Daemon::kill() {
  story_.tell("the daemon is killed{}", up() ? "" : " (it was down)");
  forget();
  stopped_.reset();
  place_.reset();
  ordered_ = made_progress_ = false;
}

void Daemon::start() {
  try {
    connect();
  } catch (const Error& error) {
    end_session(error, false);
  }
}

void Daemon::connect() {
  const SavedState& saved = sink_.saved();
  if (!saved.position.known()) source_.end_loose();
  const StateFile::Contents stored = state_.contents();
  if (state_differs("simulated", saved, stored.pipeline, "state")) state_.rebuild(saved);
  copy_allowed_ = true;
  for (size_t t = 0; t < plan_.tables.size(); ++t) {
    const uint64_t now = source_.alters(static_cast<int>(t));
    schemas_[t] = saved.position.known() && stored.schemas ? (*stored.schemas)[t] : now;
    if (schemas_[t] == now) continue;
    copy_allowed_ = false;
    unaltered_after_ = source_.log_end();
  }
  state_.save_schemas(schemas_);
  if (saved.position.known()) {
    check_resumed(source_, saved.position);
    check_copied_to(saved.position, source_.server(), source_.log_end());
    start_ = resumed_at(saved.position, source_.server(), "log");
  } else {
    start_ = first_position();
  }
  const RecordsByTable records = records_by_table(saved.chunks);
  std::vector<CoreTable> tables;
  for (size_t t = 0; t < plan_.tables.size(); ++t) {
    tables.push_back(table_to_copy(plan_.tables[t]->schema, true, sink_.is_empty(static_cast<int>(t)), records));
  }
  CoreOptions options = plan_.options;
  if (views_need_bound(start_)) options.views_from = source_.end_position().offset;
  options.ordered = ordered_;
  if (plan_.turns_exact && saved.position.known()) options.exactly_once = true;
  plain_ = !options.exactly_once;
  core_ = std::make_unique<Core>(options, start_, std::move(tables));
  start_index_ = *source_.index_of(start_);
  next_ = source_.read_index(start_);
  if (plan_.server == ServerKind::postgres) next_ = std::max(next_, source_.slot_index());
  pending_.clear();
  part_ = 0;
  reported_ = start_.offset;
  last_txid_ = 0;
  told_prepared_ = false;
  workers_.resize(static_cast<size_t>(plan_.workers));
  made_progress_ = false;
  story_.tell("the daemon starts at transaction {}{}", next_, ordered_ ? ", in source order" : "");
}

/// As engines choose it: no XA transaction lies across it with its rows before and its end after.
Position Daemon::first_position() {
  source_.create_slot();
  Position end = source_.end_position();
  if (!place_ || place_->server != end.server) {
    place_ = end;
    before_place_ = source_.prepared();
  }
  for (size_t which : source_.prepared()) {
    if (std::find(before_place_.begin(), before_place_.end(), which) != before_place_.end())
      throw Error(ErrorKind::source_unavailable, "choosing the place in the log to start from", "XA transactions are prepared");
  }
  if (place_->offset < end.offset) {
    end.read_from = place_->offset;
    end.read_from_gtids = place_->gtids;
  }
  place_.reset();
  return end;
}

size_t Daemon::needed_index() const {
  const Position& position = sink_.saved().position;
  return position.known() && source_.index_of(position) ? source_.read_index(position) : sink_index_;
}

/// As PipelineRunner and Session do.
void Daemon::end_session(const Error& error, bool saves) {
  story_.tell("the session ends: {}: {}", kind_name(error.kind()), error.what());
  if (saves && up()) {
    sink_.roll_back();
    try {
      save_state();
    } catch (const Error& second) {
      story_.tell("and {}", second.what());
    }
  }
  const bool progress = made_progress_, ahead = up() && core_->copy_is_ahead();
  forget();
  if (progress) ordered_ = false;
  const NextSession next = after_error(error.kind(), retry_of(error.kind()) == Retry::with_backoff, ordered_);
  ordered_ = next.ordered;
  if (!next.give_up) return;
  check_stop_is_due(error, ahead);
  stopped_ = error;
}

/// It may stop for good only for what is so.
void Daemon::check_stop_is_due(const Error& error, bool copy_is_ahead) const {
  const Position& position = sink_.saved().position;
  const std::optional<size_t> index = position.known() ? source_.index_of(position) : std::nullopt;
  const LogOffset& read_from = position.read_from.file != 0 ? position.read_from : position.offset;
  switch (error.kind()) {
    case ErrorKind::state:
      if (state_.full()) return;
      break;
    case ErrorKind::lineage:
      if (position.known() && !index) return;
      // What was read of a server that has left the line of timelines since: where that one began nobody here can tell.
      if (plan_.server == ServerKind::postgres && !source_.on_timeline(position.offset.file)) return;
      if (position.copied_to.file != 0 && source_.failed_over()) return;
      break;
    case ErrorKind::log_purged:
      if (index && source_.read_index(position) < source_.purged()) return;
      if (plan_.server == ServerKind::postgres && (!source_.slot().exists || source_.slot().lost || source_.slot().anew)) return;
      // Without GTIDs nobody knows that nothing followed in a file that is gone.
      if (index && plan_.server == ServerKind::mysql_files && read_from.file < source_.first_file()) return;
      if (position.known() && !index) return;  // it lost its end, and its beginning was purged
      break;
    case ErrorKind::schema_changed:
      if (source_.was_altered()) return;
      break;
    case ErrorKind::unsupported:  // a moved row without its other columns
      if (!plan_.options.exactly_once && plan_.images != Images::full) return;
      break;
    case ErrorKind::sink_conflict:  // a value of another unique key, in a row as it was and in one as it is now
      if (copy_is_ahead && !plan_.options.exactly_once) return;
      break;
    default: break;
  }
  throw Violation(std::string("it stopped for good without a reason: ") + error.what());
}

void Daemon::operate() {
  if (up()) return;
  if (stopped_) {
    switch (stopped_->kind()) {
      case ErrorKind::state: state_.free_disk(); break;
      case ErrorKind::lineage:
      case ErrorKind::log_purged:
      case ErrorKind::schema_changed:
      case ErrorKind::unsupported:
      case ErrorKind::sink_conflict:
        story_.tell("the operator empties the sink and moves the state file away");
        sink_.wipe();
        state_.lose();
        sink_index_ = acknowledged_ = 0;
        break;
      default: break;
    }
    stopped_.reset();
    ordered_ = false;
  }
  start();
}

void Daemon::apply(Rng& rng, bool faults) {
  guarded([&] {
    switch (applying_) {
      case Applying::idle:
        if (!copy_allowed_ && queue_.empty() && schemas_proved(core_->delivered(), unaltered_after_)) {
          for (size_t t = 0; t < plan_.tables.size(); ++t) schemas_[t] = source_.alters(static_cast<int>(t));
          state_.save_schemas(schemas_);
          throw Error(ErrorKind::source_unavailable, "copying", "what is stored of the tables' columns was wrong");
        }
        batch_ = core_->take_batch(rng.one_in(3) || log_end_);
        if (batch_) {
          applying_ = Applying::taken;
        } else if (log_end_ && queue_.empty()) {
          const Error error = *log_end_;
          throw error;
        }
        break;
      case Applying::taken: write(rng, faults); break;
      case Applying::written: commit(rng, faults); break;
      case Applying::committed: committed(); break;
    }
  });
}

void Daemon::write(Rng& rng, bool faults) {
  if (faults && plan_.allows(StepKind::deadlock) && rng.one_in(10)) {
    story_.fault(StepKind::deadlock);
    throw Error(ErrorKind::sink_unavailable, "writing to the sink", "deadlock");
  }
  sink_.write(*batch_);
  story_.tell("the sink has a batch of {} steps{}", batch_->steps.size(), batch_->commit ? "" : ", its transaction stays open");
  applying_ = batch_->commit ? Applying::written : Applying::committed;
}

void Daemon::commit(Rng& rng, bool faults) {
  const bool ambiguous = faults && plan_.allows(StepKind::ambiguous) && rng.one_in(8);
  if (ambiguous) story_.fault(StepKind::ambiguous);
  if (!ambiguous || rng.one_in(2)) {
    sink_.commit(*batch_);
    ++story_.tally.commits;
    sink_index_ = check_sink(source_, sink_, sink_index_);
    story_.tell("the sink commits at transaction {}, {} finish records", sink_index_, batch_->chunks.size());
  }
  if (ambiguous) throw Error(ErrorKind::commit_unknown, "committing at the sink", "no answer");
  applying_ = Applying::committed;
}

void Daemon::committed() {
  core_->on_committed(*batch_);
  applying_ = Applying::idle;
  if (batch_->commit) {
    made_progress_ = true;
    unsaved_position_ = batch_->position;
    unsaved_chunks_.insert(unsaved_chunks_.end(), batch_->chunks.begin(), batch_->chunks.end());
  }
  batch_.reset();
  check_counts(*core_);
}

void Daemon::save() {
  guarded([&] { save_state(); });
}

void Daemon::save_state() {
  if (!unsaved_position_.known()) return;
  state_.save_commit(unsaved_position_, unsaved_chunks_);
  unsaved_position_ = {};
  unsaved_chunks_.clear();
  // The source is told what the core says is committed.
  const std::optional<size_t> told = source_.index_of(core_->committed());
  const std::optional<size_t> stored = source_.index_of(state_.contents().pipeline.position);
  if (!told || !stored || *told > *stored || *stored > sink_index_) throw Violation("acknowledged, state file and sink are out of order");
  acknowledged_ = *told;
  source_.acknowledge(core_->committed());
}

void Daemon::cut_log() {
  if (!up() || log_end_) return;
  story_.tell("the log connection breaks");
  log_end_ = Error(ErrorKind::source_unavailable, "reading the log", "connection lost");
}

void Daemon::cut_copy() {
  place_.reset();
  guarded([&] { throw Error(ErrorKind::source_unavailable, "copying", "connection lost"); });
}

void Daemon::cut_sink() {
  guarded([&] { throw Error(ErrorKind::sink_unavailable, "writing to the sink", "connection lost"); });
}

std::string Daemon::standing() const {
  if (!up()) return "it is down";
  return fmt::format("{}, core {}, {} of {} transactions read, {} at the sink", core_->copy_committed() ? "copied" : "copying",
                     core_->idle() ? "idle" : "busy", next_, source_.log().size(), sink_index_);
}

bool Daemon::settled() const {
  return up() && core_->copy_committed() && core_->idle() && next_ == source_.log().size() && queue_.empty() && !batch_ &&
         sink_index_ == source_.log().size() && !unsaved_position_.known();
}

}  // namespace tidemark::sim
