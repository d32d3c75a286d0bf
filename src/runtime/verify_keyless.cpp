// Tables without a key: there is nothing to look a row up by, so both sides are read whole and compared as multisets of row hashes, again
// and again while they are live. A row counts as equal once it was there equally often on both sides in one round. Memory: 24 bytes for
// each different row.
#include <xxhash.h>

#include <algorithm>
#include <map>
#include <thread>
#include <unordered_map>
#include <utility>

#include "runtime/verify_compare.h"
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

class KeylessCheck {
 public:
  KeylessCheck(SourceSide& source, SinkSide& sink, uint32_t table, const SinkTable& names, const VerifyOptions& options,
               TableVerdict& verdict)
      : source_(source), sink_(sink), table_(table), schema_(*names.schema), options_(options), verdict_(verdict) {}

  void run() {
    const auto deadline = Clock::now() + options_.settle;
    auto pause = kFirstPause;
    std::map<RowHash, int64_t> open = differences();  // differed in every round so far
    while (!open.empty() && !final_ && Clock::now() < deadline) {
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, kLongestPause);
      keep_common(open, differences());
    }
    for (const auto& [hash, count] : open) {
      if (count > 0) {
        verdict_.missing += static_cast<uint64_t>(count);
      } else {
        verdict_.extra += static_cast<uint64_t>(-count);
      }
    }
  }

 private:
  /// One round: rows that are not there equally often. Reads the source first, then the sink where it has reached that.
  std::map<RowHash, int64_t> differences() {
    std::vector<Tally> tallies;
    verdict_.rows_source = verdict_.rows_sink = 0;
    const ViewPlace place = source_.each_row(schema_, [&](Row row) {
      Arena arena;
      tallies.push_back({hash_of(represented(sink_.sink(), table_, schema_, row, arena)), 1});
      if (++verdict_.rows_source % kReportEvery == 0) report();
    });
    merge_equal(tallies);
    std::map<RowHash, int64_t> different;
    final_ = place.same_as(sink_.begin_at(place.high)) || sink_.stands_still(options_.settle);
    sink_.sink().read_key_page(table_, {}, 0, [&](std::unique_ptr<RowBlock> block) {
      for (Row row : block->rows) {
        ++verdict_.rows_sink;
        const RowHash hash = hash_of(row);
        auto it = std::lower_bound(tallies.begin(), tallies.end(), hash, [](const Tally& t, const RowHash& h) { return t.hash < h; });
        if (it != tallies.end() && it->hash == hash) {
          --it->count;
        } else {
          --different[hash];
        }
      }
      report();
      return true;
    });
    sink_.end();
    for (const Tally& tally : tallies) {
      if (tally.count != 0) different.emplace(tally.hash, tally.count);
    }
    return different;
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

  void report() const {
    if (options_.progress) options_.progress(verdict_);
  }

  SourceSide& source_;
  SinkSide& sink_;
  uint32_t table_;
  const TableSchema& schema_;
  const VerifyOptions& options_;
  TableVerdict& verdict_;
  bool final_ = false;  // the latest round's differences will not go away by waiting
  std::string bytes_;
};

}  // namespace

TableVerdict verify_keyless(SourceSide& source, SinkSide& sink, uint32_t table, const SinkTable& names, const VerifyOptions& options) {
  TableVerdict verdict;
  verdict.table = names.schema->name.text();
  KeylessCheck(source, sink, table, names, options, verdict).run();
  return verdict;
}

}  // namespace tidemark
