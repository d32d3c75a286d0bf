// The snapshot workers: each takes a chunk from the core, opens a read view that the barrier accepts, reads, and hands the rows back.
#include <filesystem>
#include <thread>

#include "base/failpoint.h"
#include "base/log.h"
#include "runtime/session.h"
#include "runtime/spill_file.h"
#include "tidemark/error.h"

namespace tidemark {

namespace {
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;
constexpr size_t kBlockBytes = 256 * 1024;
constexpr auto kBarrierPauseMax = 100ms;
constexpr auto kBarrierWait = 1s;  // then the chunk goes back for a while: the log may be waiting for it
}  // namespace

void Session::copy_chunks(size_t worker) {
  try {
    while (reading_) {
      if (copy_one(*snapshot_readers_[worker])) continue;
      std::unique_lock lock(mutex_);
      if (stopping_ || failure_ != nullptr || core_->copy_committed()) return;
      changed_.wait_for(lock, 50ms);
    }
  } catch (...) {
    std::unique_lock lock(mutex_);
    bool quiet = stopping_;
    lock.unlock();
    if (!quiet) fail(std::current_exception());
  }
}

/// False: there is nothing to copy just now.
bool Session::copy_one(SnapshotReader& reader) {
  std::optional<ChunkTask> task;
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || !copy_allowed_) return false;
    task = core_->take_chunk_task();
    if (!task) return false;
    CopyProgress& copied = copied_[schemas_[task->table]->name];
    if (!copied.first) copied.first = copied.last = Clock::now();
  }
  const TableSchema& schema = *schemas_[task->table];
  std::optional<KeyBytes> upto;
  if (!task->whole) upto = reader.boundary(schema, task->range.after, task->range.upto, task->rows);
  failpoint("chunk.before_open");
  ChunkOpening opening;
  {
    std::lock_guard lock(mutex_);
    opening = core_->open_chunk(*task, upto);
  }
  std::optional<ChunkResult> result;
  bool stale = false;
  try {
    result = read_chunk(reader, *task, opening);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::stale_view) throw;
    spdlog::info("{}: a chunk is read again: {}", printable(schema.name.text()), error.what());
    reader.end();
    stale = true;
  }
  failpoint("chunk.after_read");
  std::lock_guard lock(mutex_);
  if (result) {
    barrier_waits_.erase(schema.name);
    core_->chunk_read(*task, std::move(*result));
    failpoint("chunk.handed_over");
  } else {
    if (!stale) warn_of_barrier(schema.name);
    core_->give_back(*task);
  }
  changed_.notify_all();
  return true;
}

/// `mutex_` is held.
void Session::warn_of_barrier(const TableName& table) {
  auto [wait, first] = barrier_waits_.try_emplace(table, Clock::now() + 9s);
  if (first || Clock::now() < wait->second) return;
  spdlog::warn(
      "copying {}: a transaction that is in the log is still not visible to reads; waiting (semi-synchronous replication without a "
      "replica?)",
      printable(table.text()));
  wait->second += 60s;
}

/// Nothing: no read view satisfied the barrier for a while.
std::optional<ChunkResult> Session::read_chunk(SnapshotReader& reader, const ChunkTask& task, ChunkOpening& opening) {
  const TableSchema& schema = *schemas_[task.table];
  ChunkResult result;
  auto start = Clock::now();
  // The barrier (design 2.2): a transaction that was delivered, and dropped for this chunk, must be visible to its read.
  failpoint("chunk.before_view");
  for (auto pause = 1ms;; pause = std::min<std::chrono::milliseconds>(pause * 2, kBarrierPauseMax)) {
    result.visibility = reader.begin(schema, {!schema.has_key(), opening.locked}).visibility;
    if (opening.holds(result.visibility)) break;
    reader.end();
    if (!reading_) throw Error(ErrorKind::interrupted, "copying " + schema.name.text(), "stopped");
    if (Clock::now() - start > kBarrierWait) return std::nullopt;
    std::this_thread::sleep_for(pause);
  }
  failpoint("chunk.view_open");
  uint64_t limit = std::min<uint64_t>(pipeline_.chunk_bytes, options_.memory_limit / 16);
  bool may_truncate = schema.has_key() && !task.range.only;
  uint64_t bytes = 0;
  Row last = nullptr;
  std::shared_ptr<SpillFile> spill;  // a table without key cannot be cut: beyond the bound its rows go to a file
  reader.read(schema, opening.range, kBlockBytes, [&](std::unique_ptr<RowBlock> block) {
    failpoint("chunk.block_read");
    bytes += block->bytes();
    if (!block->rows.empty()) last = block->rows.back();
    if (spill) {
      spill->append(*block);
      failpoint("chunk.spilled");
      return reading_.load();
    }
    result.blocks.push_back(std::move(block));
    if (!schema.has_key() && bytes >= limit) {
      spill = std::make_shared<SpillFile>(std::filesystem::absolute(config_.daemon.state).parent_path().string(), schema.columns.size());
      for (const auto& kept : result.blocks) spill->append(*kept);
      result.blocks.clear();
      result.spilled = spill;
    }
    if (may_truncate && bytes >= limit && last != nullptr) {
      result.truncated_at = encode_key(schema, last);
      return false;
    }
    return reading_.load();
  });
  // After the rows (design 2.2): a TRUNCATE may have taken them from the view, and it must be before the watermark.
  result.high = reader.high_watermark();
  failpoint("chunk.watermark_read");
  reader.end();
  if (!reading_) throw Error(ErrorKind::interrupted, "copying " + schema.name.text(), "stopped");
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

}  // namespace tidemark
