// The source's log as verify reads it: what happened to one table between the position where its replay begins and the one where the
// sink was read. Opens a replication connection for each replay, beside the daemon's and under a server id of its own, and only when
// there is something to settle. Used by verify's one thread. Throws Error as LogReader does (log_purged, schema_changed, ...), and
// source_unavailable when the log does not get there.
#pragma once

#include <functional>
#include <memory>

#include "tidemark/source.h"

namespace tidemark {

class VerifyLog {
 public:
  /// Of a source that was made for verify (pipeline_source.h) and checked; it must outlive this.
  explicit VerifyLog(Source& source) : source_(source) {}

  /// To be taken before the position that a replay is to begin with is asked for, and kept until the replay is over.
  std::shared_ptr<void> hold() { return source_.hold_log(); }
  /// Changes of `table` by the transactions after `from` and up to `upto` that are not proved to be in `seen`, in order; rows that
  /// the log cut short are completed as far as it goes (row_images.h). They live until `visit` returns.
  /// `seen` must see everything up to `from`. False: of a transaction nobody can say whether it is in `seen` (CommitOrder); from there on
  /// all changes were visited, those that `seen` has as well.
  bool replay(const SchemaRef& table, const Position& from, const Position& upto, Visibility seen,
              const std::function<void(const Change&)>& visit);

 private:
  Source& source_;
};

}  // namespace tidemark
