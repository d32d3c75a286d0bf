// Design section 2 as a random history: a source that keeps logged and visible apart, snapshot workers, a sink with crashes, and the real
// core between them. Everything is drawn from one seed. check() functions throw std::runtime_error with the story.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "pipeline/core.h"

namespace tidemark::law {

inline int draw(std::mt19937_64& rng, int n) { return static_cast<int>(rng() % static_cast<uint64_t>(n)); }

struct Cell {
  int64_t a = 0, t = 0;
  friend bool operator==(const Cell&, const Cell&) = default;
};
using Rows = std::map<int, Cell>;

struct LoggedChange {
  Op op;
  int old_key = -1, new_key = -1;
  Cell row;
  bool t_absent = false;
};
struct LoggedTransaction : std::vector<LoggedChange> {
  CommitOrder order = CommitOrder::log;
  uint64_t xid = 0;
};

struct Shape {
  bool provable = true, keyless = false, exact = true, partial = false, unordered = false;
};

/// Rows by key; transactions are logged in order and become visible later: those of CommitOrder::log in order, the others when their turn
/// has come or at any time after it. A key is locked until its transaction is visible.
class Source {
 public:
  Source(std::mt19937_64& rng, Shape shape);
  void commit();
  void reveal();
  void finish();
  /// Loose commits take microseconds, and nothing tells of those that a session has not seen itself: they are over when the next begins.
  void end_loose();
  bool all_visible() const { return visible == log.size() && late_.empty(); }
  /// XA RECOVER: one that stays prepared, and those whose commit is under way.
  std::vector<uint64_t> prepared() const;
  static constexpr uint64_t kStaysPrepared = 9;
  Rows at(size_t position) const;
  static LogOffset offset(size_t position) { return {1, 100 + position * 10}; }

  Rows rows, start;
  std::vector<LoggedTransaction> log;
  size_t visible = 0;  // what a read view says of its place in the log

 private:
  std::mt19937_64& rng_;
  Shape shape_;
  std::vector<Rows> after_;  // the state after each logged transaction
  void show(size_t transaction);
  std::set<size_t> late_;  // their turn has come
  std::set<int> locked_;
  std::vector<std::set<int>> touched_;
  int64_t next_ = 0;
};

/// What survives a crash.
struct Durable {
  std::multimap<int, Cell> rows;
  Position position;
  std::vector<ChunkRecord> chunks;
};

class History {
 public:
  explicit History(uint64_t seed);
  /// Runs it to the end. Throws when the sink shows a state that the source never had, or ends unequal.
  void run();

 private:
  struct Worker {
    enum class Step { idle, bounded, opened, listed, viewed } step = Step::idle;
    ChunkTask task;
    std::optional<KeyBytes> upto;
    ChunkOpening opening;
    Visibility view;
    Rows rows;
  };
  void start_core();
  void crash();
  void deliver();
  void work(Worker& worker);
  void open_view(Worker& worker);
  static size_t transactions_of(const Position& position);
  void read(Worker& worker);
  void write_sink();
  void load(const TableStep& step);
  void apply(const TableStep& step);
  void check() const;
  Value* row_values(Arena& arena, int key, const Cell* cell, bool t_absent) const;
  KeyBytes key_bytes(int key) const;
  int key_of(Row row) const;

  std::mt19937_64 rng_;
  Shape shape_;
  SchemaRef schema_;
  Source source_;
  uint64_t chunk_rows_;
  std::unique_ptr<Core> core_;
  size_t delivered_ = 0, part_ = 0;
  std::vector<Worker> workers_{2};
  bool failed_over_ = false, told_prepared_ = false;
  Durable durable_;
  std::multimap<int, Cell> open_;  // the sink's transaction under way
};

}  // namespace tidemark::law
