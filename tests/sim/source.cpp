#include "sim/source.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::sim {

Source::Source(const Plan& plan) : plan_(plan), clients_(static_cast<size_t>(plan.clients)) {
  Rng rng(plan.seed ^ 0x50facade);
  after_.emplace_back();
  Database& rows = after_.front();
  for (size_t t = 0; t < plan.tables.size(); ++t) {
    const TableShape& shape = *plan.tables[t];
    const uint32_t full = rng.below(100u);
    for (int slot = 0; slot < kSlots; ++slot) {
      if (!rng.percent(full)) continue;
      Cell& cell = rows[t][static_cast<size_t>(slot)];
      if (!shape.has_key()) {
        cell.count = static_cast<uint8_t>(1 + rng.below(2));
        continue;
      }
      cell = {next_a_++, static_cast<int8_t>(rng.below(5) - 1), static_cast<int8_t>(shape.unique ? -1 : rng.below(5) - 1), 0, 1};
      if (shape.unique && rng.one_in(2)) cell.u = static_cast<int8_t>(slot);
      if (shape.kind == KeyKind::collated) cell.spelling = static_cast<uint8_t>(rng.below(2));
    }
  }
  visible_ = rows;
  if (plan.server == ServerKind::mysql_gtids) {
    GtidOrigin origin;
    origin.uuid[0] = epoch_;
    base_.add(origin, {1, 100});
  } else if (plan.server == ServerKind::mariadb) {
    for (uint32_t domain = 0; domain < 2; ++domain) {
      Gtid g;
      g.origin.domain = domain;
      g.number = 100;
      g.server_id = epoch_;
      base_.add(g);
    }
  }
  executed_ = base_;
}

LogEntry& Source::append(size_t bytes) {
  LogEntry& entry = log_.emplace_back();
  entry.begin = tail_;
  tail_.byte += bytes;
  entry.end = tail_;
  if (plan_.server == ServerKind::mysql_gtids) {
    entry.gtid.origin.uuid[0] = epoch_;
    entry.gtid.number = next_number_[0]++;
  } else if (plan_.server == ServerKind::mariadb) {
    const uint32_t domain = bytes % 5 == 0;
    entry.gtid.origin.domain = domain;
    entry.gtid.server_id = epoch_;
    entry.gtid.number = next_number_[domain]++;
  }
  entry.schemas = altered_;
  after_.push_back(after_.back());
  return entry;
}

void Source::apply(const LoggedChange& c, Database& rows) {
  Rows& table = rows[c.table];
  if (c.op == Op::truncate) {
    table = Rows();
    return;
  }
  const bool keyless = c.before.count == 0 && c.after.count == 0;
  if (c.op != Op::insert) {
    if (keyless) {
      --table[c.old_slot].count;
    } else {
      table[c.old_slot] = Cell();
    }
  }
  if (c.op == Op::remove) return;
  if (keyless) {
    ++table[c.new_slot].count;
  } else {
    table[c.new_slot] = c.after;
  }
}

void Source::show(LogEntry& entry) {
  entry.visible = true;
  entry.shown = ++shows_;
  ++visible_count_;
  for (uint32_t i = 0; i < entry.count; ++i) {
    const LoggedChange& change = changes_[entry.first + i];
    apply(change, visible_);
    if (change.op == Op::truncate) show_emptied(change.table);
  }
  held_.take_off(entry.locks);
  while (visible_prefix_ < log_.size() && log_[visible_prefix_].visible) ++visible_prefix_;
}

bool Source::reveal(Rng& rng) {
  if (visible_count_ == log_.size()) return false;
  if (plan_.server == ServerKind::mariadb) {
    const size_t late = turn_ - visible_count_;  // their turn has come
    if (late != 0 && rng.one_in(plan_.linger)) {
      size_t pick = rng.below(static_cast<uint32_t>(late));
      for (size_t i = 0; i < turn_; ++i) {
        if (!log_[i].visible && pick-- == 0) {
          show(log_[i]);
          return true;
        }
      }
    }
    if (turn_ == log_.size()) return true;
    LogEntry& entry = log_[turn_++];
    if (entry.order == CommitOrder::log) show(entry);
    return true;
  }
  size_t pick = visible_prefix_;
  if (!plan_.visible_in_order) {
    for (int n = rng.below(static_cast<int>(log_.size() - visible_count_)); n > 0;) {
      if (!log_[++pick].visible) --n;
    }
  }
  show(log_[pick]);
  return true;
}

void Source::end_loose() {
  for (size_t i = 0; i < log_.size(); ++i) {
    if (log_[i].order != CommitOrder::loose) continue;
    for (; turn_ <= i; ++turn_) {
      if (log_[turn_].order == CommitOrder::log) show(log_[turn_]);
    }
    if (!log_[i].visible) show(log_[i]);
  }
}

Listed Source::list() const {
  Listed listed;
  if (plan_.server == ServerKind::mysql_gtids) listed.executed = executed_;
  if (!plan_.unordered) return listed;
  listed.xa_before = tail_;
  listed.xa_open.push_back(kStaysPrepared);
  for (const LogEntry& entry : log_) {
    if (entry.order == CommitOrder::xa && !entry.visible) listed.xa_open.push_back(entry.xid);
  }
  for (size_t which : open_) {  // XA PREPARE is in the log before it is on the list
    if (log_[prepared_[which].transaction].visible) listed.xa_open.push_back(prepared_[which].xid);
  }
  return listed;
}

bool Source::execute() {
  for (LogEntry& entry : log_) {
    if (!entry.visible || entry.executed) continue;
    entry.executed = true;
    ++executed_count_;
    if (entry.gtid.number != 0) executed_.add(entry.gtid);
    return true;
  }
  return false;
}

Position Source::end_position() const {
  Position p;
  p.lineage = plan_.server == ServerKind::mariadb ? Lineage::mariadb : Lineage::mysql;
  p.server = server_;
  p.log_name = "log";
  p.offset = tail_;
  p.gtids = gtids_before(log_.size());
  if (plan_.server == ServerKind::postgres) {
    p.lineage = Lineage::postgres;
    p.log_name.clear();
    p.unseen = snapshot().in_progress;  // of these some may be in the log before the slot
  }
  return p;
}

GtidSet Source::gtids_before(size_t transaction) const {
  GtidSet gtids = base_;
  for (size_t i = 0; i < transaction; ++i) {
    if (log_[i].gtid.number != 0) gtids.add(log_[i].gtid);
  }
  return gtids;
}

/// Transactions that nobody captures may be missing: reading them once more does nothing.
std::optional<size_t> Source::index_by_gtids(const GtidSet& gtids) const {
  if (!gtids.contains(base_)) return std::nullopt;
  size_t n = 0, contained = 0;
  for (size_t i = 0; i < log_.size(); ++i) {
    if (!gtids.contains(log_[i].gtid)) continue;
    n = i + 1;
    ++contained;
  }
  for (size_t i = 0; i < n; ++i) {
    if (log_[i].count != 0 && !gtids.contains(log_[i].gtid)) return std::nullopt;
  }
  if (plan_.server == ServerKind::mysql_gtids) {
    uint64_t held = 0;
    for (const auto& [origin, intervals] : gtids.intervals()) {
      for (const GtidSet::Interval& i : intervals) held += i.last - i.first + 1;
    }
    return held == 100 + contained ? std::optional(n) : std::nullopt;
  }
  // MariaDB keeps the last transaction of each domain; a server that took another turn gives the same numbers with another server_id.
  for (const auto& [domain, last] : gtids.domains()) {
    size_t i = n;
    while (i > 0 && !(log_[i - 1].gtid == last)) --i;
    if (i == 0 && !(base_.domains().at(domain) == last)) return std::nullopt;
  }
  return n;
}

std::optional<size_t> Source::index_of(const Position& position) const {
  std::optional<size_t> by_offset, by_gtids;
  if (position.server == server_ && position.offset.file != 0) {
    size_t n = 0;
    const bool linear = plan_.server == ServerKind::postgres;  // the stream speaks of the server's timeline, wherever a record was written
    auto before = [linear](const LogOffset& a, const LogOffset& b) { return linear ? a.byte < b.byte : a < b; };
    while (n < log_.size() && !before(position.offset, log_[n].end)) ++n;
    if (position.offset > tail_) return std::nullopt;
    const auto file = file_ends_.find(position.offset.file);
    if (file != file_ends_.end() && position.offset.byte > file->second) return std::nullopt;
    if (n < log_.size() && before(log_[n].begin, position.offset)) return std::nullopt;  // within a transaction
    for (const LogOffset& fork : forks_) {
      if (position.offset.file <= fork.file && position.offset.byte > fork.byte) return std::nullopt;  // on a timeline that was left
    }
    by_offset = n;
  }
  if (plan_.server != ServerKind::mysql_gtids && plan_.server != ServerKind::mariadb) return by_offset;
  by_gtids = index_by_gtids(position.gtids);
  if (!by_gtids || !by_offset) return by_gtids;
  for (size_t i = std::min(*by_gtids, *by_offset); i < std::max(*by_gtids, *by_offset); ++i) {
    if (log_[i].count != 0) return std::nullopt;
  }
  return std::max(*by_gtids, *by_offset);
}

size_t Source::read_index(const Position& position) const {
  const size_t index = *index_of(position);
  if (position.read_from.file == 0) return index;
  Position from = position;
  from.gtids = position.read_from_gtids;
  from.offset = from.gtids.empty() ? position.read_from : LogOffset{};
  return std::min(index, index_of(from).value_or(index));
}

void Source::acknowledge(const Position& position) {
  if (plan_.server == ServerKind::postgres) slot_.confirmed = std::max(slot_.confirmed, position.offset.byte);
}

size_t Source::slot_index() const {
  size_t n = 0;
  while (n < log_.size() && log_[n].end.byte <= slot_.confirmed) ++n;
  return n;
}

std::string Source::visible_text() const {
  std::string out = fmt::format("1-{}", visible_prefix_);
  for (size_t i = visible_prefix_; i < log_.size(); ++i) {
    if (log_[i].visible) out += fmt::format(" {}", i + 1);
  }
  return out;
}

std::string Source::text_of(size_t transaction) const {
  const LogEntry& entry = log_[transaction];
  if (entry.altered >= 0) return fmt::format("ALTER TABLE t{}", entry.altered);
  if (entry.prepares != 0) return fmt::format("XA PREPARE {}", entry.prepares);
  if (entry.ends != 0 && entry.count == 0) return fmt::format("XA ROLLBACK {}", entry.ends);
  std::string out = entry.ends != 0                   ? fmt::format("XA COMMIT {}:", entry.ends)
                    : entry.count == 0                ? "nothing of ours"
                    : entry.order == CommitOrder::log ? ""
                                                      : "out of order:";
  for (uint32_t i = 0; i < entry.count; ++i) {
    const LoggedChange& c = changes_[entry.first + i];
    constexpr const char* kOps[] = {"insert", "update", "delete", "truncate"};
    out += fmt::format(" {} t{}", kOps[static_cast<size_t>(c.op)], c.table);
    if (c.op == Op::truncate) continue;
    if (c.op != Op::insert) out += fmt::format(" {}{}", c.old_slot, c.before.spelling == 0 ? "" : "'");
    if (c.op != Op::remove)
      out += fmt::format("{} {}{} v{}", c.op == Op::update ? " to" : "", c.new_slot, c.after.spelling == 0 ? "" : "'", c.after.a);
  }
  return out;
}

bool Source::timeline_left(const LogOffset& place) const {
  return std::any_of(forks_.begin(), forks_.end(),
                     [&](const LogOffset& fork) { return place.file <= fork.file && place.byte > fork.byte; });
}

bool Source::on_timeline(uint64_t timeline) const {
  return timeline == tail_.file ||
         std::any_of(timelines_.begin(), timelines_.end(), [&](const LogOffset& t) { return t.file == timeline; });
}

Visibility Source::snapshot() const {
  Visibility v;
  v.by = Visibility::By::snapshot;
  v.offset = tail_;  // pg_current_wal_lsn(), which proves nothing
  v.txid_end = next_txid_;
  for (const Client& client : clients_) {
    if (client.open && client.txid != 0) v.in_progress.push_back(client.txid);
  }
  for (const LogEntry& entry : log_) {
    if (!entry.visible) v.in_progress.push_back(entry.txid);
  }
  std::sort(v.in_progress.begin(), v.in_progress.end());
  return v;
}

std::optional<View> Source::open_view(int table, bool need_exact, bool need_lock, const Listed& before) const {
  const auto t = static_cast<size_t>(table);
  View view;
  view.rows = emptied_[t] ? Rows() : visible_[t];
  view.empties = empties_[t];
  view.altered = altered_[t];
  view.shown = shows_;
  Visibility& v = view.visibility;
  switch (plan_.server) {
    case ServerKind::postgres: v = snapshot(); return view;
    case ServerKind::mariadb:
      v.offset = turn_ == log_.size() ? tail_ : log_[turn_].begin;
      v.xa_before = before.xa_before;
      v.xa_open = before.xa_open;
      v.loose = need_lock;
      if (!need_lock) return view;
      break;
    case ServerKind::mysql_gtids:
      v.by = Visibility::By::gtids;
      v.exact = need_exact;
      v.gtids = before.executed;
      if (!need_exact) return view;
      break;
    case ServerKind::mysql_files: v.offset = tail_; break;
  }
  // LOCK TABLES ... READ waits for every transaction that has changed the table.
  for (const LogEntry& entry : log_) {
    if (!entry.executed && entry.locks.slots[t] != 0) return std::nullopt;
  }
  for (const Client& client : clients_) {
    if (client.open && client.locks.slots[t] != 0) return std::nullopt;
  }
  for (size_t which : open_) {
    if (prepared_[which].locks.slots[t] != 0) return std::nullopt;
  }
  if (v.by == Visibility::By::gtids) v.gtids = executed_;
  return view;
}

}  // namespace tidemark::sim
