// The simulated server: clients' transactions with row locks, a log, and what reads see, kept apart (design rule 2.1). A transaction is
// logged, then visible, then (MySQL) in gtid_executed; its locks are held until it is visible. Owned by one history; one thread.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "sim/plan.h"
#include "sim/rng.h"
#include "sim/tables.h"
#include "tidemark/position.h"

namespace tidemark::sim {

struct LoggedChange {
  Op op;
  uint8_t table;
  uint8_t old_slot, new_slot;
  Cell before, after;  // tables without key: not used
};

/// Rows that transactions hold: a bit a slot, and a bit a unique value.
struct Locks {
  std::array<uint16_t, kTablesMax> slots{}, values{};
  bool meet(const Locks& o) const {
    bool met = false;
    for (size_t t = 0; t < kTablesMax; ++t) met = met || (slots[t] & o.slots[t]) != 0 || (values[t] & o.values[t]) != 0;
    return met;
  }
  void add(const Locks& o) {
    for (size_t t = 0; t < kTablesMax; ++t) {
      slots[t] |= o.slots[t];
      values[t] |= o.values[t];
    }
  }
  void take_off(const Locks& o) {
    for (size_t t = 0; t < kTablesMax; ++t) {
      slots[t] = static_cast<uint16_t>(slots[t] & ~o.slots[t]);
      values[t] = static_cast<uint16_t>(values[t] & ~o.values[t]);
    }
  }
};

struct LogEntry {
  uint32_t first = 0, count = 0;  // into Source::changes
  int8_t altered = -1;            // DDL on this table
  bool visible = false, executed = false;
  uint64_t shown = 0;  // when it became visible, see View::shown
  LogOffset begin, end;
  Gtid gtid;
  uint64_t txid = 0;
  CommitOrder order = CommitOrder::log;
  uint64_t xid = 0;       // order xa
  uint64_t prepares = 0;  // XA PREPARE of this xid: its rows count at the XA COMMIT
  uint64_t ends = 0;      // XA COMMIT or XA ROLLBACK of a prepared xid
  size_t prepared = 0;    // of one of these two: which of Source::prepared_
  Locks locks;
  std::array<uint64_t, kTablesMax> schemas{};  // Source::alters() when it was logged
};

/// What is asked before a read view is opened.
struct Listed {
  GtidSet executed;               // MySQL: gtid_executed
  LogOffset xa_before;            // MariaDB: the log's end, then
  std::vector<uint64_t> xa_open;  // XA RECOVER
};

/// A read view: the rows of one table, and what the server says of it.
struct View {
  Visibility visibility;
  Rows rows;
  uint64_t altered = 0;
  uint64_t shown = 0;    // what became visible up to here is in it
  uint64_t empties = 0;  // Source::empties() of its table
  bool has(const LogEntry& entry) const { return entry.visible && entry.shown <= shown; }
};

class Source {
 public:
  explicit Source(const Plan& plan);

  // --- clients (clients.cpp) ---
  void statement(Rng& rng);
  void commit(Rng& rng);
  void roll_back(Rng& rng);
  void foreign(Rng& rng);
  void end_clients(Rng& rng);
  /// One row of each table gets another key, in a transaction of its own.
  void move_keys(Rng& rng);
  void alter(Rng& rng);
  /// Every XA transaction that is prepared.
  void end_prepared(Rng& rng);

  // --- stages ---
  bool reveal(Rng& rng);
  bool execute();
  bool all_executed() const { return executed_count_ == log_.size(); }

  // --- the server ---
  void rotate();
  void restart();
  /// Transactions before `upto`, in whole files.
  void purge(size_t upto);
  /// Another server goes on with the first `keep` transactions; the last `committing` of them are in its log, but not visible yet.
  void fail_over(size_t keep, size_t committing);
  /// The same server comes back without the last transactions of its latest file, which it had not synced.
  void lose_tail(Rng& rng);
  /// PostgreSQL: what keeps the log for the daemon, and remembers from where the stream goes on. Made anew for a first position.
  struct Slot {
    bool exists = false, lost = false;
    bool anew = false;  // made by somebody after a failover: what came before it is never sent
    uint64_t confirmed = 0;
  };
  void create_slot() { slot_ = {true, false, false, tail_.byte}; }
  void acknowledge(const Position& position);
  const Slot& slot() const { return slot_; }
  /// The stream begins there, whatever is asked for.
  size_t slot_index() const;
  /// The server gives it up.
  void lose_slot() { slot_.lost = true; }
  /// It has given some GTIDs out twice: on other servers they prove nothing any more.
  bool lost_tail() const { return lost_tail_; }

  // --- what the daemon asks ---
  Position end_position() const;
  /// XA transactions that are in the log as prepared and not as ended.
  const std::vector<size_t>& prepared() const { return open_; }
  GtidSet gtids_before(size_t transaction) const;
  /// Nothing: a lock was not granted.
  std::optional<View> open_view(int table, bool need_exact, bool need_lock, const Listed& before) const;
  Listed list() const;
  static constexpr uint64_t kStaysPrepared = 9;
  /// Loose commits take microseconds: those that nobody has read yet are over when a pipeline takes its first position.
  void end_loose();
  LogOffset log_end() const { return tail_; }
  const Rows& visible_rows(int table) const { return visible_[static_cast<size_t>(table)]; }
  Visibility snapshot() const;

  // --- what the checks ask ---
  const std::vector<LogEntry>& log() const { return log_; }
  const LoggedChange& change(size_t i) const { return changes_[i]; }
  const Database& state_at(size_t index) const { return after_[index]; }
  size_t purged() const { return purged_; }
  uint64_t first_file() const { return first_file_; }
  uint64_t file_bytes(uint64_t file) const { return file == tail_.file ? tail_.byte : file_ends_.at(file); }
  const GtidSet& executed() const { return executed_; }
  /// An event, or the end of the file, is there: how many transactions lie before it.
  std::optional<size_t> boundary(const LogOffset& at) const;
  size_t visible_count() const { return visible_count_; }
  std::string visible_text() const;
  std::string text_of(size_t transaction) const;
  /// Where reading begins for the position, which the log has: before it where XA transactions were prepared.
  size_t read_index(const Position& position) const;
  /// How many transactions of the log lie before the position; nullopt: the log never was there.
  std::optional<size_t> index_of(const Position& position) const;
  /// PostgreSQL: the place (of what a copy in plain mode has seen) lies on a timeline behind the fork where it was left.
  bool timeline_left(const LogOffset& place) const;
  /// What TIMELINE_HISTORY says of the timelines that the server's own came from.
  const std::vector<LogOffset>& timelines() const { return timelines_; }
  bool on_timeline(uint64_t timeline) const;
  /// How often the table was truncated, as far as anybody can have seen it.
  uint64_t empties(int table) const { return empties_[static_cast<size_t>(table)]; }
  /// A TRUNCATE of the table has not ended yet: reads of it wait.
  bool being_emptied(int table) const;
  uint64_t alters(int table) const { return altered_[static_cast<size_t>(table)]; }
  bool was_altered() const { return was_altered_; }
  bool failed_over() const { return epoch_ != 1; }
  const Plan& plan() const { return plan_; }
  std::string server() const { return server_; }

 private:
  struct Client {
    bool open = false;
    uint64_t txid = 0;
    Database view;  // what it sees: rows that nobody else has locked are the latest ones
    std::vector<LoggedChange> changes;
    Locks locks;
    bool statement_only = false;  // it is one statement that is under way and cannot be rolled back
    void clear() {
      open = statement_only = false;
      changes.clear();
      locks = {};
    }
  };

  struct Prepared {
    uint64_t xid;
    size_t transaction;  // in the log
    std::vector<LoggedChange> changes;
    Locks locks;
  };

  // clients.cpp
  void prepare(Rng& rng, Client& client);
  void end_prepared(Rng& rng, size_t which, bool commits);
  bool xid_in_use(uint64_t xid) const;
  void begin(Client& client);
  bool lock(Client& client, int table, int slot, int value);
  void write_row(Rng& rng, Client& client, int table);
  void write_keyless(Rng& rng, Client& client, int table);
  void swap_keys(Rng& rng, Client& client, int table);
  void swap_values(Rng& rng, Client& client, int table);
  void roll_back_some(Rng& rng, Client& client);
  void change_row(Client& client, int table, int from, int to, const Cell& after);
  void insert_row(Client& client, int table, int slot, const Cell& after);
  void remove_row(Client& client, int table, int slot);
  Cell fresh_cell(Rng& rng, Client& client, int table);

  // truncates.cpp
  bool lock_table(Client& client, int table);
  void empty_table(Rng& rng, Client& client, int table);
  void show_emptied(int table);

  void log_transaction(Client& client, size_t bytes);
  void put_changes(LogEntry& entry, const std::vector<LoggedChange>& changes);
  LogEntry& append(size_t bytes);
  void show(LogEntry& entry);
  void truncate(size_t keep);
  void move_log();
  void show_only(size_t shown);
  std::optional<size_t> index_by_gtids(const GtidSet& gtids) const;
  static void apply(const LoggedChange& change, Database& rows);

  const Plan& plan_;
  std::vector<Client> clients_;
  std::vector<LogEntry> log_;
  std::vector<LoggedChange> changes_;
  std::vector<Prepared> prepared_;  // all there ever were
  std::vector<size_t> open_;        // those that are prepared now
  std::vector<Database> after_;     // [i]: the state after the first i transactions
  Database visible_{};
  Locks held_;
  size_t visible_count_ = 0, executed_count_ = 0, visible_prefix_ = 0, purged_ = 0;
  uint64_t shows_ = 0;
  size_t turn_ = 0;  // MariaDB: the place in the log that a read view says it has
  GtidSet executed_;
  LogOffset tail_{1, 500};
  uint64_t first_file_ = 1;                 // not purged
  std::map<uint64_t, uint64_t> file_ends_;  // of those before the one that is written
  std::string server_ = "1";
  uint8_t epoch_ = 1;                      // of the server's identity
  uint64_t next_number_[2] = {101, 101};   // GTID, by domain
  uint64_t next_txid_ = (1ull << 32) - 8;  // the 32 bits in the log wrap soon
  uint32_t next_a_ = 1;
  std::array<uint64_t, kTablesMax> altered_{};  // how often; never the same number for two schemas
  std::array<uint64_t, kTablesMax> empties_{};
  std::array<bool, kTablesMax> emptied_{};  // by a TRUNCATE that is not visible as a transaction yet
  bool was_altered_ = false, lost_tail_ = false;
  std::vector<LogOffset> forks_;      // PostgreSQL: where timelines were left
  std::vector<LogOffset> timelines_;  // those of them that lead to this one
  Slot slot_;
  GtidSet base_;  // executed before the history begins
};

}  // namespace tidemark::sim
