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
using LoggedTransaction = std::vector<LoggedChange>;

struct Shape {
  bool provable = true, keyless = false, exact = true, partial = false;
};

/// Rows by key; transactions are logged in order and become visible later, in order; a key is locked until its transaction is visible.
class Source {
 public:
  Source(std::mt19937_64& rng, Shape shape);
  void commit();
  void reveal();
  Rows at(size_t position) const;
  static LogOffset offset(size_t position) { return {1, 100 + position * 10}; }

  Rows rows, start;
  std::vector<LoggedTransaction> log;
  size_t visible = 0;

 private:
  std::mt19937_64& rng_;
  Shape shape_;
  std::vector<Rows> after_;  // the state after each logged transaction
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
    enum class Step { idle, bounded, opened, viewed } step = Step::idle;
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
  Durable durable_;
  std::multimap<int, Cell> open_;  // the sink's transaction under way
};

}  // namespace tidemark::law
