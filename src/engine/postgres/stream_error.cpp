#include "engine/postgres/stream_error.h"

#include <fmt/format.h>

#include <string_view>

#include "engine/postgres/dialect.h"
#include "engine/postgres/server_error.h"

namespace tidemark::postgres {
namespace {

constexpr const char* kReading = "reading the log";

std::string text_of(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text ? printable(std::string_view(text).substr(0, std::string_view(text).find('\n'))) : "";
}

Error slot_lost(const std::string& slot, const std::string& cause) {
  return Error(ErrorKind::log_purged, kReading, cause,
               fmt::format("the server no longer keeps the log that is needed. Drop the slot (SELECT pg_drop_replication_slot({})), copy "
                           "the tables anew, and let the server keep more: ALTER SYSTEM SET max_slot_wal_keep_size = '...'",
                           quote_literal(slot)));
}

}  // namespace

Error publication_missing(const std::string& cause, const std::string& publication) {
  return Error(ErrorKind::server_settings, kReading, cause,
               fmt::format("the publication was dropped: CREATE PUBLICATION {} FOR TABLE ...; what was changed in between is not in the "
                           "log for it, so copy the tables anew",
                           quote_name(publication)));
}

Error stream_error(const PGresult* result, const PGconn* connection, const std::string& slot, const std::string& publication) {
  Error error = server_error(result, connection, kReading, Side::source);
  if (result == nullptr || error.server_code().empty()) return error;
  const std::string state = error.server_code(), detail = text_of(result, PG_DIAG_MESSAGE_DETAIL);
  const std::string cause = detail.empty() ? error.cause() : fmt::format("{} ({})", error.cause(), detail);
  auto says = [&](std::string_view part) { return cause.find(part) != std::string::npos; };
  // Messages may be in another language: the code decides, and the slot's name, which is never translated.
  if (state == "55006") {
    error = Error(ErrorKind::busy, kReading, cause,
                  fmt::format("another process reads slot {0}: end it, or give this source a slot of its own; SELECT active_pid FROM "
                              "pg_replication_slots WHERE slot_name = {1} says which",
                              printable(slot), quote_literal(slot)));
  } else if (state == "42704" && says(publication) && (publication != slot || says("publication"))) {
    error = publication_missing(cause, publication);
  } else if (state == "42704") {
    error = Error(ErrorKind::log_purged, kReading, cause,
                  "the slot was dropped, and with it the log that is needed: copy the tables anew with a new pipeline, which makes a slot");
  } else if (state == "58P01" || (state == "55000" && !says("wal_level") && says(slot))) {
    error = slot_lost(slot, cause);
  }
  error.code(state);
  return error;
}

}  // namespace tidemark::postgres
