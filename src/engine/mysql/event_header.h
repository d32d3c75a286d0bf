// The 19 bytes that every binlog event begins with, and the event types' names. Pure; any thread. Never fails: the caller checks sizes.
// Source: MySQL libs/mysql/binlog/event/binlog_event.h, MariaDB sql/log_event.h.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tidemark::mysql {

enum class EventType : uint8_t {
  unknown = 0,
  query = 2,
  stop = 3,
  rotate = 4,
  intvar = 5,
  append_block = 9,
  delete_file = 11,
  rand = 13,
  user_var = 14,
  format_description = 15,
  xid = 16,
  begin_load_query = 17,
  execute_load_query = 18,
  table_map = 19,
  write_rows_v1 = 23,
  update_rows_v1 = 24,
  delete_rows_v1 = 25,
  incident = 26,
  heartbeat = 27,
  ignorable = 28,
  rows_query = 29,
  write_rows = 30,
  update_rows = 31,
  delete_rows = 32,
  gtid = 33,
  anonymous_gtid = 34,
  previous_gtids = 35,
  transaction_context = 36,
  view_change = 37,
  xa_prepare = 38,
  partial_update_rows = 39,
  transaction_payload = 40,
  heartbeat_v2 = 41,
  gtid_tagged = 42,
  annotate_rows = 160,
  binlog_checkpoint = 161,
  mariadb_gtid = 162,
  gtid_list = 163,
  start_encryption = 164,
  query_compressed = 165,
  partial_row_data = 172,
};

inline constexpr size_t kEventHeaderBytes = 19;
inline constexpr size_t kChecksumBytes = 4;
inline constexpr uint16_t kThreadSpecificFlag = 0x4;  // a statement that may be about a temporary table
inline constexpr uint16_t kArtificialFlag = 0x20;     // made by the dump thread, lies in no file
inline constexpr uint16_t kIgnorableFlag = 0x80;      // whoever does not know the type may skip it

struct EventHeader {
  uint32_t timestamp = 0;  // seconds, of the statement's start
  EventType type = EventType::unknown;
  uint32_t server_id = 0;
  uint32_t length = 0;         // header, body and checksum
  uint32_t next_position = 0;  // low 32 bits of where the event ends in its file; 0: not given
  uint16_t flags = 0;
  bool artificial() const { return (flags & kArtificialFlag) != 0; }
};

/// `event` has at least kEventHeaderBytes.
inline EventHeader parse_event_header(std::string_view event) {
  EventHeader header;
  const char* p = event.data();
  std::memcpy(&header.timestamp, p, 4);
  header.type = static_cast<EventType>(static_cast<uint8_t>(p[4]));
  std::memcpy(&header.server_id, p + 5, 4);
  std::memcpy(&header.length, p + 9, 4);
  std::memcpy(&header.next_position, p + 13, 4);
  std::memcpy(&header.flags, p + 17, 2);
  return header;
}

/// "WRITE_ROWS", "GTID", ...; "UNKNOWN_77" for a type that has no name here.
std::string event_type_name(EventType type);

}  // namespace tidemark::mysql
