// Events that frame the log: FORMAT_DESCRIPTION, ROTATE, QUERY, XA_PREPARE, HEARTBEAT (1 and 2), INCIDENT, ROWS_QUERY.
// Pure functions over an event's body (header and checksum cut off); text points into the body. Total on any bytes: false = malformed.
// Source: MySQL libs/mysql/binlog/event/{control,statement}_events.h, MariaDB sql/log_event.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_cursor.h"
#include "engine/mysql/event_header.h"

namespace tidemark::mysql {

struct FormatDescription {
  uint16_t binlog_version = 0;
  std::string server_version;
  uint32_t created = 0;
  bool checksums = false;  // events after this one end with a CRC32
};
/// `event` is whole: header, body, and the checksum that this event always has room for.
bool parse_format_description(std::string_view event, FormatDescription& out);

struct Rotate {
  uint64_t position = 0;
  std::string_view file;
};
bool parse_rotate(ByteCursor body, Rotate& out);

/// "mysql-bin.000012" -> "mysql-bin", 12. False when there are no digits after the last dot.
bool split_log_name(std::string_view file, std::string& base, uint64_t& number);

struct Query {
  uint32_t thread_id = 0;
  uint16_t error_code = 0;
  std::string_view database;  // the session's default
  std::string_view statement;
  bool ansi_quotes = false;  // sql_mode: "x" is an identifier
  bool no_backslash_escapes = false;
  uint32_t client_charset = 0;  // collation id of the statement's text; 0: not given
};
/// `extra_head`: bytes between the fixed part and the status variables (EXECUTE_LOAD_QUERY has 13).
bool parse_query(ByteCursor body, Query& out, size_t extra_head = 0);

struct XaPrepare {
  bool one_phase = false;
  std::string xid;  // as xid_text() writes it
};
bool parse_xa_prepare(ByteCursor body, XaPrepare& out);
/// "X'61',X'',1": how both servers print an XID in XA START, XA COMMIT and XA ROLLBACK.
std::string xid_text(std::string_view gtrid, std::string_view bqual, uint32_t format_id);
/// As in TransactionMark::xid; of this process only.
inline uint64_t xid_hash(std::string_view xid_text) { return std::hash<std::string_view>()(xid_text); }

struct Heartbeat {
  std::string_view file;
  uint64_t position = 0;  // 64 bits in version 2; version 1 has only the header's 32
};
bool parse_heartbeat(const EventHeader& header, ByteCursor body, Heartbeat& out);

struct Incident {
  uint16_t number = 0;
  std::string_view message;
};
bool parse_incident(ByteCursor body, Incident& out);

}  // namespace tidemark::mysql
