// One event of any bytes, header to checksum, taken as its header says: format description, rotation, query, XA, heartbeat, incident,
// GTIDs. Each parser is total; texts point into the event, lists are no longer than the event, and the place in the log never goes back.
#include "engine/mysql/checksum.h"
#include "engine/mysql/event_control.h"
#include "engine/mysql/event_gtid.h"
#include "engine/mysql/log_position.h"
#include "must.h"

using namespace tidemark;
using namespace tidemark::mysql;
using tidemark::fuzz::must;

namespace {

bool within(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_place(const EventHeader& header, ByteCursor body) {
  LogPosition place("binlog", {7, 1000});
  place.pass(header);
  must(place.at() >= LogOffset{7, 1000}, "an event never leads back");
  const LogOffset passed = place.at();
  Heartbeat beat;
  const bool beats = header.type == EventType::heartbeat || header.type == EventType::heartbeat_v2;
  if (beats && parse_heartbeat(header, body, beat)) place.skip_to(beat);
  must(place.at() >= passed, "a heartbeat never leads back");
  Rotate rotate;
  if (header.type == EventType::rotate && parse_rotate(body, rotate) && place.rotate(rotate))
    must(place.at().byte == rotate.position, "a rotation leads to its position");
}

void check_gtids(const EventHeader& header, ByteCursor body, std::string_view event) {
  GtidEvent gtid;
  std::vector<Gtid> list;
  GtidSet set;
  switch (header.type) {
    case EventType::gtid:
    case EventType::gtid_tagged:
      if (parse_mysql_gtid(header.type, body, gtid)) must(gtid.gtid.number != 0, "a GTID has a number");
      break;
    case EventType::anonymous_gtid: parse_mysql_gtid(header.type, body, gtid); break;
    case EventType::mariadb_gtid:
      if (parse_mariadb_gtid(header, body, gtid)) must(gtid.gtid.number != 0, "a GTID has a number");
      break;
    case EventType::gtid_list:
      if (parse_gtid_list(body, list)) must(list.size() * 16 <= event.size(), "a GTID list is no longer than its event");
      break;
    case EventType::previous_gtids: decode_gtid_set(body, set); break;
    default: break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view event = fuzz::text_of(data, size);
  if (event.size() < kEventHeaderBytes + kChecksumBytes) return 0;
  const EventHeader header = parse_event_header(event);
  must(!event_type_name(header.type).empty(), "every type has a name");
  checksum_matches(event);

  FormatDescription format;
  if (parse_format_description(event, format)) must(format.server_version.size() <= 50, "a version has at most 50 bytes");

  ByteCursor body(event.substr(kEventHeaderBytes, event.size() - kEventHeaderBytes - kChecksumBytes));
  check_place(header, body);
  check_gtids(header, body, event);
  Query query;
  const bool loads = header.type == EventType::execute_load_query;
  if ((loads || header.type == EventType::query) && parse_query(body, query, loads ? 13 : 0))
    must(within(query.statement, event) && within(query.database, event), "a query's texts lie in its event");
  XaPrepare prepare;
  if (header.type == EventType::xa_prepare && parse_xa_prepare(body, prepare))
    must(prepare.xid.size() <= 2 * 128 + 20, "a xid has at most 64 and 64 bytes");
  Incident incident;
  if (header.type == EventType::incident && parse_incident(body, incident))
    must(within(incident.message, event), "a message lies in its event");
  return 0;
}
