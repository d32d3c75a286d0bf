#include "pipeline/net_changes.h"

#include <algorithm>

#include "pipeline/row_ops.h"
#include "tidemark/key.h"

namespace tidemark {

namespace {
constexpr uint32_t kFree = UINT32_MAX;
constexpr size_t kSortFrom = 32;
}  // namespace

void NetChanges::rehash(size_t size) {
  slots_.assign(size, kFree);
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    size_t slot = hashes_[i] & (size - 1);
    while (slots_[slot] != kFree) slot = (slot + 1) & (size - 1);
    slots_[slot] = i;
  }
}

NetChanges::Entry& NetChanges::at(Row key, bool& added) {
  if ((entries_.size() + 1) * 2 > slots_.size()) rehash(slots_.empty() ? 64 : slots_.size() * 2);
  uint64_t hash = hash_key(*schema_, key);
  size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  for (; slots_[slot] != kFree; slot = (slot + 1) & mask) {
    uint32_t i = slots_[slot];
    if (hashes_[i] == hash && same_key(*schema_, entries_[i].key, key)) {
      added = false;
      return entries_[i];
    }
  }
  added = true;
  slots_[slot] = static_cast<uint32_t>(entries_.size());
  hashes_.push_back(hash);
  return entries_.emplace_back(Entry{nullptr, key, Net::remove});
}

void NetChanges::upsert(Row row) {
  bool added;
  Entry& e = at(row, added);
  e = {row, row, Net::upsert};
}

void NetChanges::remove(Row key) {
  bool added;
  Entry& e = at(key, added);
  e = {nullptr, key, Net::remove};
}

void NetChanges::patch(Row key, Row row, Arena& arena) {
  bool added;
  Entry& e = at(key, added);
  if (added) {
    e = {row, key, Net::patch};
  } else if (e.net != Net::remove) {
    e.row = complete_row(*schema_, e.row, row, arena);
  }
  // After a delete a patch meets no row: the delete stays the net effect.
}

void NetChanges::truncate() {
  clear();
  truncated_ = true;
}

void NetChanges::take(TableStep& step) {
  step.empty_first = truncated_;
  truncated_ = false;
  for (const Entry& e : entries_) {
    if (e.net == Net::upsert) {
      step.upserts.push_back(e.row);
    } else if (e.net == Net::remove) {
      step.deletes.push_back(e.key);
    } else {
      step.patches.push_back({e.key, e.row});
    }
  }
  // In key order a sink finds its pages faster (its index and heap are walked, not sprayed); the keys are disjoint, so order means nothing.
  if (schema_->key_provable() && step.upserts.size() > kSortFrom) {
    std::sort(step.upserts.begin(), step.upserts.end(), [&](Row a, Row b) { return compare_rows(*schema_, a, b) < 0; });
  }
  clear();
}

void NetChanges::clear() {
  entries_.clear();
  hashes_.clear();
  slots_.assign(slots_.size() > 65536 ? 0 : slots_.size(), kFree);
}

}  // namespace tidemark
