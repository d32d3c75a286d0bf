#include "engine/postgres/timeline_watch.h"

#include <fmt/format.h>

#include "engine/postgres/source_positions.h"

namespace tidemark::postgres {

Error another_timeline(uint64_t from, uint64_t to) {
  return Error(
      ErrorKind::source_unavailable, "reading the source",
      fmt::format("the server went over from timeline {} to timeline {}: it, or the primary that it follows, was promoted", from, to),
      "Reading goes on there if the new timeline has all that was read so far.");
}

TimelineWatch::TimelineWatch(const SourceConfig& config, uint64_t timeline)
    : walsender_(config.address, Role::replication), timeline_(timeline) {
  walsender_.open();
}

void TimelineWatch::confirm() {
  const uint64_t now = identify(walsender_).timeline;
  if (now != timeline_) throw another_timeline(timeline_, now);
}

}  // namespace tidemark::postgres
