#include <algorithm>

#include "law_model.h"

namespace tidemark::law {

namespace {

constexpr int kKeys = 12;

bool is_loose(const LoggedTransaction& tx) { return tx.order == CommitOrder::loose; }

}  // namespace

Source::Source(std::mt19937_64& rng, Shape shape) : rng_(rng), shape_(shape) {
  for (int k = 0; k < kKeys; ++k) {
    if (draw(rng, 10) < 6) rows[k] = {0, draw(rng, 100)};
  }
  start = rows;
}

void Source::commit() {
  LoggedTransaction tx;
  Rows view = after_.empty() ? start : after_.back();
  std::set<int> touched;
  for (int i = 0, n = 1 + draw(rng_, 3); i < n; ++i) {
    int k = draw(rng_, kKeys);
    if (locked_.count(k) || touched.count(k)) continue;
    ++next_;
    auto it = view.find(k);
    if (it == view.end()) {
      view[k] = {next_, draw(rng_, 100)};
      tx.push_back({Op::insert, -1, k, view[k], false});
    } else if (draw(rng_, 10) < 3) {
      tx.push_back({Op::remove, k, -1, it->second, false});
      view.erase(it);
    } else {
      int k2 = draw(rng_, 100) < 35 ? draw(rng_, kKeys) : k;
      if (k2 != k && (locked_.count(k2) || touched.count(k2) || view.count(k2))) k2 = k;
      Cell cell{next_, it->second.t};
      bool absent = shape_.partial && draw(rng_, 10) < 7;
      if (!absent && draw(rng_, 2) == 0) cell.t = draw(rng_, 100);
      view.erase(it);
      view[k2] = cell;
      tx.push_back({Op::update, k, k2, cell, absent});
      touched.insert(k2);
    }
    touched.insert(k);
  }
  if (tx.empty()) return;
  if (shape_.unordered && draw(rng_, 2) == 0) {
    tx.order = draw(rng_, 3) == 0 ? CommitOrder::loose : CommitOrder::xa;
    tx.xid = 10 + log.size() % 50;
  }
  log.push_back(tx);
  after_.push_back(view);
  touched_.push_back(touched);
  locked_.insert(touched.begin(), touched.end());
}

void Source::reveal() {
  if (visible == log.size()) return;
  size_t now = visible++;
  if (log[now].order == CommitOrder::log) return show(now);
  late_.insert(now);
}

void Source::finish() {
  if (late_.empty()) return;
  auto it = std::next(late_.begin(), draw(rng_, static_cast<int>(late_.size())));
  show(*it);
  late_.erase(it);
}

void Source::end_loose() {
  while (visible < log.size() && std::any_of(log.begin() + static_cast<std::ptrdiff_t>(visible), log.end(), is_loose)) reveal();
  std::erase_if(late_, [&](size_t i) {
    if (is_loose(log[i])) show(i);
    return is_loose(log[i]);
  });
}

void Source::show(size_t transaction) {
  for (const LoggedChange& c : log[transaction]) {
    if (c.old_key >= 0) rows.erase(c.old_key);
    if (c.op != Op::remove) rows[c.new_key] = c.row;
  }
  for (int k : touched_[transaction]) locked_.erase(k);
}

std::vector<uint64_t> Source::prepared() const {
  std::vector<uint64_t> out = {kStaysPrepared};
  for (size_t i = 0; i < log.size(); ++i) {
    if (log[i].order == CommitOrder::xa && (i >= visible || late_.count(i) != 0)) out.push_back(log[i].xid);
  }
  return out;
}

Rows Source::at(size_t position) const { return position == 0 ? start : after_[position - 1]; }

}  // namespace tidemark::law
