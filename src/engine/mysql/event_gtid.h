// GTIDs in the log and in the dump request: MySQL's GTID, ANONYMOUS_GTID and GTID_TAGGED events, MariaDB's GTID and GTID_LIST events,
// and the binary form of a MySQL GTID set (PREVIOUS_GTIDS events, COM_BINLOG_DUMP_GTID). Pure; any thread. Total on any bytes.
// Source: MySQL libs/mysql/binlog/event/control_events.h, libs/mysql/serialization, sql/rpl_gtid_set.cc; MariaDB sql/log_event.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_cursor.h"
#include "engine/mysql/event_header.h"
#include "tidemark/position.h"

namespace tidemark::mysql {

struct GtidEvent {
  Gtid gtid;                  // number 0: anonymous
  int64_t commit_micros = 0;  // 0: not given
  // MariaDB
  uint8_t flags = 0;
  uint64_t commit_id = 0;
  std::string xid;  // as xid_text() writes it: of the XA transaction that is prepared or completed here
  bool prepares_xa() const { return (flags & 64) != 0; }
  bool standalone() const { return (flags & 1) != 0; }  // one event follows, and no end event after it
};

/// `body` starts after the header, checksum cut off. False: malformed.
bool parse_mysql_gtid(EventType type, ByteCursor body, GtidEvent& out);
bool parse_mariadb_gtid(const EventHeader& header, ByteCursor body, GtidEvent& out);
bool parse_gtid_list(ByteCursor body, std::vector<Gtid>& out);

/// The set as COM_BINLOG_DUMP_GTID wants it; the form with tags (servers since 8.3) only when a tag is in it.
std::string encode_gtid_set(const GtidSet& set);
bool decode_gtid_set(ByteCursor body, GtidSet& out);

}  // namespace tidemark::mysql
