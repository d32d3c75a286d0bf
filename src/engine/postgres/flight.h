// Statements sent together and answered together: libpq's pipeline mode. A small batch is one flight: BEGIN, rows, position, COMMIT.
// Owned by the sink, one thread. After a throw the transaction is lost and the connection is to be closed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/postgres/connection.h"

namespace tidemark::postgres {

/// SQL that is prepared once a session, at its first use.
struct Statement {
  Statement() = default;
  explicit Statement(std::string text) : sql(std::move(text)) {}
  std::string sql;
  std::string name;
  uint64_t session = 0;  // the session that has it prepared
};

class Flight {
 public:
  explicit Flight(Connection& connection) : connection_(connection) {}

  /// Queues a statement. `doing` names what failed if it fails: borrowed until land(). `rows` >= 0: it must affect exactly that many.
  void send(Statement& statement, const Params& params, const std::string& doing, int64_t rows = -1);
  /// As send(); from here to the end of land() a lost connection means that the outcome of the transaction is not known.
  void send_commit(Statement& commit);
  /// Sends what is queued, reads every answer, throws the first failure. Leaves pipeline mode, so that COPY may follow.
  void land();
  /// Forgets what was queued: the connection has been closed.
  void reset() { pending_.clear(), flying_ = false, commit_sent_ = false, counts_rows_ = false; }

 private:
  struct Pending {
    const std::string* doing;
    int64_t rows;
    bool is_commit;
  };
  void take_off();
  void read_answers();
  [[noreturn]] void fail_lost();

  Connection& connection_;
  std::vector<Pending> pending_;
  bool flying_ = false;
  bool commit_sent_ = false;
  bool counts_rows_ = false;  // a pending answer's row count is to be checked
  uint64_t statements_ = 0;
};

}  // namespace tidemark::postgres
