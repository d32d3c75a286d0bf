// What a session says of itself, for status, metrics and progress.
#include <algorithm>
#include <chrono>

#include "runtime/session.h"

namespace tidemark {

namespace {
double unix_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }
}  // namespace

void Session::fill_status(PipelineStatus& status) const {
  {
    std::lock_guard lock(saved_mutex_);
    if (state_position_.known()) status.position_saved = state_position_.text();
  }
  std::lock_guard lock(mutex_);
  status.source_connected = status.sink_connected = connected_;
  if (!connected_) return;
  status.source_engine = source_info_.engine + " " + source_info_.version;
  status.sink_engine = sink_version_;
  status.warnings = source_info_.warnings;
  status.slot_retained_bytes = retention_ ? std::optional(retention_->retained_bytes) : std::nullopt;
  status.slot_room_bytes = retention_ ? retention_->room_bytes : std::nullopt;
  if (retention_ && !retention_->warning.empty()) status.warnings.push_back(retention_->warning);
  const CoreCounts& c = core_->counts();
  bool copying = !core_->copy_committed();
  status.state = copying ? PipelineState::copying : PipelineState::streaming;
  status.position_read = core_->delivered().text();
  status.position_applied = core_->committed().text();
  const auto waiting_since = static_cast<double>(core_->waiting_since_micros()) / 1e6;
  status.lag_seconds = waiting_since == 0 ? 0 : std::max(0.0, unix_now() - waiting_since);
  const LogOffset &read = core_->delivered().offset, &applied = core_->committed().offset;
  status.lag_bytes = queue_.bytes() + (read.file == applied.file ? read.byte - std::min(read.byte, applied.byte) : core_->bytes_waiting());
  status.queue_bytes = queue_.bytes();
  status.queue_limit_bytes = queue_.bytes_max();
  status.read_bytes_total += reader_ ? reader_->bytes_received() : 0;
  status.read_events_total += c.events;
  status.changes_read_total += c.changes_in;
  status.changes_applied_total += c.changes_applied;
  status.changes_dropped_total["chunk_not_read_yet"] += c.dropped_not_read_yet;
  status.changes_dropped_total["in_chunk_read"] += c.dropped_in_read;
  status.changes_dropped_total["merged_into_chunk"] += c.merged;
  status.rows_filtered_total += c.rows_filtered;
  status.applied_rows_total["insert"] += c.inserts;
  status.applied_rows_total["update"] += c.updates;
  status.applied_rows_total["delete"] += c.deletes;
  status.applied_rows_total["truncate"] += c.truncates;
  status.transactions_total += c.transactions;
  status.sink_commits_total += totals_.commits;
  status.last_applied_commit_unix = totals_.last_commit_unix;
  status.batch_duration_buckets.resize(std::size(kBatchBuckets) + 1);
  for (size_t i = 0; i < totals_.buckets.size(); ++i) {
    status.batch_duration_buckets[i] += totals_.buckets[i];
    status.batch_duration_count += totals_.buckets[i];
  }
  status.batch_duration_sum += totals_.seconds;
  fill_tables(status);
}

/// Rows and chunks are those of the finish records, which sessions share; what only this session knows is added to what earlier ones
/// of this process did.
void Session::fill_tables(PipelineStatus& status) const {
  std::map<std::string, TableStatus> earlier;
  for (TableStatus& table : status.tables) earlier[table.source] = std::move(table);
  status.tables.clear();
  status.snapshot_rows_total = status.snapshot_rows_resumed = status.snapshot_rows_expected = 0;
  for (uint32_t i = 0; i < tables_.size(); ++i) {
    const TableCounts& t = core_->table_counts(i);
    const CopyProgress& copied = copied_.at(schemas_[i]->name);
    TableStatus table;
    table.source = schemas_[i]->name.text();
    table.target = tables_[i].target_schema.empty() ? tables_[i].target_table : tables_[i].target_schema + "." + tables_[i].target_table;
    table.state = table_state(i);
    table.rows_copied = copied.rows;
    table.chunks_done = copied.chunks;
    table.rows_resumed = copied.rows_before;
    table.chunks_resumed = copied.chunks_before;
    table.rows_estimated = std::max(schemas_[i]->rows_estimated, copied.rows);
    table.bytes_copied = t.bytes_copied;
    if (copied.first) {
      auto until = t.copying ? std::chrono::steady_clock::now() : copied.last;
      table.copy_seconds = std::max(0.0, std::chrono::duration<double>(until - *copied.first).count());
    }
    table.changes_applied = t.changes_applied;
    if (auto it = earlier.find(table.source); it != earlier.end()) {
      table.rows_resumed = it->second.rows_resumed;
      table.chunks_resumed = it->second.chunks_resumed;
      table.bytes_copied += it->second.bytes_copied;
      table.copy_seconds += it->second.copy_seconds;
      table.changes_applied += it->second.changes_applied;
    }
    status.snapshot_rows_total += table.rows_copied - std::min(table.rows_copied, table.rows_resumed);
    status.snapshot_rows_resumed += table.rows_resumed;
    status.snapshot_rows_expected += t.copying ? table.rows_estimated : table.rows_copied;
    status.tables.push_back(std::move(table));
  }
}

const char* Session::table_state(uint32_t table) const {
  const TableCounts& t = core_->table_counts(table);
  if (!t.copying) return "streaming";
  return t.started || copied_.at(schemas_[table]->name).chunks != 0 ? "copying" : "pending";
}

}  // namespace tidemark
