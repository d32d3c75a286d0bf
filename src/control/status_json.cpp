#include "control/status_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

// Text that came from a server may hold bytes that are not UTF-8: they are replaced, an answer never fails because of them.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json error_json(const ErrorStatus& error) {
  if (!error.present) return nullptr;
  return {{"kind", error.kind},
          {"message", error.message},
          {"hint", text_or_null(error.hint)},
          {"position", text_or_null(error.position)},
          {"at", rfc3339(error.unix_micros)}};
}

Json table_json(const TableStatus& table) {
  return {{"source", table.source},
          {"target", table.target},
          {"state", table.state},
          {"rows_copied", table.rows_copied},
          {"rows_resumed", table.rows_resumed},
          {"rows_estimated", table.rows_estimated},
          {"bytes_copied", table.bytes_copied},
          {"chunks_done", table.chunks_done},
          {"chunks_resumed", table.chunks_resumed},
          {"copy_seconds", table.copy_seconds},
          {"changes_applied", table.changes_applied}};
}

Json counts_by_state(const std::vector<TableStatus>& tables) {
  Json counts = {{"pending", 0}, {"copying", 0}, {"streaming", 0}};
  for (const TableStatus& table : tables) {
    auto count = counts.find(table.state);
    if (count == counts.end()) {
      counts[table.state] = 1;
    } else {
      *count = count->get<int>() + 1;
    }
  }
  return counts;
}

Json totals_json(const PipelineStatus& p) {
  return {{"read_bytes", p.read_bytes_total},
          {"read_events", p.read_events_total},
          {"changes_read", p.changes_read_total},
          {"changes_applied", p.changes_applied_total},
          {"changes_dropped", Json(p.changes_dropped_total)},
          {"rows_filtered", p.rows_filtered_total},
          {"applied_rows", Json(p.applied_rows_total)},
          {"transactions", p.transactions_total},
          {"sink_commits", p.sink_commits_total},
          {"retries", p.retries_total}};
}

Json pipeline_json(const PipelineStatus& p) {
  Json json;
  json["name"] = p.name;
  json["source"] = {{"name", p.source}, {"engine", p.source_engine}, {"connected", p.source_connected}};
  json["sink"] = {{"name", p.sink}, {"engine", p.sink_engine}, {"connected", p.sink_connected}};
  json["state"] = std::string(state_name(p.state));
  json["reason"] = text_or_null(p.reason);
  json["next_attempt_at"] = p.next_attempt_unix_micros <= 0 ? Json(nullptr) : Json(rfc3339(p.next_attempt_unix_micros));
  json["lag"] = {{"seconds", p.lag_seconds < 0 ? Json(nullptr) : Json(p.lag_seconds)}, {"bytes", p.lag_bytes}};
  json["slot"] = nullptr;
  if (p.slot_retained_bytes) {
    json["slot"] = {{"retained_bytes", *p.slot_retained_bytes},
                    {"room_bytes", p.slot_room_bytes ? Json(*p.slot_room_bytes) : Json(nullptr)}};
  }
  json["positions"] = {{"read", text_or_null(p.position_read)},
                       {"applied", text_or_null(p.position_applied)},
                       {"persisted", text_or_null(p.position_saved)}};
  json["last_applied_commit_at"] =
      p.last_applied_commit_unix <= 0 ? Json(nullptr) : Json(rfc3339(std::llround(p.last_applied_commit_unix * 1e6)));
  json["rates"] = {{"rows_per_second", p.rows_per_second}, {"bytes_per_second", p.bytes_per_second}};
  json["queue"] = {{"bytes", p.queue_bytes}, {"limit_bytes", p.queue_limit_bytes}};
  json["snapshot"] = {{"rows", p.snapshot_rows_resumed + p.snapshot_rows_total},
                      {"rows_resumed", p.snapshot_rows_resumed},
                      {"rows_expected", p.snapshot_rows_expected}};
  json["totals"] = totals_json(p);
  json["apply_batch_seconds"] = {{"upper_bounds", kBatchBuckets},
                                 {"counts", p.batch_duration_buckets},
                                 {"sum", p.batch_duration_sum},
                                 {"count", p.batch_duration_count}};
  json["tables"] = counts_by_state(p.tables);
  json["table_progress"] = Json::array();
  for (const TableStatus& table : p.tables) json["table_progress"].push_back(table_json(table));
  json["last_error"] = error_json(p.last_error);
  json["warnings"] = p.warnings;
  return json;
}

// --- reading: a key that is missing or null keeps the default, so that an older daemon's answer can be read ---

const Json& member(const Json& json, const char* key) {
  static const Json nothing;
  if (!json.is_object()) return nothing;
  auto it = json.find(key);
  return it == json.end() ? nothing : *it;
}

void take(const Json& json, const char* key, std::optional<uint64_t>& into) {
  const Json& value = member(json, key);
  if (!value.is_null()) into = value.get<uint64_t>();
}

template <typename T>
void take(const Json& json, const char* key, T& into) {
  const Json& value = member(json, key);
  if (!value.is_null()) into = value.get<T>();
}

PipelineState state_from_name(const std::string& name) {
  for (PipelineState state : {PipelineState::starting, PipelineState::copying, PipelineState::streaming, PipelineState::reconnecting,
                              PipelineState::stopped, PipelineState::failed}) {
    if (state_name(state) == name) return state;
  }
  throw Error(ErrorKind::internal, "reading the daemon's status", fmt::format("unknown pipeline state '{}'", printable(name)),
              "The daemon and this command are of different versions; use the same one.");
}

TableStatus table_from(const Json& json) {
  TableStatus table;
  take(json, "source", table.source);
  take(json, "target", table.target);
  take(json, "state", table.state);
  take(json, "rows_copied", table.rows_copied);
  take(json, "rows_resumed", table.rows_resumed);
  take(json, "rows_estimated", table.rows_estimated);
  take(json, "bytes_copied", table.bytes_copied);
  take(json, "chunks_done", table.chunks_done);
  take(json, "chunks_resumed", table.chunks_resumed);
  take(json, "copy_seconds", table.copy_seconds);
  take(json, "changes_applied", table.changes_applied);
  return table;
}

ErrorStatus error_from(const Json& json) {
  ErrorStatus error;
  if (!json.is_object()) return error;
  error.present = true;
  take(json, "kind", error.kind);
  take(json, "message", error.message);
  take(json, "hint", error.hint);
  take(json, "position", error.position);
  std::string at;
  take(json, "at", at);
  if (!at.empty()) error.unix_micros = parse_rfc3339(at);
  return error;
}

void take_totals(const Json& json, PipelineStatus& p) {
  take(json, "read_bytes", p.read_bytes_total);
  take(json, "read_events", p.read_events_total);
  take(json, "changes_read", p.changes_read_total);
  take(json, "changes_applied", p.changes_applied_total);
  take(json, "changes_dropped", p.changes_dropped_total);
  take(json, "rows_filtered", p.rows_filtered_total);
  take(json, "applied_rows", p.applied_rows_total);
  take(json, "transactions", p.transactions_total);
  take(json, "sink_commits", p.sink_commits_total);
  take(json, "retries", p.retries_total);
}

PipelineStatus pipeline_from(const Json& json) {
  PipelineStatus p;
  take(json, "name", p.name);
  const Json &source = member(json, "source"), &sink = member(json, "sink"), &positions = member(json, "positions");
  take(source, "name", p.source);
  take(source, "engine", p.source_engine);
  take(source, "connected", p.source_connected);
  take(sink, "name", p.sink);
  take(sink, "engine", p.sink_engine);
  take(sink, "connected", p.sink_connected);
  p.state = state_from_name(member(json, "state").get<std::string>());
  take(json, "reason", p.reason);
  std::string next_attempt_at;
  take(json, "next_attempt_at", next_attempt_at);
  if (!next_attempt_at.empty()) p.next_attempt_unix_micros = parse_rfc3339(next_attempt_at);
  take(member(json, "lag"), "seconds", p.lag_seconds);
  take(member(json, "lag"), "bytes", p.lag_bytes);
  take(member(json, "slot"), "retained_bytes", p.slot_retained_bytes);
  take(member(json, "slot"), "room_bytes", p.slot_room_bytes);
  take(positions, "read", p.position_read);
  take(positions, "applied", p.position_applied);
  take(positions, "persisted", p.position_saved);
  std::string commit_at;
  take(json, "last_applied_commit_at", commit_at);
  if (!commit_at.empty()) p.last_applied_commit_unix = static_cast<double>(parse_rfc3339(commit_at)) / 1e6;
  take(member(json, "rates"), "rows_per_second", p.rows_per_second);
  take(member(json, "rates"), "bytes_per_second", p.bytes_per_second);
  take(member(json, "queue"), "bytes", p.queue_bytes);
  take(member(json, "queue"), "limit_bytes", p.queue_limit_bytes);
  take(member(json, "snapshot"), "rows", p.snapshot_rows_total);
  take(member(json, "snapshot"), "rows_resumed", p.snapshot_rows_resumed);
  p.snapshot_rows_total -= std::min(p.snapshot_rows_total, p.snapshot_rows_resumed);
  take(member(json, "snapshot"), "rows_expected", p.snapshot_rows_expected);
  take_totals(member(json, "totals"), p);
  const Json& batches = member(json, "apply_batch_seconds");
  take(batches, "counts", p.batch_duration_buckets);
  take(batches, "sum", p.batch_duration_sum);
  take(batches, "count", p.batch_duration_count);
  for (const Json& table : member(json, "table_progress")) p.tables.push_back(table_from(table));
  p.last_error = error_from(member(json, "last_error"));
  take(json, "warnings", p.warnings);
  return p;
}

}  // namespace

std::string pipeline_to_json(const PipelineStatus& status) { return dump(pipeline_json(status)); }

std::string status_to_json(const DaemonStatus& status) {
  Json json;
  json["version"] = status.version;
  json["pid"] = status.pid;
  json["started_at"] = rfc3339(status.started_unix * 1000000);
  json["config_path"] = status.config_path;
  json["state_path"] = status.state_path;
  json["memory"] = {{"resident_bytes", status.memory_resident_bytes}, {"limit_bytes", status.memory_limit_bytes}};
  json["supervisor_tick_age_seconds"] = status.supervisor_tick_age_seconds;
  json["pipelines"] = Json::array();
  for (const auto& pipeline : status.pipelines) {
    if (pipeline) json["pipelines"].push_back(pipeline_json(*pipeline));
  }
  return dump(json);
}

DaemonStatus status_from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (!json.is_object()) throw Error(ErrorKind::internal, "reading the daemon's status", "the answer is not a JSON object");
    DaemonStatus status;
    take(json, "version", status.version);
    take(json, "pid", status.pid);
    std::string started_at;
    take(json, "started_at", started_at);
    if (!started_at.empty()) status.started_unix = parse_rfc3339(started_at) / 1000000;
    take(json, "config_path", status.config_path);
    take(json, "state_path", status.state_path);
    take(member(json, "memory"), "resident_bytes", status.memory_resident_bytes);
    take(member(json, "memory"), "limit_bytes", status.memory_limit_bytes);
    take(json, "supervisor_tick_age_seconds", status.supervisor_tick_age_seconds);
    for (const Json& pipeline : member(json, "pipelines")) {
      status.pipelines.push_back(std::make_shared<const PipelineStatus>(pipeline_from(pipeline)));
    }
    return status;
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::internal, "reading the daemon's status", printable(error.what()),
                "The daemon and this command are of different versions; use the same one.");
  }
}

std::string error_to_json(std::string_view kind, std::string_view message, std::string_view hint) {
  Json error = {{"kind", std::string(kind)}, {"message", std::string(message)}};
  error["hint"] = text_or_null(std::string(hint));
  return dump(Json{{"error", error}});
}

}  // namespace tidemark
