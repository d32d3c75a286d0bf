#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/human.h"
#include "cli/table_print.h"
#include "tidemark/error.h"

namespace tidemark {
namespace {

constexpr auto kRateWindow = std::chrono::seconds(10);
constexpr auto kPlainLineEvery = std::chrono::seconds(10);
constexpr size_t kBarWidth = 20;

bool is_done(const TableStatus& table) { return table.state == "streaming"; }

/// Estimates are the server's statistics: a copy may well pass them.
uint64_t expected(const TableStatus& table) {
  return is_done(table) ? table.rows_copied : std::max(table.rows_estimated, table.rows_copied);
}

std::string bar(uint64_t part, uint64_t whole) {
  size_t filled = whole == 0 ? 0 : static_cast<size_t>(static_cast<double>(part) / static_cast<double>(whole) * kBarWidth);
  filled = std::min(filled, kBarWidth);
  return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '-') + "]";
}

std::string of_expected(uint64_t rows, uint64_t whole) {
  return fmt::format("{}/{}", human_count(static_cast<double>(rows)), human_count(static_cast<double>(whole)));
}

std::string table_line(const TableStatus& t, size_t name_width) {
  std::string name = printable(t.source);
  std::string out = "  " + name + std::string(name_width > text_width(name) ? name_width - text_width(name) : 0, ' ') + "  ";
  if (is_done(t)) {
    return out + fmt::format("done                    {} rows   {}   {}", human_count(static_cast<double>(t.rows_copied)),
                             human_bytes(static_cast<double>(t.bytes_copied)), human_seconds(t.copy_seconds));
  }
  std::string percent = percent_text(static_cast<double>(t.rows_copied), static_cast<double>(expected(t)));
  return out + fmt::format("{}  {:>6}   {} rows", bar(t.rows_copied, expected(t)), percent, of_expected(t.rows_copied, expected(t)));
}

/// What moves first, then what is done; what has not begun is in the count of the headline.
std::vector<const TableStatus*> tables_to_show(const PipelineStatus& status, size_t room) {
  std::vector<const TableStatus*> out;
  for (const TableStatus& t : status.tables) {
    if (t.state == "copying") out.push_back(&t);
  }
  for (const TableStatus& t : status.tables) {
    if (is_done(t)) out.push_back(&t);
  }
  if (out.size() > room) out.resize(room);
  return out;
}

}  // namespace

CopyView copy_view(const PipelineStatus& status) {
  CopyView view;
  view.tables = status.tables.size();
  for (const TableStatus& t : status.tables) {
    if (is_done(t)) ++view.tables_done;
    view.rows += t.rows_copied;
    view.rows_now += t.rows_copied - std::min(t.rows_copied, t.rows_resumed);
    view.rows_expected += expected(t);
    view.bytes += t.bytes_copied;
  }
  return view;
}

std::string progress_headline(const PipelineStatus& status, const CopyView& view) {
  std::string out = fmt::format("{} -> {}   snapshot  {}/{} tables   {} rows", printable(status.source), printable(status.sink),
                                view.tables_done, view.tables, of_expected(view.rows, view.rows_expected));
  out += "   " + percent_text(static_cast<double>(view.rows), static_cast<double>(view.rows_expected));
  out += fmt::format("   {} rows/s   {}/s", human_count(view.rows_per_second), human_bytes(view.bytes_per_second));
  bool late_enough = view.rows_expected > 0 && view.rows * 100 >= view.rows_expected;
  if (late_enough && view.rows_per_second > 0 && view.rows < view.rows_expected) {
    out += "   ETA " + human_seconds(static_cast<double>(view.rows_expected - view.rows) / view.rows_per_second);
  }
  return out;
}

std::vector<std::string> progress_screen(const PipelineStatus& status, const CopyView& view, TerminalSize size) {
  std::vector<std::string> lines = {progress_headline(status, view)};
  size_t room = size.rows > 6 ? std::min<size_t>(size.rows - 6, 15) : 1;
  std::vector<const TableStatus*> tables = tables_to_show(status, room);
  size_t width = 0;
  for (const TableStatus* t : tables) width = std::max(width, text_width(printable(t->source)));
  for (const TableStatus* t : tables) lines.push_back(table_line(*t, std::min<size_t>(width, 40)));
  if (!status.reason.empty()) lines.push_back("  " + printable(status.reason));
  for (std::string& line : lines) line = cut_to_width(line, size.columns - 1);
  return lines;
}

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(stderr_is_terminal()), last_plain_line_(Clock::now()) {}

void Progress::measure(CopyView& view, Clock::time_point now) {
  samples_.push_back({now, view.rows_now, view.bytes});
  while (samples_.size() > 2 && now - samples_.front().at > kRateWindow) samples_.pop_front();
  const Sample& first = samples_.front();
  double seconds = std::chrono::duration<double>(now - first.at).count();
  if (seconds <= 0) return;
  // a batch that is dropped with its connection takes its bytes with it: never a negative rate
  view.rows_per_second = view.rows_now > first.rows ? static_cast<double>(view.rows_now - first.rows) / seconds : 0;
  view.bytes_per_second = view.bytes > first.bytes ? static_cast<double>(view.bytes - first.bytes) / seconds : 0;
}

void Progress::redraw(const std::vector<std::string>& lines) {
  std::string out;
  if (lines_drawn_ > 0) out += fmt::format("\x1b[{}A", lines_drawn_);
  out += "\r\x1b[J";
  for (const std::string& line : lines) out += line + "\n";
  std::fputs(out.c_str(), stderr);
  lines_drawn_ = lines.size();
}

void Progress::update(const PipelineStatus& status) noexcept try {
  if (quiet_) return;
  CopyView view = copy_view(status);
  Clock::time_point now = Clock::now();
  measure(view, now);
  if (terminal_) {
    redraw(progress_screen(status, view, terminal_size()));
  } else if (now - last_plain_line_ >= kPlainLineEvery) {
    last_plain_line_ = now;
    std::string reason = status.reason.empty() ? "" : "   " + printable(status.reason);
    std::fputs((progress_headline(status, view) + reason + "\n").c_str(), stderr);
  }
} catch (const std::exception&) {
  // a picture that cannot be drawn is no reason to stop a copy
}

void Progress::finish() noexcept { lines_drawn_ = 0; }

}  // namespace tidemark
