#include "workload/pipeline_view.h"

#include <nlohmann/json.hpp>

#include "servers/tidemark_process.h"

namespace tidemark::test {

PipelineView view_pipeline(const std::string& config_file) {
  PipelineView out;
  const Finished asked = run_tidemark({"status", "--json", "-c", config_file});
  const auto answer = nlohmann::json::parse(asked.out, nullptr, false);
  if (!answer.is_object() || !answer.contains("pid") || answer["pipelines"].empty()) return out;  // without a daemon: from the state file
  const auto& pipeline = answer["pipelines"][0];
  out.answers = true;
  out.state = pipeline["state"];
  if (pipeline["reason"].is_string()) out.reason = pipeline["reason"];
  if (pipeline["positions"]["read"].is_string()) out.position_read = pipeline["positions"]["read"];
  if (pipeline["last_error"].is_object()) out.error = pipeline["last_error"].dump();
  out.tables_left = pipeline["tables"].value("pending", 0u) + pipeline["tables"].value("copying", 0u);
  out.tables_streaming = pipeline["tables"].value("streaming", 0u);
  for (const auto& table : pipeline["table_progress"]) {
    out.chunks_done += table.value("chunks_done", uint64_t{0});
    out.chunks_resumed += table.value("chunks_resumed", uint64_t{0});
    out.rows_copied += table.value("rows_copied", uint64_t{0});
  }
  const auto& totals = pipeline["totals"];
  out.changes_read = totals["changes_read"];
  out.changes_applied = totals["changes_applied"];
  for (const auto& dropped : totals["changes_dropped"]) out.changes_dropped += dropped.get<uint64_t>();
  return out;
}

}  // namespace tidemark::test
