// Makes sure that what a standby sent lies on the timeline that the stream began on. Its promotion, and that of its primary, begin a new
// one in the middle of the stream, without a word there: what follows, marked with the old timeline, would look like the end of a history
// that the server never had. A server that answers "still on the old one" had nothing of a new one to send before. Owned and used by the
// reader thread, except cancel(). Throws Error(source_unavailable | interrupted). Source: PostgreSQL documentation, IDENTIFY_SYSTEM.
#pragma once

#include <cstdint>

#include "engine/postgres/connection.h"
#include "tidemark/config.h"
#include "tidemark/error.h"

namespace tidemark::postgres {

/// The server went over to another timeline: what is read next begins anew there, from a place that it is known to have.
Error another_timeline(uint64_t from, uint64_t to);

class TimelineWatch {
 public:
  TimelineWatch(const SourceConfig& config, uint64_t timeline);

  /// To be called when something has come, before it is handed on: asks the server, and throws when it has left the timeline.
  void confirm();
  void cancel() noexcept { walsender_.interrupt(); }

 private:
  Connection walsender_;
  const uint64_t timeline_;
};

}  // namespace tidemark::postgres
