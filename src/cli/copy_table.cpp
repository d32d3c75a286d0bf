#include "cli/copy_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/human.h"
#include "cli/table_print.h"
#include "tidemark/error.h"

namespace tidemark {
namespace {

struct Total {
  uint64_t rows = 0, bytes = 0;
};

/// What this run did: an interrupted copy that goes on does not copy again what is there.
uint64_t rows_of(const TableStatus& t) { return t.rows_copied - std::min(t.rows_copied, t.rows_resumed); }

Total total_of(const PipelineStatus& status) {
  Total out;
  for (const TableStatus& t : status.tables) {
    out.rows += rows_of(t);
    out.bytes += t.bytes_copied;
  }
  return out;
}

std::string rate_text(uint64_t rows, double seconds) { return seconds > 0 ? human_count(static_cast<double>(rows) / seconds) : "-"; }

}  // namespace

std::string copy_table_text(const PipelineStatus& status, double wall_seconds) {
  TextTable table;
  table.column("table", TextTable::Align::left);
  for (const char* title : {"rows", "bytes", "time", "rows/s"}) table.column(title, TextTable::Align::right);
  for (const TableStatus& t : status.tables) {
    table.row({printable(t.source), grouped(rows_of(t)), human_bytes(static_cast<double>(t.bytes_copied)), human_seconds(t.copy_seconds),
               rate_text(rows_of(t), t.copy_seconds)});
  }
  Total total = total_of(status);
  table.row({"Total", grouped(total.rows), human_bytes(static_cast<double>(total.bytes)), human_seconds(wall_seconds),
             rate_text(total.rows, wall_seconds)});
  std::string out = table.text(" ");
  if (!status.position_applied.empty() && status.position_applied != "-")
    out += fmt::format(" consistent at {}\n", printable(status.position_applied));
  return out;
}

std::string copy_table_json(const PipelineStatus& status, double wall_seconds) {
  using nlohmann::ordered_json;
  Total total = total_of(status);
  ordered_json out = {{"pipeline", status.name}, {"source", status.source}, {"sink", status.sink}, {"tables", ordered_json::array()}};
  for (const TableStatus& t : status.tables) {
    out["tables"].push_back(
        {{"source", t.source}, {"target", t.target}, {"rows", rows_of(t)}, {"bytes", t.bytes_copied}, {"seconds", t.copy_seconds}});
  }
  out["rows"] = total.rows;
  out["bytes"] = total.bytes;
  out["seconds"] = wall_seconds;
  out["consistent_at"] = status.position_applied;
  return out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace tidemark
