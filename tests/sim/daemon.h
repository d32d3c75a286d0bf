// The simulated process: the real core, and around it what src/runtime does with threads, one step at a time: reader, router, snapshot
// workers, applier, state file, and the rules by which a session ends and the next one begins. Owned by one history; dies and starts again.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/core.h"
#include "sim/checks.h"
#include "sim/rng.h"
#include "sim/sink.h"
#include "sim/source.h"
#include "sim/state_file.h"
#include "sim/story.h"
#include "tidemark/error.h"

namespace tidemark::sim {

class Daemon {
 public:
  Daemon(Source& source, Sink& sink, StateFile& state, Story& story);

  // --- steps ---
  void read_log(Rng& rng);
  void route();
  void copy(Rng& rng);
  void copy_with(size_t worker, Rng& rng);
  void apply(Rng& rng, bool faults);
  void save();
  /// Whoever watches over the process: starts it when it is down; when it stopped for good, does what its message asks for first.
  void operate();

  // --- faults ---
  void kill();
  void cut_log();
  void cut_copy();
  void cut_sink();

  bool up() const { return core_ != nullptr; }
  bool settled() const;
  bool copied() const { return up() && core_->copy_committed(); }
  /// For the message when it does not settle.
  std::string standing() const;
  size_t sink_index() const { return sink_index_; }
  /// The first transaction of the log that it has to read when it starts again.
  size_t needed_index() const;

 private:
  struct Worker {
    enum class Step : uint8_t { idle, bounded, opened, listed, viewed, read, marked } step = Step::idle;
    ChunkTask task;
    std::optional<KeyBytes> upto;
    ChunkOpening opening;
    Listed listed;
    View view;
    LogOffset high;
    std::vector<WaitingChange> waiting;
    bool open() const { return step > Step::bounded; }
  };
  enum class Applying : uint8_t { idle, taken, written, committed };

  // daemon.cpp
  void start();
  void connect();
  Position first_position();
  void end_session(const Error& error, bool saves = true);
  void forget();
  void write(Rng& rng, bool faults);
  void commit(Rng& rng, bool faults);
  void committed();
  void save_state();
  void check_stop_is_due(const Error& error, bool copy_is_ahead) const;
  template <typename Step>
  void guarded(Step step) {
    if (!up()) return;
    try {
      step();
    } catch (const Error& error) {
      end_session(error);
    }
  }

  // daemon_reads.cpp: what is read from the source
  LogOffset streamed(LogOffset offset) const;
  bool add_part(Rng& rng, LogBatch& batch);
  bool add_prepared(const LogEntry& entry, LogBatch& batch);
  void add_change(Arena& arena, const LoggedChange& logged, std::vector<Change>& out);
  void open_view(Worker& worker, Rng& rng);
  void read_rows(Worker& worker);
  void hand_over(Worker& worker, Rng& rng);
  void note_waiting(const LogBatch& batch);
  const TableShape& shape(uint32_t table) const { return *plan_.tables[table]; }

  const Plan& plan_;
  Source& source_;
  Sink& sink_;
  StateFile& state_;
  Story& story_;

  std::unique_ptr<Core> core_;
  Position start_;
  bool plain_ = false;
  bool copy_allowed_ = true;
  LogOffset unaltered_after_;  // not copy_allowed_: the log's end when the tables were looked at
  std::array<uint64_t, kTablesMax> schemas_{};
  size_t next_ = 0, part_ = 0;  // transaction of the log that the reader reads next, and how many of its changes it has read
  LogOffset reported_;          // what the reader has told of the log's end
  bool told_prepared_ = false;
  size_t start_index_ = 0;  // what lies before it is read for the sake of XA transactions that were prepared there
  struct Pending {
    LogOffset begin;
    GtidSet gtids_before;
  };
  std::map<uint64_t, Pending> pending_;  // prepared, as the reader knows, by xid
  uint64_t last_txid_ = 0;
  std::deque<std::shared_ptr<const LogBatch>> queue_;
  std::optional<Error> log_end_;  // the reader's error: what came before it is applied first
  std::vector<Worker> workers_;
  Applying applying_ = Applying::idle;
  std::optional<CoreBatch> batch_;
  Position unsaved_position_;
  std::vector<ChunkRecord> unsaved_chunks_;
  size_t largest_batch_ = 0;

  // of the process, over its sessions
  std::optional<Position> place_;     // no position yet: where the start waits ...
  std::vector<size_t> before_place_;  // ... for these XA transactions
  bool ordered_ = false, made_progress_ = false;
  std::optional<Error> stopped_;  // for good

  // what is true outside of it
  size_t sink_index_ = 0, acknowledged_ = 0;
};

}  // namespace tidemark::sim
