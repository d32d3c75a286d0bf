#include "runtime/verify_log.h"

#include <fmt/format.h>

#include <chrono>

#include "base/failpoint.h"
#include "pipeline/row_images.h"
#include "tidemark/error.h"

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBatchBytes = 512 * 1024;
constexpr auto kWait = std::chrono::milliseconds(200);
/// The sink was there, so the log has it: a reader that gets no further for so long never will. A server may have to search a large log
/// for the place to begin with.
constexpr auto kStuckAfter = std::chrono::minutes(5);

}  // namespace

bool VerifyLog::replay(const SchemaRef& table, const Position& from, const Position& upto, Visibility seen,
                       const std::function<void(const Change&)>& visit) {
  bool certain = true;
  if (from.offset >= upto.offset) return certain;
  // without a selection: what else happens at the server is the daemon's business
  const std::unique_ptr<LogReader> reader = source_.open_log(from, {table}, TableSelection{});
  LogOffset read_to = from.offset;
  auto moved_at = Clock::now();
  while (read_to < upto.offset) {
    LogBatch batch;
    reader->read(batch, kBatchBytes, kWait);
    failpoint("verify.log_replaying");
    for (const LogTransaction& transaction : batch.transactions) {
      if (transaction.mark.begin >= upto.offset) return certain;
      const Visibility::Sight sight = seen.judge(transaction.mark);
      if (sight == Visibility::Sight::seen) continue;
      if (sight == Visibility::Sight::unknown) {  // as the core does: from here on the read is a lower bound
        seen.offset = transaction.mark.begin;
        certain = false;
      }
      for (uint32_t i = 0; i < transaction.change_count; ++i) {
        Arena arena;  // of completed rows
        visit(completed_images(*table, batch.changes[transaction.first_change + i], arena));
      }
    }
    if (batch.read_to > read_to) {
      read_to = batch.read_to;
      moved_at = Clock::now();
    } else if (Clock::now() - moved_at >= kStuckAfter) {
      throw Error(ErrorKind::source_unavailable, "reading the binary log",
                  fmt::format("it does not get from {} to {}, where the sink stands", from.file_text(), upto.file_text()));
    }
  }
  return certain;
}

}  // namespace tidemark
