// The two sides that verify reads: source rows together with the log offset that they can contain, and the sink at that offset or later.
// Used by verify's one thread. Everything throws Error; after a throw both connections are given up.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tidemark/sink.h"
#include "tidemark/source.h"

namespace tidemark {

/// What a read view of the source can have seen.
struct ViewPlace {
  Visibility visibility;
  LogOffset high;
  /// The view and a sink at `held` hold the same transactions: a difference between them is one, and will not go away. `before`: where the
  /// sink stood before the view was opened, if that is known. A snapshot is compared with that only: of what any later snapshot contains
  /// a position does not tell any more that this one may not.
  bool same_as(const Position& held, const Position& before) const {
    if (!held.known() || held.offset != high) return false;
    if (visibility.by != Visibility::By::snapshot) return visibility.sees_all(held);
    return before.known() && before.offset == held.offset && visibility.sees_all(before);
  }
};

/// Rows of one read view.
struct SourceRows {
  std::vector<std::unique_ptr<RowBlock>> blocks;  // own the bytes of `rows`
  std::vector<Row> rows;
  size_t bytes = 0;
  bool cut = false;  // stopped at the limits before the end of the range: it ends with the last of `rows`
  ViewPlace place;
};

/// Rows of one read transaction of the sink.
struct SinkRows {
  std::vector<std::unique_ptr<RowBlock>> blocks;
  std::vector<Row> rows;
  Position position;  // of the state that they were read from
};

/// A key of the source as the sink holds it.
using KeyForm = std::function<KeyBytes(const KeyBytes&)>;

class SourceSide {
 public:
  explicit SourceSide(Source& source) : reader_(source.open_snapshot()) {}

  /// The next chunk after `after`: about `rows` rows, and about `bytes_max` bytes; `after` moves to its end, or becomes empty at the end
  /// of the table.
  SourceRows next_chunk(const TableSchema& table, std::optional<KeyBytes>& after, uint64_t rows, size_t bytes_max);
  SourceRows rows_with(const TableSchema& table, const std::vector<KeyBytes>& keys);
  /// Which of `keys` exist, without keeping rows; outside a read view.
  std::vector<bool> exist(const TableSchema& table, const std::vector<KeyBytes>& keys, const KeyForm& at_sink);
  /// All rows in one view that knows exactly what it saw, block by block; returns that, and its high watermark.
  ViewPlace each_row(const TableSchema& table, const std::function<void(Row)>& visit);

 private:
  std::unique_ptr<SnapshotReader> reader_;
};

class SinkSide {
 public:
  /// `server`: identity of the source, see Position::server.
  SinkSide(Sink& sink, std::string pipeline, std::string server, std::chrono::milliseconds patience);

  /// Opens a read transaction in which the sink has applied everything up to `high`. When its position stands still for `patience`
  /// before that, opens it all the same and remembers that (note()).
  Position begin_at(const LogOffset& high);
  /// Opens one wherever the sink stands.
  Position begin_anywhere();
  void end() { sink_.end_read(); }
  /// Where the sink stands now.
  Position look();
  /// What it has of `keys`, read as begin_at(high) does.
  SinkRows rows_with(uint32_t table, const std::vector<KeyBytes>& keys, const LogOffset& high);
  Sink& sink() { return sink_; }

  const Position& position() const { return position_; }
  /// It is behind the source, and has not moved for so long: there is nothing to wait for. Counted once for all tables.
  bool stands_still(std::chrono::milliseconds time) const {
    return behind_since_ && std::chrono::steady_clock::now() - *behind_since_ >= time;
  }
  /// Why comparisons since the last clear_note() may have met an older state; empty: they did not.
  const std::string& note() const { return note_; }
  void clear_note() { note_.clear(); }

 private:
  void check_lineage(const Position& position);

  Sink& sink_;
  std::string pipeline_, server_;
  std::chrono::milliseconds patience_;
  Position position_;
  /// Since when it has been behind without moving; nothing: it moved last time, or was not behind.
  std::optional<std::chrono::steady_clock::time_point> behind_since_;
  std::string note_;
};

}  // namespace tidemark
