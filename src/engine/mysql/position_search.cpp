// position_at: the place in the log that a time means. Files are found by their creation times, the place inside one by the commit
// times of its transactions; both are read from short dumps under a server id of their own, so that the running stream is not ended.
#include <algorithm>

#include "engine/mysql/dump_stream.h"
#include "engine/mysql/event_gtid.h"
#include "engine/mysql/event_header.h"
#include "engine/mysql/log_position.h"
#include "engine/mysql/positions.h"

namespace tidemark::mysql {

namespace {

constexpr std::chrono::seconds kWait{30};

SourceConfig searching(SourceConfig config) {
  config.server_id = replica_server_id(config) ^ 0x2a6b7c8du;
  return config;
}

/// Events of one file as they lie there, until `use` returns false or the dump leaves the file or waits at the log's end.
template <typename Use>
void scan(const SourceConfig& config, const std::string& file, Use use) {
  DumpStart start;
  start.file = file;
  DumpStream stream(config, start);
  std::string_view event;
  while (stream.next(event, kWait)) {
    if (event.size() < kEventHeaderBytes) throw Error(ErrorKind::corrupt, "searching the log by time", "an event shorter than its header");
    const EventHeader header = parse_event_header(event);
    if (header.type == EventType::heartbeat || header.type == EventType::heartbeat_v2) return;
    if (header.type == EventType::rotate) {
      if (header.artificial() || header.timestamp == 0) continue;  // names the file at the start
      return;
    }
    const std::string_view body =
        event.substr(kEventHeaderBytes, event.size() - kEventHeaderBytes - std::min(event.size() - kEventHeaderBytes, kChecksumBytes));
    if (!use(header, body)) return;
  }
}

int64_t created_micros(const SourceConfig& config, const std::string& file) {
  int64_t micros = 0;
  scan(config, file, [&](const EventHeader& header, std::string_view) {
    if (header.type == EventType::format_description) micros = int64_t{header.timestamp} * 1000000;
    return micros == 0;
  });
  return micros;
}

/// When the transaction that this event begins was committed, the latest that it can be; -1: the event begins none.
int64_t commit_micros(const EventHeader& header, std::string_view body, bool mariadb) {
  GtidEvent gtid;
  const bool begins =
      mariadb ? header.type == EventType::mariadb_gtid && parse_mariadb_gtid(header, ByteCursor(body), gtid)
              : (header.type == EventType::gtid || header.type == EventType::anonymous_gtid || header.type == EventType::gtid_tagged) &&
                    parse_mysql_gtid(header.type, ByteCursor(body), gtid);
  if (!begins) return -1;
  const int64_t second_end = int64_t{header.timestamp} * 1000000 + 999999;
  return !mariadb && gtid.commit_micros > 0 ? gtid.commit_micros : second_end;
}

}  // namespace

Position position_at(Connection& connection, const SourceConfig& config, int64_t micros) {
  const std::vector<BinlogFile> files = binlog_files(connection);
  if (files.empty()) return earliest_position(connection);  // says that the log is off
  const SourceConfig own = searching(config);
  // the last file that was begun before the time; the first one when all are younger
  size_t low = 0, high = files.size();
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    (created_micros(own, files[middle].name) <= micros ? low : high) = middle;
  }
  const std::string& file = files[low].name;
  auto [name, number] = split_file_name(file);
  LogPosition place(std::move(name), {number, 4});
  uint64_t found = 0;
  scan(own, file, [&](const EventHeader& header, std::string_view body) {
    place.pass(header);
    const int64_t committed = commit_micros(header, body, connection.is_mariadb());
    if (committed < micros) return true;
    found = place.event_begin().byte;
    return false;
  });
  if (found == 0) found = place.at().byte;  // every transaction of the file is older
  return position_from(connection, file + ":" + std::to_string(found));
}

}  // namespace tidemark::mysql
