#include "engine/mysql/dump_error.h"

#include "engine/mysql/connection.h"
#include "tidemark/error.h"

namespace tidemark::mysql {

namespace {

struct KnownText {
  const char* part;  // of the server's message; versions differ in the words around it
  ErrorKind kind;
  const char* hint;
};

// Error 1236 (ER_MASTER_FATAL_ERROR_READING_BINLOG) is one number for a dozen things; MariaDB has a number of its own for the first.
constexpr KnownText kKnown[] = {
    {"same server_uuid", ErrorKind::busy,
     "another replica uses this server_id: give this source one of its own (sources: <name>: server_id)"},
    {"same server_id", ErrorKind::busy,
     "another replica uses this server_id: give this source one of its own (sources: <name>: server_id)"},
    {"purged", ErrorKind::log_purged,
     "the log that is needed was deleted; copy the tables anew, and keep logs longer: SET GLOBAL binlog_expire_logs_seconds = 604800"},
    {"Could not find first log file", ErrorKind::log_purged,
     "the log file that is needed was deleted; copy the tables anew, and keep logs longer: SET GLOBAL binlog_expire_logs_seconds = 604800"},
    {"Could not find GTID state", ErrorKind::log_purged,
     "the log that is needed was deleted; copy the tables anew, and keep logs longer: SET GLOBAL binlog_expire_logs_seconds = 604800"},
    {"not in the master's binlog", ErrorKind::lineage,
     "this server lacks transactions that were read before: connect to the server that has them"},
    {"more GTIDs than", ErrorKind::lineage, "this server lacks transactions that were read before: connect to the server that has them"},
    {"position > file size", ErrorKind::lineage,
     "the server's log is shorter than the saved position: was it reset, or restored from a backup?"},
    {"impossible position", ErrorKind::lineage,
     "the server's log is shorter than the saved position: was it reset, or restored from a backup?"},
    {"diverged", ErrorKind::lineage, "this server's history differs from the one that was read before: connect to the server that has it"},
    {"max_allowed_packet", ErrorKind::server_settings,
     "either an event is larger than the server may send (SET GLOBAL max_allowed_packet = 1073741824), or the position is not the "
     "beginning of an event"},
    {"exceeds max", ErrorKind::server_settings,
     "either an event is larger than the server may send (SET GLOBAL max_allowed_packet = 1073741824), or the position is not the "
     "beginning of an event"},
    {"bogus data", ErrorKind::lineage,
     "the saved position does not fall on an event of this server's log: is it another server, or was its log reset?"},
    {"crc check", ErrorKind::corrupt, "the server's log file is damaged"},
    {"Binary log is not open", ErrorKind::server_settings, "the server writes no binary log: set log_bin and restart it"},
    {"server id was not set", ErrorKind::server_settings, "SET GLOBAL server_id = <a number of its own>"},
    {"could not find next log", ErrorKind::source_unavailable, ""},
};

}  // namespace

void throw_server_error(unsigned number, const std::string& text) {
  Error error(kind_of_error_number(number), "reading the binary log", text.empty() ? "the connection was lost" : text);
  constexpr unsigned kFatalReading = 1236, kSameId = 4052;
  if (number == kFatalReading || number == kSameId) {
    error = Error(ErrorKind::unsupported, "reading the binary log", text);
    for (const KnownText& known : kKnown) {
      if (text.find(known.part) == std::string::npos) continue;
      error = Error(known.kind, "reading the binary log", text, known.hint);
      break;
    }
  } else if (error.kind() == ErrorKind::credentials) {
    error = Error(error.kind(), "reading the binary log", text, "GRANT REPLICATION SLAVE ON *.* TO <the user>");
  }
  error.code(std::to_string(number));
  throw error;
}

}  // namespace tidemark::mysql
