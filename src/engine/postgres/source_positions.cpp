#include "engine/postgres/source_positions.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/postgres/slot.h"
#include "tidemark/error.h"

namespace tidemark::postgres {

namespace {

constexpr const char* kDoing = "reading the log's end";

uint64_t lsn_of(const PGresult* result, int row, int column) {
  const std::optional<uint64_t> lsn = parse_lsn(field_of(result, row, column));
  if (!lsn) throw Error(ErrorKind::corrupt, kDoing, "the server's answer is not a place in its log");
  return *lsn;
}

}  // namespace

ServerIdentity identify(Connection& walsender) {
  const Result result = walsender.run("IDENTIFY_SYSTEM", "asking for the server's identity");
  return {std::string(field_of(result.get(), 0, 0)), number_of(field_of(result.get(), 0, 1))};
}

bool in_recovery(Connection& connection) { return field_of(connection.run("SELECT pg_is_in_recovery()", kDoing).get(), 0, 0) == "t"; }

uint64_t log_end(Connection& connection) {
  if (in_recovery(connection)) return lsn_of(connection.run("SELECT pg_last_wal_replay_lsn()", kDoing).get(), 0, 0);
  const Result result =
      connection.run("SELECT pg_current_wal_insert_lsn(), pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn()", kDoing);
  if (field_of(result.get(), 0, 1) == "t") {
    // the place of the next record: the stream comes there when there is one, and it is flushed
    connection.run("BEGIN; SET LOCAL synchronous_commit=local; SELECT pg_logical_emit_message(true, 'tidemark', ''); COMMIT", kDoing);
  }
  return lsn_of(result.get(), 0, 0);
}

std::vector<uint64_t> in_progress(Connection& connection) {
  std::vector<uint64_t> ids;
  if (in_recovery(connection)) return ids;
  const Result result = connection.run("SELECT pg_snapshot_xip(pg_current_snapshot())::text", "looking for transactions in progress");
  for (int row = 0; row < PQntuples(result.get()); ++row) ids.push_back(number_of(field_of(result.get(), row, 0)));
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<uint64_t> merged(std::vector<uint64_t> a, const std::vector<uint64_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::sort(a.begin(), a.end());
  a.erase(std::unique(a.begin(), a.end()), a.end());
  return a;
}

ServerPlace ConnectedLog::place() {
  const ServerIdentity identity = identify(walsender_);
  const Result result = connection_.run(
      "SELECT pg_is_in_recovery(), CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END",
      kDoing);
  return {identity.system, identity.timeline, lsn_of(result.get(), 0, 1), field_of(result.get(), 0, 0) == "t"};
}

std::string ConnectedLog::timeline_history(uint64_t timeline) {
  const Result result = walsender_.run(fmt::format("TIMELINE_HISTORY {}", timeline), "reading the history of the server's timelines");
  return std::string(field_of(result.get(), 0, 1));
}

SlotPlace ConnectedLog::slot() {
  const SlotState state = idle_slot(connection_, slot_);
  if (state.exists) require_ours(state, slot_);
  return {state.exists, state.lost, state.confirmed_flush};
}

}  // namespace tidemark::postgres
