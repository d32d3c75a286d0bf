// What a session says of itself, for status, metrics and progress.
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
  status.transactions_total += c.transactions;
  status.sink_commits_total += totals_.commits;
  status.last_applied_commit_unix = totals_.last_commit_unix;
  status.batch_duration_buckets.resize(std::size(kBatchBuckets) + 1);
  for (size_t i = 0; i < totals_.buckets.size(); ++i) {
    status.batch_duration_buckets[i] += totals_.buckets[i];
    status.batch_duration_count += totals_.buckets[i];
  }
  status.batch_duration_sum += totals_.seconds;
  status.tables.clear();
  for (uint32_t i = 0; i < tables_.size(); ++i) {
    const TableCounts& t = core_->table_counts(i);
    TableStatus table;
    table.source = schemas_[i]->name.text();
    table.target = tables_[i].target_schema.empty() ? tables_[i].target_table : tables_[i].target_schema + "." + tables_[i].target_table;
    table.state = !t.copying ? "streaming" : t.started ? "copying" : "pending";
    table.rows_copied = t.rows_copied;
    table.rows_estimated = std::max(schemas_[i]->rows_estimated, t.rows_copied);
    table.bytes_copied = t.bytes_copied;
    table.chunks_done = t.chunks_done;
    if (auto it = copy_times_.find(schemas_[i]->name); it != copy_times_.end()) {
      auto until = t.copying ? std::chrono::steady_clock::now() : it->second.last;
      table.copy_seconds = std::max(0.0, std::chrono::duration<double>(until - it->second.first).count());
    }
    table.changes_applied = t.changes_applied;
    status.snapshot_rows_total += t.rows_copied;
    status.snapshot_rows_expected += t.copying ? table.rows_estimated : t.rows_copied;
    status.tables.push_back(std::move(table));
  }
}

}  // namespace tidemark
