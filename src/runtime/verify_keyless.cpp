// Tables without a key: there is nothing to look a row up by, so both sides are read whole and compared as multisets of row hashes. Where
// they differ, the log's changes that the source's read did not see are added to its multiset (verify_settle.h): then both are of one
// position, and what is left is a difference. Only while that is impossible they are read again, and a row counts as equal once it was
// there equally often on both sides in one round. Memory: 24 bytes for each different row.
#include <xxhash.h>

#include <algorithm>
#include <map>
#include <thread>
#include <unordered_map>
#include <utility>

#include "runtime/verify_settle.h"
#include "runtime/verify_table.h"

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kFirstPause = std::chrono::milliseconds(20);
constexpr auto kLongestPause = std::chrono::milliseconds(2000);
constexpr uint64_t kReportEvery = 10000;

struct RowHash {
  uint64_t low = 0, high = 0;
  friend auto operator<=>(const RowHash&, const RowHash&) = default;
};

/// How often a row is there: at the source minus at the sink.
struct Tally {
  RowHash hash;
  int64_t count = 0;
};
static_assert(sizeof(Tally) == 24);

class KeylessCheck : private TableCheck {
 public:
  KeylessCheck(const VerifyContext& context, uint32_t table, const SinkTable& names, const VerifyOptions& options)
      : TableCheck(context, table, names, options) {}

  TableVerdict run() {
    const auto deadline = Clock::now() + options_.settle;
    auto pause = kFirstPause;
    std::map<RowHash, int64_t> open = differences();  // differed in every round so far
    while (!open.empty() && !proved_ && !sink_.stands_still(options_.settle) && Clock::now() < deadline) {
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, kLongestPause);
      std::map<RowHash, int64_t> now = differences();
      if (proved_) {
        open = std::move(now);
      } else {
        keep_common(open, now);
      }
    }
    for (const auto& [hash, count] : open) {
      if (count > 0) {
        verdict_.missing += static_cast<uint64_t>(count);
      } else {
        verdict_.extra += static_cast<uint64_t>(-count);
      }
    }
    return std::move(verdict_);
  }

 private:
  /// One round: rows that are not there equally often. Reads the source first, then the sink where it has reached that.
  std::map<RowHash, int64_t> differences() {
    const auto hold = log_.hold();
    const Position from = sink_.look();
    tallies_.clear();
    others_.clear();
    verdict_.rows_source = verdict_.rows_sink = 0;
    const ViewPlace view = source_.each_row(schema_, [&](Row row) {
      tallies_.push_back({source_hash(row), 1});
      if (++verdict_.rows_source % kReportEvery == 0) report();
    });
    merge_equal(tallies_);
    const Position held = subtract_sink(view.high);
    proved_ = view.same_as(held, from);
    std::map<RowHash, int64_t> found = what_differs();
    if (proved_ || found.empty() || !log_joins(from, view, held)) return found;
    bool emptied = false;  // of what was read of the source nothing is there any more: the next round tells
    const bool certain = log_.replay(schema_ref_, from, held, view.visibility, [&](const Change& change) {
      emptied = emptied || change.op == Op::truncate;
      if (change.before != nullptr) add(source_hash(change.before), -1);
      if (change.after != nullptr) add(source_hash(change.after), 1);
    });
    if (!certain || emptied) return found;
    proved_ = true;
    return what_differs();
  }

  Position subtract_sink(const LogOffset& high) {
    const Position held = sink_.begin_at(high);
    sink_.sink().read_key_page(table_, {}, 0, [&](std::unique_ptr<RowBlock> block) {
      for (Row row : block->rows) {
        ++verdict_.rows_sink;
        add(hash_of(row), -1);
      }
      report();
      return true;
    });
    sink_.end();
    return held;
  }

  void add(const RowHash& hash, int64_t count) {
    auto it = std::lower_bound(tallies_.begin(), tallies_.end(), hash, [](const Tally& t, const RowHash& h) { return t.hash < h; });
    if (it != tallies_.end() && it->hash == hash) {
      it->count += count;
      return;
    }
    auto other = others_.emplace(hash, 0).first;
    other->second += count;
    if (other->second == 0) others_.erase(other);
  }

  std::map<RowHash, int64_t> what_differs() const {
    std::map<RowHash, int64_t> found = others_;
    for (const Tally& tally : tallies_) {
      if (tally.count != 0) found.emplace(tally.hash, tally.count);
    }
    return found;
  }

  RowHash source_hash(Row row) {
    Arena arena;
    return hash_of(represented(sink_.sink(), table_, schema_, row, arena));
  }

  RowHash hash_of(const Value* row) {
    bytes_.clear();
    for (size_t i = 0; i < schema_.columns.size(); ++i) encode_value(row[i], bytes_);
    const XXH128_hash_t hash = XXH3_128bits(bytes_.data(), bytes_.size());
    return {hash.low64, hash.high64};
  }

  static void merge_equal(std::vector<Tally>& tallies) {
    std::sort(tallies.begin(), tallies.end(), [](const Tally& a, const Tally& b) { return a.hash < b.hash; });
    size_t kept = 0;
    for (size_t i = 0; i < tallies.size(); ++i) {
      if (kept > 0 && tallies[kept - 1].hash == tallies[i].hash) {
        ++tallies[kept - 1].count;
      } else {
        tallies[kept++] = tallies[i];
      }
    }
    tallies.resize(kept);
  }

  static void keep_common(std::map<RowHash, int64_t>& open, const std::map<RowHash, int64_t>& now) {
    for (auto it = open.begin(); it != open.end();) {
      auto again = now.find(it->first);
      if (again == now.end()) {
        it = open.erase(it);
      } else {
        it->second = again->second;
        ++it;
      }
    }
  }

  std::vector<Tally> tallies_;         // of the source's rows, sorted
  std::map<RowHash, int64_t> others_;  // rows that the source's read did not have
  bool proved_ = false;                // the latest round compared both sides at one position
  std::string bytes_;
};

}  // namespace

TableVerdict verify_keyless(const VerifyContext& context, uint32_t table, const SinkTable& names, const VerifyOptions& options) {
  return KeylessCheck(context, table, names, options).run();
}

}  // namespace tidemark
