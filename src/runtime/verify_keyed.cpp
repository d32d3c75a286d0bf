// Tables with a key. First pass: the source's chunks against the sink's rows of the same keys. Second pass: the sink's keys looked up at
// the source, which finds the extra ones. What differs in either is compared again at one position of the log (verify_settle.h), in rounds
// as long as that proves nothing. Bounded memory: a chunk of both sides, and a limited number of keys that are still to be read again.
#include <algorithm>
#include <thread>
#include <unordered_map>
#include <utility>

#include "runtime/verify_settle.h"
#include "runtime/verify_table.h"

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kChunkRows = 8096;
constexpr size_t kChunkBytes = size_t{16} << 20;
constexpr size_t kPendingKeysMax = 10000;
constexpr size_t kPendingBytesMax = size_t{16} << 20;
constexpr size_t kKeysShownMax = 100;
constexpr auto kFirstPause = std::chrono::milliseconds(20);
constexpr auto kLongestPause = std::chrono::milliseconds(1000);

struct Pending {
  Difference kind = Difference::missing;
  std::vector<uint16_t> columns;
  uint64_t source_hash = 0;
  bool source_moved = false;  // the source's row was another one than at the reading before
};

class KeyedCheck : private TableCheck {
 public:
  KeyedCheck(const VerifyContext& context, uint32_t table, const SinkTable& names, const VerifyOptions& options)
      : TableCheck(context, table, names, options) {}

  TableVerdict run() {
    pass_over_source();
    pass_over_sink();
    settle(options_.settle);
    return std::move(verdict_);
  }

 private:
  void pass_over_source() {
    std::optional<KeyBytes> after;
    do {
      const SourceRows chunk = source_.next_chunk(schema_, after, rows_, kChunkBytes);
      std::vector<KeyBytes> keys;
      keys.reserve(chunk.rows.size());
      for (Row row : chunk.rows) keys.push_back(encode_key(schema_, row));
      verdict_.rows_source += keys.size();
      if (!keys.empty()) note(compare_rows(sink_, table_, schema_, keys, chunk));
      adapt(chunk);
      report();
    } while (after);
  }

  void pass_over_sink() {
    KeyBytes after;
    for (;;) {
      std::vector<KeyBytes> keys;
      sink_.begin_anywhere();
      sink_.sink().read_key_page(table_, after, rows_, [&](std::unique_ptr<RowBlock> block) {
        for (Row row : block->rows) keys.push_back(encode_key(schema_, row));
        return true;
      });
      sink_.end();
      if (keys.empty()) return;
      verdict_.rows_sink += keys.size();
      const std::vector<bool> found =
          source_.exist(schema_, keys, [&](const KeyBytes& key) { return key_at_sink(sink_.sink(), table_, schema_, key); });
      for (size_t i = 0; i < keys.size(); ++i) {
        if (!found[i]) add_pending(keys[i], {Difference::extra, {}, 0, false});
      }
      after = keys.back();
      report();
      if (pending_full()) settle_early();
    }
  }

  /// Wide rows: fewer of them in a chunk, so that a chunk and the sink's rows of it stay small.
  void adapt(const SourceRows& chunk) {
    if (chunk.rows.empty() || chunk.bytes == 0) return;
    const size_t row_bytes = std::max<size_t>(1, chunk.bytes / chunk.rows.size());
    rows_ = std::clamp<uint64_t>(kChunkBytes / row_bytes, 1, kChunkRows);
    rows_of_widest_ = std::min(rows_of_widest_, rows_);
  }

  void note(std::vector<Finding> findings) {
    for (Finding& finding : findings) {
      if (finding.proved) {
        count(finding.key, {finding.kind, std::move(finding.columns), finding.source_hash, false});
      } else {
        add_pending(finding.key, {finding.kind, std::move(finding.columns), finding.source_hash, false});
      }
    }
    if (pending_full()) settle_early();
  }

  void add_pending(const KeyBytes& key, Pending pending) {
    if (pending_.emplace(key, std::move(pending)).second) pending_bytes_ += key.size();
  }
  bool pending_full() const { return pending_.size() >= kPendingKeysMax || pending_bytes_ >= kPendingBytesMax; }

  /// So much differs that it cannot all be kept until the end. The time for this is limited for the table as a whole: a table that is
  /// quite different should not take half a minute for every ten thousand rows.
  void settle_early() {
    const auto start = Clock::now();
    settle(early_left_);
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
    early_left_ = std::max(std::chrono::milliseconds(0), early_left_ - spent);
  }

  /// Compares the pending keys again until they are equal or proved to differ, or `time` is over; at least once. What is left is counted.
  /// A sink that stands still is waited for once, not for every table.
  void settle(std::chrono::milliseconds time) {
    const auto deadline = Clock::now() + time;
    auto pause = kFirstPause;
    while (!pending_.empty()) {
      std::this_thread::sleep_for(pause);
      recheck();
      report();
      if (Clock::now() >= deadline || sink_.stands_still(options_.settle)) break;
      pause = std::min(pause * 2, kLongestPause);
    }
    for (const auto& [key, pending] : pending_) count(key, pending);
    pending_.clear();
    pending_bytes_ = 0;
  }

  void recheck() {
    std::vector<KeyBytes> keys;
    for (const auto& entry : pending_) keys.push_back(entry.first);
    for (size_t from = 0; from < keys.size(); from += rows_of_widest_) {
      const std::vector<KeyBytes> some(keys.begin() + static_cast<ptrdiff_t>(from),
                                       keys.begin() + static_cast<ptrdiff_t>(std::min<size_t>(keys.size(), from + rows_of_widest_)));
      std::unordered_map<KeyBytes, Finding> still;
      for (Finding& finding : compare_at_one_position(source_, sink_, log_, table_, schema_ref_, some)) {
        KeyBytes key = finding.key;
        still.emplace(std::move(key), std::move(finding));
      }
      for (const KeyBytes& key : some) judge(key, still);
    }
  }

  void judge(const KeyBytes& key, std::unordered_map<KeyBytes, Finding>& still) {
    auto it = still.find(key);
    auto pending = pending_.find(key);
    if (it != still.end() && !it->second.proved) {
      Finding& finding = it->second;
      pending->second = {finding.kind, std::move(finding.columns), finding.source_hash, finding.source_hash != pending->second.source_hash};
      return;
    }
    if (it != still.end()) count(key, {it->second.kind, std::move(it->second.columns), it->second.source_hash, false});
    pending_bytes_ -= key.size();
    pending_.erase(pending);
  }

  void count(const KeyBytes& key, const Pending& what) {
    const char* kind = "unsettled";
    if (what.source_moved) {
      ++verdict_.unsettled;
    } else if (what.kind == Difference::missing) {
      ++verdict_.missing;
      kind = "missing";
    } else if (what.kind == Difference::extra) {
      ++verdict_.extra;
      kind = "extra";
    } else {
      ++verdict_.different;
      kind = "different";
    }
    if (verdict_.keys.size() >= kKeysShownMax) return;
    DifferingKey shown{kind, key_text(schema_, key), {}};
    for (uint16_t column : what.columns) shown.columns.push_back(schema_.columns[column].name);
    verdict_.keys.push_back(std::move(shown));
  }

  uint64_t rows_ = kChunkRows;
  uint64_t rows_of_widest_ = kChunkRows;  // the fewest so far: pending keys are of rows anywhere in the table
  std::unordered_map<KeyBytes, Pending> pending_;
  size_t pending_bytes_ = 0;
  std::chrono::milliseconds early_left_ = options_.settle;
};

}  // namespace

TableVerdict verify_keyed(const VerifyContext& context, uint32_t table, const SinkTable& names, const VerifyOptions& options) {
  return KeyedCheck(context, table, names, options).run();
}

}  // namespace tidemark
