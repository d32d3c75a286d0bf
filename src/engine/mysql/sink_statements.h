// Statements put together and sent in few packets: a small batch is one, its rows, position row and COMMIT. A packet's statements run in
// order, and none after one that failed.
// Owned by the sink, one thread; throws Error, and then the transaction is lost.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/mysql/sink_session.h"

namespace tidemark::mysql {

class SinkStatements {
 public:
  explicit SinkStatements(SinkSession& session) : session_(session) {}

  /// Begins a statement: its text is what is appended to the result until the next call of a function here. `must_affect`: exactly so
  /// many rows are to be found, or land() throws Error(data); -1: any number. `doing` must live until it has landed.
  std::string& begin(const std::string& doing, int64_t must_affect = -1);
  void add(std::string_view sql, const std::string& doing, int64_t must_affect = -1) { begin(doing, must_affect) += sql; }
  /// Of the statement that is being written: bytes so far, and how many rows must be found.
  size_t bytes() const { return packet_.size() - pending_.back().start; }
  void expect(int64_t must_affect) { pending_.back().must_affect = must_affect; }
  /// Sends what is there and reads all answers; gives the rows that the last statement found.
  uint64_t land();
  /// The same with COMMIT behind it.
  void commit();
  void reset() noexcept;

 private:
  struct Pending {
    size_t start;
    const std::string* doing;
    int64_t must_affect;
  };
  void close_statement();
  uint64_t send(size_t statements);
  void check_answer(const Pending& pending, uint64_t found) const;
  [[noreturn]] void fail(const Pending& pending);

  SinkSession& session_;
  std::string packet_;
  std::vector<Pending> pending_;
  bool commit_sent_ = false;
};

}  // namespace tidemark::mysql
