#include "engine/postgres/position_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tidemark/error.h"

namespace tidemark::postgres {

namespace {

constexpr const char* kGoingOn = "continuing from the saved position";
constexpr const char* kAnew =
    "start over with a new copy: tidemark drop, remove this pipeline's state at the sink and in the state file, and run it with startup "
    "mode 'initial'";

[[noreturn]] void refuse(ErrorKind kind, const Position& position, std::string cause, std::string cure) {
  throw Error(kind, kGoingOn, std::move(cause), std::move(cure)).at(position.text());
}

/// `place`, which the saved position speaks of as `what`, is in this server's history.
void check_place(ServerLog& log, const ServerPlace& now, const Position& position, const LogOffset& place, const char* what) {
  if (place.file > now.timeline) {
    // a standby may not have come to where its primary was promoted
    refuse(now.standby ? ErrorKind::source_unavailable : ErrorKind::lineage, position,
           fmt::format("{} {} is on timeline {}, the server is on timeline {}", what, lsn_text(place.byte), place.file, now.timeline),
           fmt::format("connect to the server that it belongs to, or one of its standbys; or {}", kAnew));
  }
  if (place.file == now.timeline) {
    if (place.byte <= now.end) return;
    if (now.standby) {
      refuse(ErrorKind::source_unavailable, position,
             fmt::format("the standby has replayed the log up to {} only, {} is {}", lsn_text(now.end), what, lsn_text(place.byte)),
             "It is tried again until the standby has come as far.");
    }
    refuse(ErrorKind::lineage, position,
           fmt::format("the server's log ends at {}, before {} {}: the server lost the end of its log, or was restored from a backup",
                       lsn_text(now.end), what, lsn_text(place.byte)),
           kAnew);
  }
  const std::optional<uint64_t> left = timeline_left_at(log.timeline_history(now.timeline), place.file);
  if (left && *left >= place.byte) return;
  refuse(ErrorKind::lineage, position,
         left ? fmt::format("the server left timeline {} at {}, before {} {}: what is copied has transactions that it never had",
                            place.file, lsn_text(*left), what, lsn_text(place.byte))
              : fmt::format("the server was never on timeline {}, which {} is on", place.file, what),
         kAnew);
}

void check_slot(ServerLog& log, const Position& position) {
  const SlotPlace slot = log.slot();
  const std::string from = lsn_text(position.offset.byte);
  if (!slot.exists) {
    refuse(ErrorKind::log_purged, position,
           fmt::format("the server has no replication slot {}: the log after {} may be gone", printable(log.slot_name()), from),
           fmt::format("after a failover connect to the server that has the slot (from PostgreSQL 17 on failover_slot: true keeps it on "
                       "standbys); else {}",
                       kAnew));
  }
  if (!slot.lost.empty()) {
    refuse(ErrorKind::log_purged, position,
           fmt::format("the server has given up replication slot {} ({}): the log after {} is gone", printable(log.slot_name()),
                       printable(slot.lost), from),
           fmt::format("raise max_slot_wal_keep_size, or keep tidemark running; then {}", kAnew));
  }
  if (slot.confirmed_flush <= position.offset.byte) return;
  refuse(ErrorKind::log_purged, position,
         fmt::format("replication slot {} goes on from {} only: what lies between {} and there will not be sent again",
                     printable(log.slot_name()), lsn_text(slot.confirmed_flush), from),
         fmt::format("somebody else has read from the slot, or it was made anew; {}", kAnew));
}

}  // namespace

std::optional<uint64_t> timeline_left_at(std::string_view history, uint64_t timeline) {
  while (!history.empty()) {
    const size_t end = std::min(history.find('\n'), history.size());
    const std::string_view line = history.substr(0, end);
    history.remove_prefix(std::min(end + 1, history.size()));
    uint64_t number = 0;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    const auto used = static_cast<size_t>(rest - line.data());
    if (error != std::errc{} || number != timeline || used == line.size() || line[used] != '\t') continue;
    const std::string_view place = line.substr(used + 1);
    return parse_lsn(place.substr(0, place.find('\t')));
  }
  return std::nullopt;
}

void check_position(ServerLog& log, const Position& position) {
  const ServerPlace now = log.place();
  if (position.lineage != Lineage::postgres) refuse(ErrorKind::lineage, position, "it is of another kind of server", kAnew);
  if (now.system != position.server) {
    refuse(ErrorKind::lineage, position,
           fmt::format("it is of the cluster with system identifier {}, this is {}", position.server, now.system),
           fmt::format("connect to the server that it belongs to, or one of its standbys; or {}", kAnew));
  }
  check_place(log, now, position, position.offset, "the position");
  // Plain mode: rows of the copy are as of there, and a server that was never there may lack what they have.
  if (position.copied_to.file != 0) check_place(log, now, position, position.copied_to, "the end of what is copied");
  check_slot(log, position);
}

}  // namespace tidemark::postgres
