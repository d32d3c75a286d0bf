#include "engine/postgres/flight.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/failpoint.h"
#include "engine/postgres/server_error.h"

namespace tidemark::postgres {
namespace {

constexpr size_t kPendingMax = 2000;  // answers wait in memory until they are read
const std::string kCommitting = "committing to the sink";

int64_t affected_rows(const PGresult* result) {
  std::string_view text = PQcmdTuples(const_cast<PGresult*>(result));  // libpq's signature lacks the const
  int64_t rows = 0;
  std::from_chars(text.data(), text.data() + text.size(), rows);
  return rows;
}

}  // namespace

void Flight::take_off() {
  if (flying_) return;
  if (!connection_.is_open()) throw Error(ErrorKind::sink_unavailable, "writing to the sink", "not connected");
  if (PQenterPipelineMode(connection_.raw()) != 1) throw connection_error(connection_.raw(), "writing to the sink");
  flying_ = true;
}

void Flight::send(Statement& statement, const Params& params, const std::string& doing, int64_t rows) {
  if (pending_.size() >= kPendingMax) land();
  take_off();
  if (statement.session != connection_.session()) {
    statement.name = fmt::format("tidemark_{}", ++statements_);
    if (PQsendPrepare(connection_.raw(), statement.name.c_str(), statement.sql.c_str(), 0, nullptr) != 1) fail_lost();
    pending_.push_back({&doing, -1, false});
    statement.session = connection_.session();
  }
  if (PQsendQueryPrepared(connection_.raw(), statement.name.c_str(), params.count(), params.values(), params.lengths(), params.formats(),
                          0) != 1) {
    fail_lost();
  }
  pending_.push_back({&doing, rows, false});
  if (rows >= 0) counts_rows_ = true;
}

void Flight::send_commit(Statement& commit) {
  // the server does not stop at a count that is wrong: we must have seen it before it commits
  if (counts_rows_) land();
  send(commit, Params(), kCommitting);
  pending_.back().is_commit = true;
  commit_sent_ = true;
}

void Flight::fail_lost() {
  if (commit_sent_) {
    throw Error(ErrorKind::commit_unknown, kCommitting, "the connection was lost before the server answered",
                "tidemark reconnects and reads its position row to find out");
  }
  connection_.check_interrupted();
  throw connection_error(connection_.raw(), "writing to the sink");
}

void Flight::land() {
  if (!flying_) return;
  if (PQpipelineSync(connection_.raw()) != 1) fail_lost();
  if (commit_sent_) failpoint("postgres.commit_sent");
  read_answers();
  if (PQexitPipelineMode(connection_.raw()) != 1) fail_lost();
  pending_.clear();
  flying_ = false;
  commit_sent_ = false;
  counts_rows_ = false;
}

void Flight::read_answers() {
  std::optional<Error> first;
  for (const Pending& pending : pending_) {
    // the answer, then a null that ends it
    for (bool answered = false;;) {
      Result result(PQgetResult(connection_.raw()));
      if (!result) {
        if (answered) break;
        fail_lost();
      }
      answered = true;
      const ExecStatusType status = PQresultStatus(result.get());
      if (status == PGRES_PIPELINE_ABORTED || first) continue;
      if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        first = server_error(result.get(), connection_.raw(), *pending.doing);
      } else if (pending.is_commit && std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
        first = Error(ErrorKind::internal, kCommitting, "the server rolled the transaction back");
      } else if (pending.rows >= 0 && affected_rows(result.get()) != pending.rows) {
        first = Error(ErrorKind::data, *pending.doing,
                      fmt::format("{} rows were to be changed, the sink has {} of them", pending.rows, affected_rows(result.get())),
                      "the sink's table was changed by someone else; compare with: tidemark verify");
      }
    }
    // a broken connection answers the rest by itself; only whether COMMIT was under way matters then
    if (connection_.is_lost()) fail_lost();
  }
  Result sync(PQgetResult(connection_.raw()));
  if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC || connection_.is_lost()) fail_lost();
  if (first) {
    connection_.check_interrupted();
    throw *first;
  }
}

}  // namespace tidemark::postgres
