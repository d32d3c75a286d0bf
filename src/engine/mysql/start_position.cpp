#include "engine/mysql/start_position.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "base/log.h"
#include "engine/mysql/positions.h"

namespace tidemark::mysql {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kWait{5};
constexpr std::chrono::milliseconds kPause{100};
/// XA PREPARE is in the log before XA RECOVER lists it, and XA COMMIT is off that list before it is in the log: both are for the time that
/// a statement takes.
constexpr std::chrono::seconds kSettled{1};

/// The XA transactions that are prepared now; nothing when the user may not ask.
std::optional<std::set<std::string>> prepared_now(Connection& connection) {
  std::set<std::string> out;
  try {
    for (const ResultRow& row : connection.query("XA RECOVER")) {
      std::string one;
      for (const auto& field : row) one += field.value_or("") + "/";
      out.insert(std::move(one));
    }
  } catch (const Error& e) {
    constexpr const char* kNotAllowed = "1401";  // XAER_RMERR: MySQL 8 and later ask for XA_RECOVER_ADMIN
    if (e.kind() != ErrorKind::credentials && e.server_code() != kNotAllowed) throw;
    spdlog::info(
        "the user may not list prepared XA transactions; one that is prepared now would stop the pipeline at its XA COMMIT (where the "
        "source has XA transactions: GRANT XA_RECOVER_ADMIN ON *.* TO {})",
        printable(quote_user(connection.query_text("SELECT CURRENT_USER()"))));
    return std::nullopt;
  }
  return out;
}

/// Since the server started; what it found prepared then is listed.
bool xa_was_used(Connection& connection) {
  const std::vector<ResultRow> rows = connection.query("SHOW GLOBAL STATUS LIKE 'Com_xa_prepare'");
  return rows.empty() || rows[0].size() < 2 || rows[0][1].value_or("") != "0";
}

std::string place_text(const std::pair<std::string, LogOffset>& place) { return fmt::format("{}:{}", place.first, place.second.byte); }

void wait_for_end_of(Connection& connection, std::set<std::string> prepared) {
  const Clock::time_point until = Clock::now() + kWait;
  while (!prepared.empty()) {
    if (Clock::now() > until) {
      throw Error(ErrorKind::source_unavailable, "choosing the place in the log to start from",
                  fmt::format("{} XA transactions are prepared at the source, and their rows lie before that place", prepared.size()),
                  "End them (XA RECOVER CONVERT XID lists them; XA COMMIT or XA ROLLBACK each); the start is tried again until then.");
    }
    std::this_thread::sleep_for(kPause);
    const std::optional<std::set<std::string>> now = prepared_now(connection);
    if (!now) return;
    for (auto it = prepared.begin(); it != prepared.end();) it = now->count(*it) != 0 ? std::next(it) : prepared.erase(it);
  }
}

}  // namespace

Position start_position(Connection& connection) {
  const auto place = log_end(connection);
  std::optional<std::set<std::string>> prepared = prepared_now(connection);
  if ((!prepared || prepared->empty()) && !xa_was_used(connection)) return position_from(connection, place_text(place));
  std::this_thread::sleep_for(kSettled);
  if (prepared) prepared = prepared_now(connection);
  // All that are prepared before `place` have ended before the position; those that are prepared since are read from the log again.
  wait_for_end_of(connection, prepared ? std::move(*prepared) : std::set<std::string>());
  std::this_thread::sleep_for(kSettled);
  Position position = end_position(connection);
  const Position early = position_from(connection, place_text(place));
  if (early.offset < position.offset) {
    position.read_from = early.offset;
    position.read_from_gtids = early.gtids;
  }
  return position;
}

}  // namespace tidemark::mysql
