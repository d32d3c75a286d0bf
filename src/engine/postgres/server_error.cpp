#include "engine/postgres/server_error.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "engine/postgres/dialect.h"

namespace tidemark::postgres {
namespace {

std::string_view diagnostic(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text ? text : "";
}

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

bool starts(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

ErrorKind kind_at_source(std::string_view state) {
  if (state == "42501" || starts(state, "28")) return ErrorKind::credentials;
  if (state == "42P01" || state == "42703") return ErrorKind::schema_changed;  // a table or column was dropped
  if (state == "55006") return ErrorKind::busy;                                // the slot is in use
  if (state == "58P01") return ErrorKind::log_purged;                          // a WAL segment is gone
  if (state == "53400") return ErrorKind::server_settings;                     // no free slot or WAL sender
  if (starts(state, "22") || starts(state, "54")) return ErrorKind::data;
  if (starts(state, "40") || state == "55P03" || state == "25006") return ErrorKind::source_unavailable;
  if (starts(state, "08") || starts(state, "53") || starts(state, "57") || starts(state, "58")) return ErrorKind::source_unavailable;
  if (starts(state, "42") || state == "0A000" || state == "55000") return ErrorKind::server_settings;
  return state.empty() ? ErrorKind::source_unavailable : ErrorKind::internal;
}

ErrorKind kind_at_sink(std::string_view state) {
  if (state == "23502") return ErrorKind::data;  // NULL into NOT NULL
  if (starts(state, "23")) return ErrorKind::sink_conflict;
  // Deadlocks, locks of others, and a primary that is being replaced pass: the same batch is written again.
  if (starts(state, "40") || state == "55P03" || state == "25006") return ErrorKind::sink_unavailable;
  if (state == "42501" || starts(state, "28")) return ErrorKind::credentials;
  if (starts(state, "22") || starts(state, "54") || state == "42P01" || state == "42703" || state == "P0001") return ErrorKind::data;
  if (state == "0A000") return ErrorKind::server_settings;
  if (starts(state, "08") || starts(state, "53") || starts(state, "57") || starts(state, "58")) return ErrorKind::sink_unavailable;
  if (starts(state, "42")) return ErrorKind::server_settings;
  return state.empty() ? ErrorKind::sink_unavailable : ErrorKind::internal;
}

std::string hint_at_source(std::string_view state) {
  if (state == "55006") return "another process reads this slot: SELECT active_pid, slot_name FROM pg_replication_slots WHERE active";
  if (state == "53400") return "raise max_replication_slots and max_wal_senders and restart the server";
  if (state == "25006") return "the server is read-only: connect to the primary";
  if (state == "22P05") return "the database holds a character that UTF-8 does not have";
  return {};
}

/// The type that a message about a label names; empty: the message is about something else, or in a language that we do not read.
std::string enum_in(std::string_view message) {
  constexpr std::string_view kLabel = "invalid input value for enum ";
  if (!starts(message, kLabel)) return {};
  message.remove_prefix(kLabel.size());
  return std::string(message.substr(0, message.find(": \"")));
}

std::string hint_at_sink(std::string_view state, const std::string& table, std::string_view message) {
  if (const std::string type = enum_in(message); state == "22P02" && !type.empty()) {
    return fmt::format(
        "the source's enum has a label that the sink's has not: ALTER TYPE {0} ADD VALUE '...' for each one that "
        "SELECT enum_range(NULL::{0}) lacks at the sink, in the source's order",
        type);
  }
  if (state == "23505") {
    return "the target has a unique constraint that the source does not have, or rows that are not the source's; drop it or remove those "
           "rows";
  }
  if (state == "23503") {
    return "let tidemark skip foreign keys: GRANT SET ON PARAMETER session_replication_role TO <role> (PostgreSQL 15+), "
           "or make them DEFERRABLE: ALTER TABLE ... ALTER CONSTRAINT ... DEFERRABLE";
  }
  if (state == "23502") return fmt::format("allow NULL: ALTER TABLE {} ALTER COLUMN ... DROP NOT NULL", table.empty() ? "..." : table);
  if (state == "22P05") return "the sink database's encoding cannot hold this character; create it with ENCODING 'UTF8'";
  if (state == "25006") return "connect to the primary: this server or session is read-only";
  if (starts(state, "54")) return "a limit of PostgreSQL; for an index entry that is too large choose a shorter key under tables.key";
  if (starts(state, "53")) return "free disk space or memory on the sink's server";
  return {};
}

/// The GRANT that the message asks for. It names the object in the server's language: when that is not known, the sentence is a general
/// one.
std::string privilege_hint_at_source(std::string_view message, const std::string& role) {
  constexpr std::pair<std::string_view, std::string_view> kObjects[] = {{"permission denied for database ", "CREATE ON DATABASE"},
                                                                        {"permission denied for schema ", "USAGE ON SCHEMA"},
                                                                        {"permission denied for table ", "SELECT ON TABLE"}};
  for (const auto& [beginning, privilege] : kObjects) {
    if (starts(message, beginning)) return fmt::format("GRANT {} {} TO {};", privilege, quote_name(message.substr(beginning.size())), role);
  }
  if (starts(message, "query would be affected by row-level security")) return fmt::format("ALTER ROLE {} BYPASSRLS;", role);
  return fmt::format("grant the missing privilege to tidemark's role: GRANT ... TO {}", role);
}

std::string privilege_hint_at_sink(std::string_view message, const std::string& role) {
  constexpr std::pair<std::string_view, std::string_view> kObjects[] = {{"permission denied for database ", "CREATE ON DATABASE"},
                                                                        {"permission denied for schema ", "USAGE, CREATE ON SCHEMA"}};
  for (const auto& [beginning, privilege] : kObjects) {
    if (starts(message, beginning)) return fmt::format("GRANT {} {} TO {};", privilege, quote_name(message.substr(beginning.size())), role);
  }
  for (std::string_view beginning : {"permission denied for table ", "must be owner of table "}) {
    // a table that tidemark writes is one that it has made or owns like one: it creates, loads and compares it
    if (starts(message, beginning)) {
      return fmt::format(
          "let tidemark's role own the table: ALTER TABLE {} OWNER TO {}; (with its schema before it, if that is not in the "
          "search_path)",
          quote_name(message.substr(beginning.size())), role);
    }
  }
  return fmt::format("grant the missing privilege to tidemark's role: GRANT ... TO {}", role);
}

/// "COPY orders, line 12, column total" names the column of a COPY in its context only.
std::string column_in_context(std::string_view context) {
  constexpr std::string_view kColumn = ", column ";
  if (!starts(context, "COPY ")) return {};
  std::string_view line = context.substr(0, context.find('\n'));
  size_t at = line.find(kColumn);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + kColumn.size());
  return std::string(line.substr(0, line.find(": \"")));
}

/// The message without values: those of class 22 put the value behind a colon, those of triggers are anything.
std::string safe_message(std::string_view state, std::string_view message, Side side) {
  if (state == "P0001") return fmt::format("a trigger or function of the {} raised an exception", side == Side::sink ? "sink" : "source");
  if (starts(state, "22")) message = message.substr(0, message.find(": \""));
  return first_line(message);
}

}  // namespace

Error connection_error(const PGconn* connection, const std::string& doing, Side side) {
  std::string cause = connection ? first_line(PQerrorMessage(connection)) : "";
  if (cause.empty()) cause = "connection to the server was lost";
  return Error(unavailable(side), doing, cause);
}

Error server_error(const PGresult* result, const PGconn* connection, const std::string& doing, Side side) {
  std::string_view state = result ? diagnostic(result, PG_DIAG_SQLSTATE) : "";
  if (state.empty()) return connection_error(connection, doing, side);
  std::string table(diagnostic(result, PG_DIAG_TABLE_NAME));
  if (!table.empty()) table = fmt::format("{}.{}", diagnostic(result, PG_DIAG_SCHEMA_NAME), table);
  std::string column(diagnostic(result, PG_DIAG_COLUMN_NAME));
  if (column.empty()) column = column_in_context(diagnostic(result, PG_DIAG_CONTEXT));

  const std::string message = first_line(diagnostic(result, PG_DIAG_MESSAGE_PRIMARY));
  std::string cause = safe_message(state, message, side);
  if (!column.empty() && cause.find(column) == std::string::npos) cause += fmt::format(" (column {})", column);
  if (!table.empty() && doing.find(table) == std::string::npos) cause += fmt::format(" (table {})", table);
  std::string hint;
  if (state == "42501") {
    const std::string role = connection && PQuser(connection) ? quote_name(PQuser(connection)) : "<role>";
    hint = side == Side::sink ? privilege_hint_at_sink(message, role) : privilege_hint_at_source(message, role);
  } else {
    hint = side == Side::sink ? hint_at_sink(state, table, message) : hint_at_source(state);
  }
  Error error(side == Side::sink ? kind_at_sink(state) : kind_at_source(state), doing, cause, hint);
  error.code(std::string(state));
  return error;
}

Error connect_error(const PGconn* connection, const std::string& where, Side side) {
  std::string cause = first_line(connection ? PQerrorMessage(connection) : "out of memory");
  const std::string_view end = side == Side::sink ? "sink" : "source";
  ErrorKind kind = unavailable(side);
  std::string hint;
  // libpq keeps no SQLSTATE of a failed connection; what is not recognised here (another language) is tried again, which does no harm
  auto says = [&](std::string_view text) { return cause.find(text) != std::string::npos; };
  if (says("authentication failed") || says("no password supplied") || (says("role \"") && says("does not exist"))) {
    kind = ErrorKind::credentials;
    hint = fmt::format("check user and password of the {}", end);
  } else if (says("no pg_hba.conf entry") || says("pg_hba.conf rejects")) {
    kind = ErrorKind::credentials;
    hint = "add a line for this host, user and database to pg_hba.conf, then: SELECT pg_reload_conf()";
  } else if (says("to start walsender") || says("to start WAL sender")) {
    kind = ErrorKind::credentials;
    hint = fmt::format("ALTER ROLE {} REPLICATION;", connection && PQuser(connection) ? quote_name(PQuser(connection)) : "<role>");
  } else if (says("database \"") && says("does not exist")) {
    kind = ErrorKind::server_settings;
    hint = side == Side::sink ? "create it: CREATE DATABASE ... ENCODING 'UTF8'" : "check the source's database in the configuration";
  } else if (says("certificate") || says("does not support SSL")) {
    kind = ErrorKind::server_settings;
    hint = fmt::format("check tls.mode and tls.ca of the {}", end);
  } else if (says("exceeds max_wal_senders")) {
    hint = "raise max_wal_senders and restart the server";
  } else {
    hint = "check that the server runs and that host and port are right";
  }
  return Error(kind, fmt::format("connecting to PostgreSQL at {}", where), cause, hint);
}

}  // namespace tidemark::postgres
