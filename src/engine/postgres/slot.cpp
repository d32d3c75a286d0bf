#include "engine/postgres/slot.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <thread>

#include "base/log.h"
#include "engine/postgres/dialect.h"
#include "engine/postgres/source_positions.h"
#include "tidemark/error.h"
#include "tidemark/position.h"

namespace tidemark::postgres {
namespace {

constexpr const char* kDoing = "looking at the replication slot";
constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kPause{100};

std::string what(const std::string& name) { return fmt::format("replication slot {}", printable(name)); }

/// Why a slot is lost, as far as the version tells.
const char* lost_reason(int version) {
  if (version >= 170000)
    return "CASE WHEN invalidation_reason IS NOT NULL THEN invalidation_reason WHEN wal_status = 'lost' THEN 'lost' END";
  if (version >= 160000) return "CASE WHEN conflicting THEN 'conflict with recovery' WHEN wal_status = 'lost' THEN 'wal_removed' END";
  return "CASE WHEN wal_status = 'lost' THEN 'wal_removed' END";
}

const char* synced(int version) { return version >= 170000 ? "synced AND pg_is_in_recovery()" : "false"; }

std::string megabytes(uint64_t bytes) { return fmt::format("{} MB", (bytes + (1u << 20) - 1) >> 20); }

/// A server that waits for a transaction would not notice that we are gone, and make the slot when it has ended: nobody would read it.
struct ServerCanceller {
  explicit ServerCanceller(Connection& connection) : handle(PQgetCancel(connection.raw()), PQfreeCancel) {}
  void cancel() const {
    char ignored[256];
    if (handle) PQcancel(handle.get(), ignored, sizeof ignored);
  }
  std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> handle;
};

constexpr const char* kLetPrimaryTell = "on the primary, once its long transactions have ended: SELECT pg_log_standby_snapshot();";

/// Creating a slot waits for these, and says nothing.
void tell_waiting(Connection& connection, bool standby) {
  if (standby) {
    spdlog::info(
        "the replication slot can only be made when the primary has logged which of its transactions are in progress, as it does every 15 "
        "seconds while it is written to; at once: {}",
        kLetPrimaryTell);
    return;
  }
  const Result result = connection.run(
      "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND xact_start < now() - "
      "interval '2 s'), (SELECT count(*) FROM pg_prepared_xacts)",
      kDoing);
  const uint64_t old = number_of(field_of(result.get(), 0, 0)), prepared = number_of(field_of(result.get(), 0, 1));
  if (old + prepared == 0) return;
  spdlog::info("the replication slot can only be made when {} transactions that are in progress now, {} of them prepared, have ended",
               old + prepared, prepared);
}

}  // namespace

std::string retention_warning(const SlotState& slot, const std::string& name) {
  constexpr const char* kCure = "let the pipeline catch up, or: ALTER SYSTEM SET max_slot_wal_keep_size = '...'; SELECT pg_reload_conf();";
  if (!slot.exists) return fmt::format("replication slot {} is gone: the pipeline needs a new copy", printable(name));
  if (!slot.lost.empty()) {
    return fmt::format("replication slot {} is lost ({}): the pipeline needs a new copy", printable(name), slot.lost);
  }
  if (slot.at_risk) {
    return fmt::format("replication slot {} holds back {} of the log, more than the server allows: it is lost with the next checkpoint; {}",
                       printable(name), megabytes(slot.retained_bytes), kCure);
  }
  // three quarters are used up
  if (!slot.safe_bytes || *slot.safe_bytes > slot.retained_bytes / 3) return {};
  return fmt::format("replication slot {} holds back {} of the log and is lost after {} more; {}", printable(name),
                     megabytes(slot.retained_bytes), megabytes(*slot.safe_bytes), kCure);
}

std::string slot_text(const SlotState& slot) {
  return fmt::format("{}, holds back {} of the log", slot.active_pid == 0 ? "idle" : "in use", megabytes(slot.retained_bytes));
}

bool named_by_tidemark(const std::string& name) { return name.rfind("tidemark_", 0) == 0; }

SlotState read_slot(Connection& connection, const std::string& name) {
  Params params;
  params.add_text(name);
  const Result result = connection.run(
      fmt::format("SELECT plugin, database, NOT temporary AND plugin = 'pgoutput' AND database = current_database(), active_pid, "
                  "confirmed_flush_lsn, {}, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE "
                  "pg_current_wal_insert_lsn() END, restart_lsn)::bigint, safe_wal_size, wal_status = 'unreserved', {} "
                  "FROM pg_replication_slots WHERE slot_name = $1",
                  lost_reason(connection.version_number()), synced(connection.version_number())),
      params, kDoing);
  SlotState slot;
  const PGresult* r = result.get();
  if (PQntuples(r) == 0) return slot;
  slot.exists = true;
  slot.plugin = field_of(r, 0, 0);
  slot.database = field_of(r, 0, 1);
  slot.ours = field_of(r, 0, 2) == "t";
  slot.active_pid = static_cast<int>(number_of(field_of(r, 0, 3)));
  slot.confirmed_flush = parse_lsn(field_of(r, 0, 4)).value_or(0);
  slot.lost = field_of(r, 0, 5);
  slot.retained_bytes = number_of(field_of(r, 0, 6));
  if (!PQgetisnull(r, 0, 7)) slot.safe_bytes = number_of(field_of(r, 0, 7));
  slot.at_risk = field_of(r, 0, 8) == "t";
  slot.synced = field_of(r, 0, 9) == "t";
  return slot;
}

uint64_t create_slot(Connection& connection, const std::string& name, bool failover, std::chrono::milliseconds patience) {
  constexpr const char* kMaking = "making the replication slot";
  const bool standby = in_recovery(connection);
  tell_waiting(connection, standby);
  connection.run("SET lock_timeout=0", kDoing);  // what it waits for are locks of transactions
  if (standby) connection.run(fmt::format("SET statement_timeout={}", patience.count()), kDoing);
  const std::string more = failover ? ", failover => true" : "";
  const std::string sql = fmt::format("SELECT lsn FROM pg_create_logical_replication_slot({}, 'pgoutput'{})", quote_literal(name), more);
  const ServerCanceller server(connection);
  Result result;
  try {
    result = connection.run(sql, kMaking);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::interrupted) server.cancel();
    if (!standby || e.server_code() != "57014") throw;
    throw Error(ErrorKind::source_unavailable, kMaking,
                fmt::format("the primary has not told the standby within {} s which of its transactions are in progress",
                            std::chrono::ceil<std::chrono::seconds>(patience).count()),
                fmt::format("{} It is tried again.", kLetPrimaryTell));
  }
  if (standby) connection.run("SET statement_timeout=0", kDoing);
  const std::optional<uint64_t> lsn = parse_lsn(field_of(result.get(), 0, 0));
  if (!lsn) throw Error(ErrorKind::corrupt, kMaking, "the server's answer is not a place in its log");
  return *lsn;
}

std::string copy_slot(Connection& connection, const std::string& name) {
  constexpr const char* kCopying = "copying the replication slot";
  const std::string copy = fmt::format("tidemark_verify_{}", connection.backend_pid());
  const Result result(
      PQexec(connection.raw(),
             fmt::format("SELECT pg_copy_logical_replication_slot({}, {}, true)", quote_literal(name), quote_literal(copy)).c_str()));
  if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) return copy;
  const Error error = connection.failure(result.get(), kCopying);
  if (error.server_code() == "53400") {
    throw Error(
        ErrorKind::server_settings, kCopying, error.cause(),
        "the log is read beside the daemon through temporary copies of its slot, two at a time, and the server has no slot free: drop "
        "unused ones, or ALTER SYSTEM SET max_replication_slots = '...' and restart it");
  }
  if (error.server_code() == "42704") {
    throw Error(ErrorKind::log_purged, kCopying, error.cause(),
                "start the pipeline first: the daemon makes its slot, or says what became of it");
  }
  throw error;
}

void drop_slot(Connection& connection, const std::string& name) {
  connection.run(fmt::format("SELECT pg_drop_replication_slot({})", quote_literal(name)), "dropping the replication slot");
}

SlotState idle_slot(Connection& connection, const std::string& name) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    SlotState slot = read_slot(connection, name);
    if (slot.active_pid == 0) return slot;
    connection.check_interrupted();
    if (std::chrono::steady_clock::now() > until) {
      throw Error(ErrorKind::busy, what(name), fmt::format("it is in use by the server's process {}", slot.active_pid),
                  fmt::format("stop the other reader; if there is none any more: SELECT pg_terminate_backend({});", slot.active_pid));
    }
    std::this_thread::sleep_for(kPause);
  }
}

void require_ours(const SlotState& slot, const std::string& name) {
  if (slot.synced) {
    throw Error(ErrorKind::source_unavailable, what(name), "the server is a standby that only keeps it for the time after a failover",
                "connect to the primary, or promote the standby. It is tried again.");
  }
  if (slot.ours) return;
  const bool plugin = slot.plugin != "pgoutput";
  throw Error(ErrorKind::server_settings, what(name),
              plugin
                  ? fmt::format("its plugin is {}, not pgoutput", slot.plugin.empty() ? "none (a physical slot)" : printable(slot.plugin))
                  : fmt::format("it is of the database {}, or temporary", printable(slot.database)),
              "choose another name under slot of the source, or drop it if nobody needs it");
}

}  // namespace tidemark::postgres
