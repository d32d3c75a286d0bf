#include "cli/status_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "cli/human.h"
#include "cli/table_print.h"
#include "config/quantity.h"
#include "tidemark/error.h"

namespace tidemark {
namespace {

constexpr double kTickAgeMax = 10;  // seconds; the same bound as GET /healthz
constexpr size_t kTablesShown = 20;

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string painted_state(PipelineState state, const Painter& painter) {
  std::string name = upper(state_name(state));
  switch (state) {
    case PipelineState::streaming: return painter.paint(Colour::green, name);
    case PipelineState::failed: return painter.paint(Colour::red, name);
    case PipelineState::reconnecting: return painter.paint(Colour::yellow, name);
    case PipelineState::starting:
    case PipelineState::copying:
    case PipelineState::stopped: return name;
  }
  return name;
}

std::string lag_text(const PipelineStatus& p) {
  std::string seconds = p.lag_seconds < 0 ? "unknown" : human_seconds(p.lag_seconds);
  return fmt::format("lag {} / {}", seconds, human_bytes(static_cast<double>(p.lag_bytes)));
}

std::string end_text(const std::string& engine, const std::string& name) { return engine.empty() ? name : engine + " " + name; }

std::string headline(const PipelineStatus& p, const Painter& painter) {
  std::string out = fmt::format("{}  {} -> {}   {}", painter.paint(Colour::bold, p.name), end_text(p.source_engine, p.source),
                                end_text(p.sink_engine, p.sink), painted_state(p.state, painter));
  if (p.state == PipelineState::failed || p.state == PipelineState::stopped) return out;
  out += "   " + lag_text(p);
  out += fmt::format("   {} rows/s", human_count(p.rows_per_second));
  if (p.queue_limit_bytes > 0) {
    out += fmt::format("   queue {:.0f} %", 100.0 * static_cast<double>(p.queue_bytes) / static_cast<double>(p.queue_limit_bytes));
  }
  return out;
}

/// "12 tables: 11 streaming, 1 copying", then the tables that are not streaming yet.
std::string tables_text(const PipelineStatus& p) {
  std::vector<std::pair<std::string, size_t>> counts = {{"streaming", 0}, {"copying", 0}, {"pending", 0}};
  for (const TableStatus& table : p.tables) {
    auto it = std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return c.first == table.state; });
    if (it == counts.end()) it = counts.insert(counts.end(), {table.state, 0});
    ++it->second;
  }
  std::vector<std::string> parts;
  for (const auto& [state, n] : counts) {
    if (n > 0) parts.push_back(fmt::format("{} {}", n, state));
  }
  std::string out = fmt::format("  {} table{}{}{}\n", p.tables.size(), p.tables.size() == 1 ? "" : "s", parts.empty() ? "" : ": ",
                                fmt::join(parts, ", "));
  TextTable table;
  for (const char* title : {"", "", "", ""}) table.column(title, TextTable::Align::left);
  size_t shown = 0, left = 0;
  for (const TableStatus& t : p.tables) {
    if (t.state == "streaming") continue;
    if (shown == kTablesShown) {
      ++left;
      continue;
    }
    ++shown;
    std::string rows = fmt::format("{} of about {} rows", human_count(static_cast<double>(t.rows_copied)),
                                   human_count(static_cast<double>(t.rows_estimated)));
    auto estimated = static_cast<double>(std::max(t.rows_estimated, t.rows_copied));
    table.row({printable(t.source), t.state, rows, percent_text(static_cast<double>(t.rows_copied), estimated)});
  }
  if (shown > 0) {
    std::string text = table.text("    ");
    out += text.substr(text.find('\n') + 1);  // the titles are empty
  }
  if (left > 0) out += fmt::format("    and {} more\n", left);
  return out;
}

std::string error_lines(const PipelineStatus& p, const Painter& painter) {
  if (!p.last_error.present) return "";
  std::string when = p.last_error.unix_micros > 0 ? timestamp_text(p.last_error.unix_micros / 1'000'000 * 1'000'000) + "  " : "";
  std::string out =
      fmt::format("  {} {}{}: {}\n", painter.paint(Colour::red, "x"), when, p.last_error.kind, printable(p.last_error.message));
  if (!p.last_error.position.empty()) out += fmt::format("    at: {}\n", printable(p.last_error.position));
  for (size_t start = 0; start < p.last_error.hint.size();) {
    size_t end = std::min(p.last_error.hint.find('\n', start), p.last_error.hint.size());
    out += (start == 0 ? "    hint: " : "          ") + printable(std::string_view(p.last_error.hint).substr(start, end - start)) + "\n";
    start = end + 1;
  }
  return out;
}

std::string pipeline_text(const PipelineStatus& p, const Painter& painter) {
  std::string out = headline(p, painter) + "\n";
  if (!p.reason.empty()) out += fmt::format("  {}\n", printable(p.reason));
  if (p.next_attempt_unix_micros > 0)
    out += fmt::format("  next attempt: {}\n", timestamp_text(p.next_attempt_unix_micros / 1'000'000 * 1'000'000));
  out += tables_text(p);
  if (!p.position_applied.empty() && p.position_applied != "-") out += fmt::format("  applied: {}\n", printable(p.position_applied));
  if (p.position_saved != p.position_applied && !p.position_saved.empty())
    out += fmt::format("  saved:   {}\n", printable(p.position_saved));
  if (p.slot_retained_bytes) {
    out += fmt::format("  the source keeps {} of its log for this pipeline", human_bytes(static_cast<double>(*p.slot_retained_bytes)));
    out +=
        p.slot_room_bytes ? fmt::format(", and gives it up after {} more\n", human_bytes(static_cast<double>(*p.slot_room_bytes))) : "\n";
  }
  for (const std::string& warning : p.warnings) out += fmt::format("  {} {}\n", painter.paint(Colour::yellow, "!"), printable(warning));
  return out + error_lines(p, painter);
}

void check_pipeline(const PipelineStatus& p, std::optional<std::chrono::milliseconds> max_lag, std::vector<std::string>& reasons) {
  bool bad = p.state == PipelineState::failed || p.state == PipelineState::reconnecting ||
             (p.state == PipelineState::stopped && p.last_error.present);
  if (bad) {
    std::string why = p.last_error.present ? p.last_error.message : p.reason;
    reasons.push_back(fmt::format("{}: {}{}{}", p.name, state_name(p.state), why.empty() ? "" : ": ", printable(why)));
    return;
  }
  if (!max_lag || p.state == PipelineState::stopped) return;
  if (p.lag_seconds * 1000 > static_cast<double>(max_lag->count())) {
    reasons.push_back(fmt::format("{}: lag is {}, more than {}", p.name, human_seconds(p.lag_seconds), duration_text(*max_lag)));
  } else if (p.lag_seconds < 0) {
    reasons.push_back(fmt::format("{}: lag is not known ({})", p.name, state_name(p.state)));
  }
}

}  // namespace

std::string status_text(const DaemonStatus& status, const std::string& only, int64_t now_unix, const Painter& painter) {
  std::string out = fmt::format("tidemark {}  up {}   state {}   memory {}", status.version,
                                human_seconds(static_cast<double>(std::max<int64_t>(0, now_unix - status.started_unix))), status.state_path,
                                human_bytes(static_cast<double>(status.memory_resident_bytes)));
  if (status.memory_limit_bytes > 0) out += fmt::format(" of {}", size_text(status.memory_limit_bytes));  // as in the configuration
  out += "\n";
  if (status.supervisor_tick_age_seconds > kTickAgeMax) {
    out += fmt::format("{} the daemon has not moved for {}\n", painter.paint(Colour::red, "x"),
                       human_seconds(status.supervisor_tick_age_seconds));
  }
  for (const auto& pipeline : status.pipelines) {
    if (only.empty() || pipeline->name == only) out += pipeline_text(*pipeline, painter);
  }
  return out;
}

std::vector<std::string> unhealthy_reasons(const DaemonStatus& status, const std::string& only,
                                           std::optional<std::chrono::milliseconds> max_lag) {
  std::vector<std::string> reasons;
  if (status.supervisor_tick_age_seconds > kTickAgeMax) {
    reasons.push_back(fmt::format("the daemon has not moved for {}", human_seconds(status.supervisor_tick_age_seconds)));
  }
  for (const auto& pipeline : status.pipelines) {
    if (only.empty() || pipeline->name == only) check_pipeline(*pipeline, max_lag, reasons);
  }
  return reasons;
}

}  // namespace tidemark
