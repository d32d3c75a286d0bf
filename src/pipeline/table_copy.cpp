#include "pipeline/table_copy.h"

#include <algorithm>

#include "tidemark/error.h"

namespace tidemark {

TableCopy::TableCopy(SchemaRef schema, bool copy, const std::vector<ChunkRecord>& records)
    : schema_(std::move(schema)), provable_(schema_->key_provable()) {
  if (copy) {
    rebuild_from(records);
  } else {
    add(segments_.end(), {}, Segment::State::emitted);
  }
  refresh_index();
}

Segment& TableCopy::add(std::list<Segment>::iterator before, KeyRange range, Segment::State state) {
  Segment& s = *segments_.emplace(before);
  s.id = next_id_++;
  s.state = state;
  s.range = std::move(range);
  if (s.range.after) s.after = decode_key(*s.range.after, bounds_);
  if (s.range.upto) s.upto = decode_key(*s.range.upto, bounds_);
  if (state != Segment::State::emitted) ++open_segments_;
  return s;
}

void TableCopy::rebuild_from(const std::vector<ChunkRecord>& records) {
  std::vector<KeyRange> done;
  for (const ChunkRecord& record : records) {
    if (record.range.only) {
      Segment& s = singles_[*record.range.only];
      s.id = next_id_++;
      s.range = record.range;
      s.state = record.done ? Segment::State::emitted : Segment::State::unopened;
      if (!record.done) ++open_segments_;
    } else if (record.done) {
      done.push_back(record.range);
    }
  }
  if (provable_) {
    rebuild_provable(std::move(done));
  } else {
    rebuild_chain(done);
  }
}

void TableCopy::rebuild_provable(std::vector<KeyRange> done) {
  Arena arena;
  size_t n = schema_->key.size();
  auto starts_before = [&](const KeyRange& a, const KeyRange& b) {
    if (!b.after) return false;  // nothing starts before the one that is open below
    if (!a.after) return true;
    return compare_key_values(decode_key(*a.after, arena).data(), decode_key(*b.after, arena).data(), n) < 0;
  };
  std::sort(done.begin(), done.end(), starts_before);
  std::optional<KeyBytes> at;  // everything up to here is covered
  bool open_above = true;
  for (const KeyRange& range : done) {
    if (range.after != at) add(segments_.end(), {at, range.after, std::nullopt}, Segment::State::unopened);
    add(segments_.end(), range, Segment::State::emitted);
    at = range.upto;
    if (!range.upto) open_above = false;
  }
  if (open_above) add(segments_.end(), {at, std::nullopt, std::nullopt}, Segment::State::unopened);
}

void TableCopy::rebuild_chain(const std::vector<KeyRange>& done) {
  std::map<std::optional<KeyBytes>, const KeyRange*> by_start;
  for (const KeyRange& range : done) by_start[range.after] = &range;
  std::optional<KeyBytes> at;
  for (;;) {
    auto it = by_start.find(at);
    if (it == by_start.end()) break;
    add(segments_.end(), *it->second, Segment::State::emitted);
    if (!it->second->upto) return;
    at = it->second->upto;
  }
  add(segments_.end(), {at, std::nullopt, std::nullopt}, Segment::State::unopened);
}

void TableCopy::refresh_index() {
  // Neighbours that are both in the sink are one as far as routing goes: the list stays short however many chunks there were.
  for (auto it = segments_.begin(); it != segments_.end();) {
    auto next = std::next(it);
    if (next != segments_.end() && it->state == Segment::State::emitted && next->state == Segment::State::emitted) {
      next->range.after = it->range.after;
      next->after = it->after;
      it = segments_.erase(it);
    } else {
      it = next;
    }
  }
  index_.clear();
  for (Segment& s : segments_) index_.push_back(&s);
}

Segment& TableCopy::segment_of(Row row) {
  if (!provable_) throw Error(ErrorKind::internal, "routing a change", "key order is not known");
  if (Segment* single = single_of(row)) return *single;
  auto it = std::partition_point(index_.begin(), index_.end(),
                                 [&](const Segment* s) { return !s->upto.empty() && compare_key(*schema_, row, s->upto.data()) > 0; });
  return **it;
}

Segment* TableCopy::find_single(Row row) {
  auto it = singles_.find(encode_key(*schema_, row));
  return it == singles_.end() ? nullptr : &it->second;
}

std::vector<Segment*> TableCopy::in_flight() {
  std::vector<Segment*> out;
  auto consider = [&](Segment& s) {
    if (s.state == Segment::State::reading || s.state == Segment::State::buffered) out.push_back(&s);
  };
  for (Segment& s : segments_) consider(s);
  for (auto& [key, s] : singles_) consider(s);
  return out;
}

bool TableCopy::any_emitted() const {
  auto emitted = [](const Segment& s) { return s.state == Segment::State::emitted; };
  return std::any_of(segments_.begin(), segments_.end(), emitted) ||
         std::any_of(singles_.begin(), singles_.end(), [&](const auto& single) { return emitted(single.second); });
}

/// In turns, so that keys which get chunks of their own all the time do not keep the copy from coming to its end.
Segment* TableCopy::reserve() {
  Segment* first = singles_turn_ ? reserve_single() : reserve_range();
  singles_turn_ = !singles_turn_;
  if (first != nullptr) return first;
  return singles_turn_ ? reserve_single() : reserve_range();
}

Segment* TableCopy::reserve_single() {
  auto it = singles_.upper_bound(last_single_);
  for (size_t n = singles_.size(); n > 0; --n, ++it) {
    if (it == singles_.end()) it = singles_.begin();
    if (it->second.state != Segment::State::unopened) continue;
    it->second.state = Segment::State::reserved;
    last_single_ = it->first;
    return &it->second;
  }
  return nullptr;
}

Segment* TableCopy::reserve_range() {
  for (Segment& s : segments_) {
    if (s.state == Segment::State::unopened) {
      s.state = Segment::State::reserved;
      return &s;
    }
    bool under_way = s.state == Segment::State::reserved || s.state == Segment::State::reading;
    if (!provable_ && under_way) return nullptr;
  }
  return nullptr;
}

Segment* TableCopy::find(uint64_t id) {
  for (Segment& s : segments_) {
    if (s.id == id) return &s;
  }
  for (auto& [key, s] : singles_) {
    if (s.id == id) return &s;
  }
  return nullptr;
}

void TableCopy::cut(Segment& segment, const std::optional<KeyBytes>& upto) {
  if (!upto || segment.range.upto == upto || segment.range.only) return;
  auto it = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& s) { return &s == &segment; });
  add(std::next(it), {upto, segment.range.upto, std::nullopt}, Segment::State::unopened);
  segment.range.upto = upto;
  segment.upto = decode_key(*upto, bounds_);
  refresh_index();
}

Segment* TableCopy::make_single(Row row) {
  if (Segment* s = single_of(row)) {
    if (s->state == Segment::State::unopened || s->state == Segment::State::reserved) return nullptr;
    if (s->state == Segment::State::emitted) ++open_segments_;
    reopen(*s);
    return s;
  }
  if (provable_) {
    Segment& holder = segment_of(row);
    if (holder.state == Segment::State::unopened || holder.state == Segment::State::reserved) return nullptr;
    if (holder.buffer) holder.buffer->remove(row);
  }
  KeyBytes key = encode_key(*schema_, row);
  Segment& s = singles_[key];
  s.id = next_id_++;
  s.range.only = key;
  ++open_segments_;
  return &s;
}

Segment* TableCopy::unopened_single_of(Row row) {
  Segment* single = single_of(row);
  return single != nullptr && single->state == Segment::State::unopened ? single : nullptr;
}

void TableCopy::emitted(Segment& segment) {
  segment.state = Segment::State::emitted;
  segment.buffer.reset();
  --open_segments_;
  if (done()) singles_.clear();
  if (segments_.size() > 1) refresh_index();
}

void TableCopy::drop_singles_from(Segment& segment, ChunkBuffer& buffer) {
  if (segment.range.only) return;
  Arena arena;
  for (auto& [key, single] : singles_) {
    std::vector<Value> row(schema_->columns.size());
    std::vector<Value> values = decode_key(key, arena);
    for (size_t i = 0; i < values.size(); ++i) row[schema_->key[i]] = values[i];
    buffer.remove(row.data());
  }
}

std::vector<Segment*> TableCopy::buffered() {
  std::vector<Segment*> out;
  for (Segment& s : segments_) {
    if (s.state == Segment::State::buffered) {
      out.push_back(&s);
    } else if (!provable_ && s.state != Segment::State::emitted) {
      break;  // finish records of such a table form one chain from the start
    }
  }
  for (auto& [key, s] : singles_) {
    if (s.state == Segment::State::buffered) out.push_back(&s);
  }
  return out;
}

void TableCopy::reopen(Segment& segment) {
  segment.id = next_id_++;  // a read that is still under way will find nobody to take it
  segment.state = Segment::State::unopened;
  segment.buffer.reset();
  segment.spilled.reset();
  segment.deferred.clear();
  segment.deferred_rows = Arena();
  segment.rows = 0;
}

}  // namespace tidemark
