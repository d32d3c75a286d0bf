#include "engine/mysql/event_control.h"

#include <algorithm>

namespace tidemark::mysql {

namespace {
constexpr uint64_t kAnsiQuotes = 4;                 // MODE_ANSI_QUOTES
constexpr uint64_t kNoBackslashEscapes = 1u << 20;  // MODE_NO_BACKSLASH_ESCAPES

void append_hex(std::string& out, std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  out += "X'";
  for (char c : bytes) {
    out.push_back(kHex[static_cast<uint8_t>(c) >> 4]);
    out.push_back(kHex[static_cast<uint8_t>(c) & 15]);
  }
  out.push_back('\'');
}

// The status variables come in the order of their codes' history, not of their numbers; what we want stands at the front, and an
// unknown code ends the walk since its length is unknown.
void read_status(ByteCursor status, Query& out) {
  while (!status.at_end() && !status.failed()) {
    switch (status.u8()) {
      case 0: status.skip(4); break;  // flags2
      case 1: {                       // sql_mode
        uint64_t mode = status.u64();
        out.ansi_quotes = (mode & kAnsiQuotes) != 0;
        out.no_backslash_escapes = (mode & kNoBackslashEscapes) != 0;
        break;
      }
      case 2: status.skip(status.u8()), status.skip(1); break;  // catalog with its 0
      case 3: status.skip(4); break;                            // auto_increment
      case 4:                                                   // client charset, collation_connection, collation_server
        out.client_charset = status.u16();
        return;
      case 5: status.skip(status.u8()); break;  // time zone
      case 6: status.skip(status.u8()); break;  // catalog
      default: return;
    }
  }
}
}  // namespace

bool parse_format_description(std::string_view event, FormatDescription& out) {
  if (event.size() < kEventHeaderBytes + 57 + 1 + kChecksumBytes) return false;
  ByteCursor body(event.substr(kEventHeaderBytes));
  out.binlog_version = body.u16();
  std::string_view version = body.bytes(50);
  out.server_version = std::string(version.substr(0, std::min(version.find('\0'), version.size())));
  out.created = body.u32();
  if (body.u8() != kEventHeaderBytes || out.binlog_version != 4) return false;
  // The algorithm stands before the checksum, which this event always has room for (servers since 5.6.1 and 5.3).
  uint8_t algorithm = static_cast<uint8_t>(event[event.size() - kChecksumBytes - 1]);
  if (algorithm > 1) return false;
  out.checksums = algorithm == 1;
  return !body.failed();
}

bool parse_rotate(ByteCursor body, Rotate& out) {
  out.position = body.u64();
  out.file = body.rest();
  return !body.failed() && !out.file.empty();
}

bool split_log_name(std::string_view file, std::string& base, uint64_t& number) {
  size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == file.size() || file.size() - dot > 19) return false;
  uint64_t value = 0;
  for (char c : file.substr(dot + 1)) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  size_t slash = file.rfind('/');
  size_t from = slash == std::string_view::npos || slash > dot ? 0 : slash + 1;
  base = std::string(file.substr(from, dot - from));
  number = value;
  return true;
}

bool parse_query(ByteCursor body, Query& out, size_t extra_head) {
  out = Query{};
  out.thread_id = body.u32();
  body.skip(4);  // execution time
  size_t database_size = body.u8();
  out.error_code = body.u16();
  size_t status_size = body.u16();
  body.skip(extra_head);
  read_status(ByteCursor(body.bytes(status_size)), out);
  out.database = body.bytes(database_size);
  body.skip(1);
  out.statement = body.rest();
  return !body.failed();
}

std::string xid_text(std::string_view gtrid, std::string_view bqual, uint32_t format_id) {
  std::string out;
  append_hex(out, gtrid);
  out.push_back(',');
  append_hex(out, bqual);
  out += ',' + std::to_string(format_id);
  return out;
}

bool parse_xa_prepare(ByteCursor body, XaPrepare& out) {
  out.one_phase = body.u8() != 0;
  uint32_t format_id = body.u32();
  uint32_t gtrid_size = body.u32();
  uint32_t bqual_size = body.u32();
  if (gtrid_size > 64 || bqual_size > 64) return false;
  std::string_view gtrid = body.bytes(gtrid_size);
  std::string_view bqual = body.bytes(bqual_size);
  if (body.failed()) return false;
  out.xid = xid_text(gtrid, bqual, format_id);
  return true;
}

bool parse_heartbeat(const EventHeader& header, ByteCursor body, Heartbeat& out) {
  out.position = header.next_position;
  if (header.type == EventType::heartbeat) {
    out.file = body.rest();
    return true;
  }
  while (!body.at_end() && !body.failed()) {
    uint8_t type = body.u8();
    if (type == 0) break;
    ByteCursor value(body.bytes(body.length_encoded()));
    if (type == 1) out.file = value.rest();
    if (type == 2) out.position = value.length_encoded();
    if (value.failed()) return false;
  }
  return !body.failed();
}

bool parse_incident(ByteCursor body, Incident& out) {
  out.number = body.u16();
  out.message = body.bytes(body.u8());
  return !body.failed();
}

}  // namespace tidemark::mysql
