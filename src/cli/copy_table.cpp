#include "cli/copy_table.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/human.h"
#include "cli/table_print.h"
#include "tidemark/error.h"

namespace tidemark {
namespace {

struct Total {
  uint64_t rows = 0, bytes = 0;
};

Total total_of(const PipelineStatus& status) {
  Total out;
  for (const TableStatus& t : status.tables) {
    out.rows += t.rows_copied;
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
    table.row({printable(t.source), grouped(t.rows_copied), human_bytes(static_cast<double>(t.bytes_copied)), human_seconds(t.copy_seconds),
               rate_text(t.rows_copied, t.copy_seconds)});
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
        {{"source", t.source}, {"target", t.target}, {"rows", t.rows_copied}, {"bytes", t.bytes_copied}, {"seconds", t.copy_seconds}});
  }
  out["rows"] = total.rows;
  out["bytes"] = total.bytes;
  out["seconds"] = wall_seconds;
  out["consistent_at"] = status.position_applied;
  return out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace tidemark
