#include "control/metrics.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tidemark/version.h"

namespace tidemark {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

std::string escape_label(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '"')
      out += "\\\"";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

class Writer {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(out_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  void sample(const Labels& labels, double value) { sample_text("", labels, number(value)); }
  void sample(const Labels& labels, uint64_t value) { sample_text("", labels, fmt::format("{}", value)); }
  void part(std::string_view suffix, const Labels& labels, double value) { sample_text(suffix, labels, number(value)); }
  void part(std::string_view suffix, const Labels& labels, uint64_t value) { sample_text(suffix, labels, fmt::format("{}", value)); }
  std::string take() { return std::move(out_); }

 private:
  void sample_text(std::string_view suffix, const Labels& labels, std::string_view value) {
    out_ += name_;
    out_ += suffix;
    char separator = '{';
    for (auto [label, text] : labels) {
      fmt::format_to(std::back_inserter(out_), "{}{}=\"{}\"", separator, label, escape_label(text));
      separator = ',';
    }
    if (separator == ',') out_ += '}';
    fmt::format_to(std::back_inserter(out_), " {}\n", value);
  }

  std::string name_, out_;
};

/// A family with one sample a pipeline; the sample is left out where `value` gives nothing.
struct PerPipeline {
  const char* name;
  const char* type;
  const char* help;
  std::function<std::optional<double>(const PipelineStatus&)> value;
};

struct PerPipelineCount {
  const char* name;
  const char* type;
  const char* help;
  uint64_t PipelineStatus::*value;
};

const std::vector<PerPipeline>& gauges() {
  using P = const PipelineStatus&;
  using D = std::optional<double>;
  static const std::vector<PerPipeline> list = {
      {"tidemark_source_connected", "gauge", "1 while the pipeline is connected to its source.",
       [](P p) -> D { return p.source_connected; }},
      {"tidemark_sink_connected", "gauge", "1 while the pipeline is connected to its sink.", [](P p) -> D { return p.sink_connected; }},
      {"tidemark_lag_seconds", "gauge",
       "From source commit to sink commit of the newest applied transaction; 0 when caught up, absent when unknown.",
       [](P p) { return p.lag_seconds < 0 ? D() : D(p.lag_seconds); }},
      {"tidemark_last_applied_commit_timestamp_seconds", "gauge", "Source commit time of the newest applied transaction.",
       [](P p) { return p.last_applied_commit_unix <= 0 ? D() : D(p.last_applied_commit_unix); }},
      {"tidemark_slot_retained_bytes", "gauge", "Log that the source's server keeps for the pipeline; absent when it keeps none.",
       [](P p) { return p.slot_retained_bytes ? D(static_cast<double>(*p.slot_retained_bytes)) : D(); }},
      {"tidemark_slot_room_bytes", "gauge", "What may be written before the server gives up that log; absent without a limit.",
       [](P p) { return p.slot_room_bytes ? D(static_cast<double>(*p.slot_room_bytes)) : D(); }},
      {"tidemark_last_error_timestamp_seconds", "gauge", "When the last error happened; absent when there was none.",
       [](P p) { return p.last_error.present ? D(static_cast<double>(p.last_error.unix_micros) / 1e6) : D(); }},
  };
  return list;
}

constexpr PerPipelineCount kCounts[] = {
    {"tidemark_lag_bytes", "gauge", "Log bytes read but not applied yet.", &PipelineStatus::lag_bytes},
    {"tidemark_queue_bytes", "gauge", "Bytes held between reading and applying.", &PipelineStatus::queue_bytes},
    {"tidemark_queue_limit_bytes", "gauge", "Most bytes that are held between reading and applying.", &PipelineStatus::queue_limit_bytes},
    {"tidemark_read_bytes_total", "counter", "Log bytes received from the source.", &PipelineStatus::read_bytes_total},
    {"tidemark_read_events_total", "counter", "Log events received from the source.", &PipelineStatus::read_events_total},
    {"tidemark_changes_read_total", "counter", "Row changes of captured tables that the log delivered.",
     &PipelineStatus::changes_read_total},
    {"tidemark_changes_applied_total", "counter", "Row changes applied at the sink, counted before coalescing.",
     &PipelineStatus::changes_applied_total},
    {"tidemark_rows_filtered_total", "counter", "Row changes of tables that are not captured.", &PipelineStatus::rows_filtered_total},
    {"tidemark_transactions_total", "counter", "Source transactions applied.", &PipelineStatus::transactions_total},
    {"tidemark_sink_commits_total", "counter", "Transactions committed at the sink.", &PipelineStatus::sink_commits_total},
    {"tidemark_retries_total", "counter", "Reconnections and repeated batches.", &PipelineStatus::retries_total},
    {"tidemark_snapshot_rows_total", "counter", "Rows that the copy brought since the daemon started.",
     &PipelineStatus::snapshot_rows_total},
    {"tidemark_snapshot_rows_resumed", "gauge", "Rows that had been copied before the daemon started.",
     &PipelineStatus::snapshot_rows_resumed},
    {"tidemark_snapshot_rows_expected", "gauge", "Rows that the whole copy is expected to have, by the source's statistics.",
     &PipelineStatus::snapshot_rows_expected},
};

using Pipelines = std::vector<std::shared_ptr<const PipelineStatus>>;

void write_states(Writer& out, const Pipelines& pipelines) {
  out.family("tidemark_pipeline_state", "gauge", "1 for the state that the pipeline is in, 0 for the others.");
  for (const auto& p : pipelines) {
    for (PipelineState state : {PipelineState::starting, PipelineState::copying, PipelineState::streaming, PipelineState::reconnecting,
                                PipelineState::stopped, PipelineState::failed}) {
      out.sample({{"pipeline", p->name}, {"state", state_name(state)}}, uint64_t{p->state == state});
    }
  }
  out.family("tidemark_tables", "gauge", "Captured tables by state.");
  for (const auto& p : pipelines) {
    std::map<std::string, uint64_t> counts = {{"pending", 0}, {"copying", 0}, {"streaming", 0}};
    for (const TableStatus& table : p->tables) ++counts[table.state];
    for (const auto& [state, count] : counts) out.sample({{"pipeline", p->name}, {"state", state}}, count);
  }
}

void write_labelled_counts(Writer& out, const Pipelines& pipelines) {
  out.family("tidemark_changes_dropped_total", "counter", "Row changes left out, by the reason that proves that the sink has them anyway.");
  for (const auto& p : pipelines) {
    for (const auto& [reason, count] : p->changes_dropped_total) out.sample({{"pipeline", p->name}, {"reason", reason}}, count);
  }
  out.family("tidemark_applied_rows_total", "counter", "Rows written at the sink, after coalescing.");
  for (const auto& p : pipelines) {
    for (const auto& [op, count] : p->applied_rows_total) out.sample({{"pipeline", p->name}, {"op", op}}, count);
  }
}

void write_histogram(Writer& out, const Pipelines& pipelines) {
  out.family("tidemark_apply_batch_duration_seconds", "histogram", "Time that one sink transaction took.");
  for (const auto& p : pipelines) {
    uint64_t below = 0;
    for (size_t i = 0; i < std::size(kBatchBuckets); ++i) {
      if (i < p->batch_duration_buckets.size()) below += p->batch_duration_buckets[i];
      out.part("_bucket", {{"pipeline", p->name}, {"le", number(kBatchBuckets[i])}}, below);
    }
    out.part("_bucket", {{"pipeline", p->name}, {"le", "+Inf"}}, p->batch_duration_count);
    out.part("_sum", {{"pipeline", p->name}}, p->batch_duration_sum);
    out.part("_count", {{"pipeline", p->name}}, p->batch_duration_count);
  }
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void write_process(Writer& out, const DaemonStatus& status) {
  out.family("tidemark_build_info", "gauge", "1; the labels say which build runs.");
  out.sample({{"version", status.version}, {"commit", git_commit()}}, uint64_t{1});
  out.family("tidemark_memory_limit_bytes", "gauge", "memory_limit of the configuration.");
  out.sample({}, status.memory_limit_bytes);
  out.family("tidemark_supervisor_tick_age_seconds", "gauge", "Time since the supervisor last looked after the pipelines.");
  out.sample({}, status.supervisor_tick_age_seconds);
  out.family("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.");
  out.sample({}, status.memory_resident_bytes);
  out.family("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.");
  out.sample({}, cpu_seconds());
  out.family("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.");
  out.sample({}, static_cast<double>(status.started_unix));
}

}  // namespace

std::string metrics_text(const DaemonStatus& status) {
  Pipelines pipelines;
  for (const auto& p : status.pipelines) {
    if (p) pipelines.push_back(p);
  }
  Writer out;
  write_process(out, status);
  write_states(out, pipelines);
  for (const PerPipeline& gauge : gauges()) {
    out.family(gauge.name, gauge.type, gauge.help);
    for (const auto& p : pipelines) {
      if (auto value = gauge.value(*p)) out.sample({{"pipeline", p->name}}, *value);
    }
  }
  for (const PerPipelineCount& count : kCounts) {
    out.family(count.name, count.type, count.help);
    for (const auto& p : pipelines) out.sample({{"pipeline", p->name}}, (*p).*count.value);
  }
  write_labelled_counts(out, pipelines);
  write_histogram(out, pipelines);
  return out.take();
}

}  // namespace tidemark
