#include "sample_status.h"

#include <iterator>

namespace tidemark::control_test {

PipelineStatus healthy_pipeline(const std::string& name) {
  PipelineStatus p;
  p.name = name;
  p.source = "shop-db1";
  p.sink = "dw";
  p.source_engine = "mariadb 10.11.19";
  p.sink_engine = "PostgreSQL 15.20";
  p.state = PipelineState::streaming;
  p.source_connected = p.sink_connected = true;
  p.lag_seconds = 0.4;
  return p;
}

namespace {

PipelineStatus full_pipeline() {
  PipelineStatus p = healthy_pipeline("shop");
  p.state = PipelineState::reconnecting;
  p.reason = "waiting 4 s before reconnecting to the source";
  p.next_attempt_unix_micros = 1793223005500000;
  p.source_connected = false;
  p.position_read = "mariadb server=1 file=binlog.000012:4711 gtids=0-1-57";
  p.position_applied = "mariadb server=1 file=binlog.000012:4600 gtids=0-1-56";
  p.position_saved = "mariadb server=1 file=binlog.000012:4500 gtids=0-1-55";
  p.lag_bytes = 12288;
  p.slot_retained_bytes = 5000;
  p.slot_room_bytes = 700;
  p.rows_per_second = 1904.5;
  p.bytes_per_second = 412000;
  p.queue_bytes = 81234;
  p.queue_limit_bytes = 67108864;
  p.read_bytes_total = 1001;
  p.read_events_total = 1002;
  p.changes_read_total = 1003;
  p.changes_applied_total = 1004;
  p.changes_dropped_total = {{"chunk_not_read_yet", 11}, {"in_chunk_read", 12}, {"merged_into_chunk", 13}};
  p.rows_filtered_total = 1005;
  p.applied_rows_total = {{"delete", 21}, {"insert", 22}, {"update", 23}};
  p.transactions_total = 1006;
  p.sink_commits_total = 1007;
  p.retries_total = 1008;
  p.snapshot_rows_total = 31000000;
  p.snapshot_rows_resumed = 4000000;
  p.snapshot_rows_expected = 67300000;
  p.last_applied_commit_unix = 1793223000.25;
  for (uint64_t i = 0; i <= std::size(kBatchBuckets); ++i) p.batch_duration_buckets.push_back(i + 1);
  p.batch_duration_sum = 12.5;
  p.batch_duration_count = 105;
  TableStatus orders;
  orders.source = "shop.orders";
  orders.target = "sales.orders";
  orders.state = "copying";
  orders.rows_copied = 31;
  orders.rows_resumed = 20;
  orders.rows_estimated = 67;
  orders.bytes_copied = 4096;
  orders.chunks_done = 3;
  orders.chunks_resumed = 2;
  orders.copy_seconds = 1.5;
  orders.changes_applied = 5;
  TableStatus customers;
  customers.source = customers.target = "shop.customers";
  customers.state = "streaming";
  p.tables = {orders, customers};
  p.last_error.present = true;
  p.last_error.kind = "source_unavailable";
  p.last_error.message = "reading the log: connection lost";
  p.last_error.hint = "Check that the server runs: systemctl status mariadb";
  p.last_error.position = "binlog.000012:4711";
  p.last_error.unix_micros = 1793223001500000;
  p.warnings = {"binlog_expire_logs_seconds is 3600: SET GLOBAL binlog_expire_logs_seconds = 259200;"};
  return p;
}

}  // namespace

DaemonStatus sample_status() {
  DaemonStatus status;
  status.version = "0.1.0";
  status.config_path = "/etc/tidemark/tidemark.yaml";
  status.state_path = "/var/lib/tidemark/state.db";
  status.started_unix = 1793222940;
  status.pid = 4242;
  status.memory_resident_bytes = 148000000;
  status.memory_limit_bytes = 536870912;
  status.supervisor_tick_age_seconds = 0.125;
  status.pipelines.push_back(std::make_shared<const PipelineStatus>(full_pipeline()));
  status.pipelines.push_back(std::make_shared<const PipelineStatus>(healthy_pipeline("edge")));
  return status;
}

}  // namespace tidemark::control_test
