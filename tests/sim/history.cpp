#include "sim/history.h"

#include <algorithm>

#include "sim/checks.h"
#include "sim/daemon.h"
#include "sim/violation.h"

namespace tidemark::sim {

namespace {

constexpr uint64_t kRoundsMax = 2500;
constexpr uint64_t kMovesMax = 1500;  // rounds that keys may go on moving before the copy is at its end

class History {
 public:
  History(const Plan& plan, Story& story)
      : plan_(plan), story_(story), source_(plan), sink_(plan), daemon_(source_, sink_, state_, story) {}

  void run() {
    for (const Step& step : plan_.steps) {
      ++story_.step;
      ++story_.tally.steps;
      take(step);
    }
    converge();
  }

 private:
  void take(const Step& step) {
    Rng rng(step.seed);
    if (story_.told()) return told(step, rng);
    act(step, rng);
  }

  /// With --trace: what became of the log and of what reads see.
  void told(const Step& step, Rng& rng) {
    const size_t logged = source_.log().size(), visible = source_.visible_count();
    act(step, rng);
    for (size_t i = logged; i < source_.log().size(); ++i) story_.tell("logged: transaction {}: {}", i + 1, source_.text_of(i));
    if (source_.visible_count() > visible) story_.tell("visible now: transactions {}", source_.visible_text());
  }

  void act(const Step& step, Rng& rng) {
    if (step.kind >= kFirstFault) {
      if (!plan_.allows(step.kind)) return;
      story_.fault(step.kind);
      return fail(step.kind, rng);
    }
    switch (step.kind) {
      case StepKind::statement: return source_.statement(rng);
      case StepKind::commit: return source_.commit(rng);
      case StepKind::roll_back: return source_.roll_back(rng);
      case StepKind::reveal: source_.reveal(rng); return;
      case StepKind::execute: source_.execute(); return;
      case StepKind::foreign: return source_.foreign(rng);
      case StepKind::rotate: return source_.rotate();
      case StepKind::read_log: return daemon_.read_log(rng);
      case StepKind::route: return daemon_.route();
      case StepKind::copy: return daemon_.copy(rng);
      case StepKind::apply: return daemon_.apply(rng, true);
      case StepKind::save: return daemon_.save();
      case StepKind::operate: return daemon_.operate();
      default: return;
    }
  }

  void fail(StepKind kind, Rng& rng) {
    const size_t safe = daemon_.sink_index();
    switch (kind) {
      case StepKind::kill: return daemon_.kill();
      case StepKind::cut_log: return daemon_.cut_log();
      case StepKind::cut_copy: return daemon_.cut_copy();
      case StepKind::cut_sink: return daemon_.cut_sink();
      case StepKind::restart_source:
        daemon_.cut_log();
        daemon_.cut_copy();
        story_.tell("the source restarts");
        return source_.restart();
      case StepKind::purge:
        if (rng.one_in(2)) source_.rotate();
        if (plan_.server == ServerKind::postgres) return source_.purge(source_.log().size());  // what the slot does not keep
        return source_.purge(rng.below(static_cast<uint32_t>(daemon_.needed_index() + 1)));
      case StepKind::purge_gap:
        daemon_.cut_copy();
        story_.tell("the source purges its log");
        source_.lose_slot();
        source_.rotate();
        return source_.purge(source_.log().size());
      case StepKind::fail_over:
      case StepKind::lose_log: {
        daemon_.cut_copy();
        const auto size = static_cast<uint32_t>(source_.log().size());
        if (kind == StepKind::lose_log && plan_.server != ServerKind::postgres && (source_.lost_tail() || rng.one_in(2))) {
          story_.tell("the source loses the end of its log");
          return source_.lose_tail(rng);
        }
        if (source_.lost_tail()) return;
        const size_t keep = kind == StepKind::fail_over ? std::max<size_t>(safe, rng.below(size + 1)) : rng.below(size + 1);
        story_.tell("another server goes on after {} of {} transactions", keep, size);
        return source_.fail_over(keep, rng.below(plan_.server == ServerKind::postgres ? 4u : 3u));
      }
      case StepKind::alter: return source_.alter(rng);
      case StepKind::fill_disk: return state_.fill_disk();
      case StepKind::lose_state: daemon_.kill(); return state_.lose();
      case StepKind::old_state: daemon_.kill(); return state_.lose_writes();
      default: return;
    }
  }

  void converge() {
    story_.tell("no more faults");
    state_.free_disk();
    Rng rng(plan_.seed ^ 0xc0ffee);
    source_.end_clients(rng);
    for (uint64_t round = 0; round < kRoundsMax; ++round) {
      ++story_.step;
      if (plan_.moves && !daemon_.copied()) {
        if (round > kMovesMax) throw Violation("the copy does not come to an end while keys move");
        if (round % 4 == 0) source_.move_keys(rng);
      }
      daemon_.operate();
      while (source_.reveal(rng)) {
      }
      source_.execute();
      daemon_.read_log(rng);
      daemon_.route();
      for (size_t worker = 0; worker < static_cast<size_t>(plan_.workers); ++worker) daemon_.copy_with(worker, rng);
      daemon_.apply(rng, false);
      daemon_.save();
      if (!source_.all_executed() || !daemon_.settled()) continue;
      story_.tally.rounds = std::max(story_.tally.rounds, round);
      return check_equal(source_, sink_);
    }
    throw Violation("it does not come to an end: " + daemon_.standing());
  }

  const Plan& plan_;
  Story& story_;
  Source source_;
  Sink sink_;
  StateFile state_;
  Daemon daemon_;
};

}  // namespace

void run_history(const Plan& plan, Story& story) { History(plan, story).run(); }

}  // namespace tidemark::sim
