// The progress of a copy on stderr: on a terminal a few lines that are redrawn, elsewhere one plain line now and then.
// Owned by the verb; update() may be called from one other thread at a time. Never throws.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "tidemark/status.h"

namespace tidemark {

/// What is shown of a copy. Pure.
struct CopyView {
  size_t tables = 0, tables_done = 0;
  uint64_t rows = 0, rows_expected = 0, bytes = 0;
  uint64_t rows_now = 0;  // of `rows`, those of this run
  double rows_per_second = 0, bytes_per_second = 0;
};
CopyView copy_view(const PipelineStatus& status);
/// "shop -> warehouse   snapshot  3/7 tables   41.2 M/118 M rows   34.9 %   212 k rows/s   38.1 MB/s   ETA 6m02s".
/// No ETA before 1 %: it would be a guess.
std::string progress_headline(const PipelineStatus& status, const CopyView& view);
/// The headline, the tables being copied with a bar, then those that are done; as many as fit.
std::vector<std::string> progress_screen(const PipelineStatus& status, const CopyView& view, TerminalSize size);

class Progress {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Progress(bool quiet);
  void update(const PipelineStatus& status) noexcept;
  /// Leaves the last picture where it is, so that what follows is written below it.
  void finish() noexcept;

 private:
  void measure(CopyView& view, Clock::time_point now);
  void redraw(const std::vector<std::string>& lines);

  struct Sample {
    Clock::time_point at;
    uint64_t rows, bytes;
  };
  bool quiet_;
  bool terminal_;
  size_t lines_drawn_ = 0;
  std::deque<Sample> samples_;  // of the last seconds: rates are theirs
  Clock::time_point last_plain_line_;
};

}  // namespace tidemark
