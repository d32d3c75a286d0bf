#include "runtime/verify_settle.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "pipeline/chunk_buffer.h"
#include "pipeline/row_ops.h"

namespace tidemark {
namespace {

/// The source's rows of some keys while the log is merged into them.
class MergedRows {
 public:
  MergedRows(const SchemaRef& schema, const std::vector<KeyBytes>& keys, const std::vector<Row>& rows)
      : schema_(schema), keys_(keys.begin(), keys.end()), buffer_(schema) {
    for (Row row : rows) {
      if (wanted(row)) buffer_.put(row);
    }
    compact_at_ = 2 * buffer_.bytes() + kCompactFrom;
  }

  void apply(const Change& change) {
    if (change.op == Op::truncate) return buffer_.clear();
    if (change.op != Op::update || same_key(*schema_, change.before, change.after)) {
      if (wanted(change.op == Op::remove ? change.before : change.after)) buffer_.merge(change.op, change.before, change.after);
    } else {
      if (wanted(change.after)) arrive(change.before, change.after);
      if (wanted(change.before)) buffer_.remove(change.before);
    }
    if (buffer_.bytes() >= compact_at_) compact();
  }

  const SchemaRef& schema() const { return schema_; }
  std::vector<Row> take_rows() { return buffer_.take_rows(); }
  /// When the read may have had some of the changes already, a difference in this row proves nothing.
  bool doubtful(const KeyBytes& key) const { return doubtful_.count(key) != 0; }

 private:
  static constexpr size_t kCompactFrom = size_t{16} << 20;

  bool wanted(Row key) const { return keys_.count(encode_key(*schema_, key)) != 0; }

  /// A row under a new key. Columns that the log does not tell come from the row under the old key, or stay absent. A read that is not
  /// exact may have the row under the new key already; or a later row under the old one, so what comes from there is doubtful.
  void arrive(Row old_key, Row row) {
    if (!has_absent(*schema_, row)) return buffer_.put(row);
    if (buffer_.patch(row, row)) return;
    const Row base = buffer_.get(old_key);
    if (base == nullptr) return buffer_.put(row);
    Arena arena;
    buffer_.put(complete_row(*schema_, base, row, arena));
    doubtful_.insert(encode_key(*schema_, row));
  }

  /// Gives back the older versions of rows that change all the time.
  void compact() {
    ChunkBuffer fresh(schema_);
    for (Row row : buffer_.take_rows()) fresh.put(row);
    buffer_ = std::move(fresh);
    compact_at_ = 2 * buffer_.bytes() + kCompactFrom;
  }

  SchemaRef schema_;
  std::unordered_set<KeyBytes> keys_, doubtful_;
  ChunkBuffer buffer_;
  size_t compact_at_ = 0;
};

std::vector<KeyBytes> keys_of(const std::vector<Finding>& findings) {
  std::vector<KeyBytes> keys;
  for (const Finding& finding : findings) keys.push_back(finding.key);
  return keys;
}

/// What still differs of `findings`: rows that the log left incomplete as they were found, the others for certain.
std::vector<Finding> compare_merged(Sink& sink, uint32_t table, MergedRows& merged, std::vector<Finding> findings,
                                    const std::vector<Row>& held, bool exact) {
  const TableSchema& schema = *merged.schema();
  std::unordered_set<KeyBytes> incomplete;
  std::vector<Row> rows;
  const std::vector<Row> all = merged.take_rows();
  for (Row row : all) {
    if (has_absent(schema, row)) {
      incomplete.insert(encode_key(schema, row));
    } else {
      rows.push_back(row);
    }
  }
  const auto known = std::partition(findings.begin(), findings.end(), [&](const Finding& f) { return incomplete.count(f.key) != 0; });
  std::vector<KeyBytes> keys;
  for (auto it = known; it != findings.end(); ++it) keys.push_back(it->key);
  findings.erase(known, findings.end());
  for (Finding& finding : compare_rows(sink, table, schema, keys, rows, held, true)) {
    finding.proved = exact || !merged.doubtful(finding.key);
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

bool log_joins(const Position& from, const ViewPlace& view, const Position& held) {
  // XA transactions that are prepared may have a COMMIT in the log before `from` that the view does not see yet
  return view.visibility.xa_open.empty() && from.known() && from.offset.file != 0 && held.known() && held.offset >= view.high &&
         view.visibility.sees_all(from);
}

std::vector<Finding> compare_at_one_position(SourceSide& source, SinkSide& sink, VerifyLog& log, uint32_t table, const SchemaRef& schema,
                                             const std::vector<KeyBytes>& keys) {
  const auto hold = log.hold();
  const Position from = sink.look();
  const SourceRows rows = source.rows_with(*schema, keys);
  const SinkRows held = sink.rows_with(table, keys, rows.place.high);
  const bool proved = rows.place.same_as(held.position, from);
  std::vector<Finding> findings = compare_rows(sink.sink(), table, *schema, keys, rows.rows, held.rows, proved);
  if (findings.empty() || proved || !log_joins(from, rows.place, held.position)) return findings;
  MergedRows merged(schema, keys_of(findings), rows.rows);
  const Visibility& seen = rows.place.visibility;
  const bool certain = log.replay(schema, from, held.position, seen, [&](const Change& change) { merged.apply(change); });
  return compare_merged(sink.sink(), table, merged, std::move(findings), held.rows, certain && seen.exact);
}

}  // namespace tidemark
