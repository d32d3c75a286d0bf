// Reads a sink that receives the ledger workload (ledger.h), all the time, each time in one read transaction, and notes everything that
// must never be seen: torn transactions, a position row that does not belong to the data, finish records that change or overlap.
// Has a thread of its own; the other functions may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "servers/database.h"
#include "servers/rows.h"
#include "workload/ledger_count.h"

namespace tidemark::test {

/// How to read one kind of sink.
struct LedgerSink {
  using Query = std::function<TextRows(const std::string&)>;
  std::function<Query()> connect;  // throws while there is nothing to connect to
  std::string begin;
  std::string prefix;  // before table names
  std::string position_sql, chunks_sql;
};
LedgerSink ledger_in(const DatabaseServer& sink);
LedgerSink ledger_in(const std::string& sqlite_path);

/// One state of the sink.
struct LedgerState {
  std::string position;  // the position row
  struct Chunk {
    std::string table, after, upto, only;  // keys as hexadecimal digits
    bool done = false;
    std::string rows_and_high;
  };
  std::vector<Chunk> chunks;
  /// Tables whose finish records reach from the first key to the last, without a gap.
  size_t tables_copied = 0;
  size_t chunks_done = 0;
  uint64_t ledger_rows = 0;
  std::vector<std::string> wrong;  // only filled when all tables are copied
};

class LedgerWatcher {
 public:
  /// `count`: of the source, made right after create_ledger(). `tables`: how many there are.
  LedgerWatcher(LedgerSink sink, std::shared_ptr<LedgerCount> count, size_t tables);
  ~LedgerWatcher() { stop(); }
  LedgerWatcher(const LedgerWatcher&) = delete;
  LedgerWatcher& operator=(const LedgerWatcher&) = delete;

  /// What was wrong, one line each; at most 20.
  std::vector<std::string> findings() const;
  bool copied() const { return copied_; }
  size_t chunks_done() const { return chunks_done_; }
  /// How many different states it has seen after the copy.
  uint64_t whole_states_seen() const { return whole_states_; }
  /// While the sink's server is restarted, what fails at reading it is nobody's fault.
  void let_sink_be_away(bool away) { sink_away_ = away; }
  void stop();

 private:
  void watch();
  LedgerState read(const LedgerSink::Query& query) const;
  void check_rows(const LedgerSink::Query& query, LedgerState& state) const;
  void check_records(const LedgerState& state);
  void note(const std::string& finding);

  const LedgerSink sink_;
  const std::shared_ptr<LedgerCount> count_;
  const size_t tables_;
  std::atomic<bool> running_{true}, copied_{false}, sink_away_{false};
  std::atomic<size_t> chunks_done_{0};
  std::atomic<uint64_t> whole_states_{0};
  std::map<std::string, std::string> finished_;  // watcher thread only: finish records seen so far
  mutable std::mutex mutex_;
  std::vector<std::string> findings_;
  std::thread thread_;
};

/// Tables that are covered by finish records without gap and without overlap; for each that is not, a line in `why`.
size_t covered_tables(const std::vector<LedgerState::Chunk>& chunks, std::vector<std::string>& overlaps);

}  // namespace tidemark::test
