// The simulated server's clients: statements under row locks, commits into the log, rollbacks.
#include <algorithm>

#include "sim/source.h"

namespace tidemark::sim {

namespace {
constexpr uint16_t bit(int i) { return i < 0 ? uint16_t{0} : static_cast<uint16_t>(1u << static_cast<unsigned>(i)); }
}  // namespace

void Source::begin(Client& client) {
  if (client.open) return;
  client.open = true;
  client.txid = plan_.server == ServerKind::postgres ? next_txid_++ : 0;
}

/// Row and unique value (-1: none) for this transaction alone. False: somebody else has one of them.
bool Source::lock(Client& client, int table, int slot, int value) {
  const auto t = static_cast<size_t>(table);
  const bool mine = (client.locks.slots[t] & bit(slot)) != 0, value_mine = (client.locks.values[t] & bit(value)) != 0;
  if (!mine && (held_.slots[t] & bit(slot)) != 0) return false;
  if (!value_mine && (held_.values[t] & bit(value)) != 0) return false;
  if (!mine) client.view[t][static_cast<size_t>(slot)] = visible_[t][static_cast<size_t>(slot)];
  client.locks.slots[t] |= bit(slot);
  client.locks.values[t] |= bit(value);
  held_.slots[t] |= bit(slot);
  held_.values[t] |= bit(value);
  return true;
}

void Source::change_row(Client& client, int table, int from, int to, const Cell& after) {
  Rows& rows = client.view[static_cast<size_t>(table)];
  Cell& old = rows[static_cast<size_t>(from)];
  client.changes.push_back({Op::update, static_cast<uint8_t>(table), static_cast<uint8_t>(from), static_cast<uint8_t>(to), old, after});
  old = Cell();
  rows[static_cast<size_t>(to)] = after;
}

void Source::insert_row(Client& client, int table, int slot, const Cell& after) {
  client.changes.push_back({Op::insert, static_cast<uint8_t>(table), 0, static_cast<uint8_t>(slot), Cell(), after});
  client.view[static_cast<size_t>(table)][static_cast<size_t>(slot)] = after;
}

void Source::remove_row(Client& client, int table, int slot) {
  Cell& old = client.view[static_cast<size_t>(table)][static_cast<size_t>(slot)];
  client.changes.push_back({Op::remove, static_cast<uint8_t>(table), static_cast<uint8_t>(slot), 0, old, Cell()});
  old = Cell();
}

Cell Source::fresh_cell(Rng& rng, Client& client, int table) {
  const auto t = static_cast<size_t>(table);
  const TableShape& shape = *plan_.tables[t];
  Cell cell{next_a_++, static_cast<int8_t>(rng.one_in(3) ? kDefaultT : rng.below(5) - 1), static_cast<int8_t>(rng.below(6) - 1), 0, 1};
  if (shape.kind == KeyKind::collated) cell.spelling = static_cast<uint8_t>(rng.below(2));
  if (!shape.unique || cell.u < 0) return cell;
  for (size_t s = 0; s < kSlots; ++s) {  // a value that a row has, or may have when a transaction ends, is not free
    const bool mine = (client.locks.slots[t] & bit(static_cast<int>(s))) != 0;
    const Cell& row = mine ? client.view[t][s] : visible_[t][s];
    if (row.count != 0 && row.u == cell.u) cell.u = -1;
  }
  return cell;
}

void Source::write_row(Rng& rng, Client& client, int table) {
  const auto t = static_cast<size_t>(table);
  const TableShape& shape = *plan_.tables[t];
  int slot = rng.below(rng.one_in(5) ? kSlots : plan_.hot_slots);
  if (!client.changes.empty() && rng.one_in(3)) slot = client.changes.back().new_slot;  // the same row once more
  if (!lock(client, table, slot, -1)) return;
  const Cell old = client.view[t][static_cast<size_t>(slot)];
  if (shape.unique && old.count != 0 && !lock(client, table, slot, old.u)) return;
  const uint32_t what = rng.below(100u);
  if (old.count != 0 && what < 25) return remove_row(client, table, slot);
  Cell cell = fresh_cell(rng, client, table);
  if (shape.unique && !lock(client, table, slot, cell.u)) cell.u = -1;
  if (old.count == 0) return insert_row(client, table, slot, cell);
  if (rng.one_in(2)) cell.t = old.t;
  if (rng.one_in(2)) cell.u = old.u;
  cell.spelling = old.spelling;
  int to = slot;
  if (what < 50) {
    const int other = rng.below(rng.one_in(3) ? kSlots : plan_.hot_slots);
    if (other != slot && lock(client, table, other, -1) && client.view[t][static_cast<size_t>(other)].count == 0) to = other;
    if (shape.kind == KeyKind::collated && rng.one_in(2)) cell.spelling ^= 1;
  }
  change_row(client, table, slot, to, cell);
}

void Source::write_keyless(Rng& rng, Client& client, int table) {
  const auto t = static_cast<size_t>(table);
  const int slot = rng.below(rng.one_in(5) ? kSlots : plan_.hot_slots), to = rng.below(kSlots);
  if (!lock(client, table, slot, -1)) return;
  Rows& rows = client.view[t];
  Cell& row = rows[static_cast<size_t>(slot)];
  LoggedChange change{Op::insert, static_cast<uint8_t>(table), static_cast<uint8_t>(slot), static_cast<uint8_t>(slot), Cell(), Cell()};
  if (row.count == 0 || (row.count < 3 && rng.one_in(3))) {
    ++row.count;
  } else if (rng.one_in(2)) {
    change.op = Op::remove;
    --row.count;
  } else {
    if (!lock(client, table, to, -1) || rows[static_cast<size_t>(to)].count > 3) return;
    change.op = Op::update;
    change.new_slot = static_cast<uint8_t>(to);
    --row.count;
    ++rows[static_cast<size_t>(to)].count;
  }
  client.changes.push_back(change);
}

/// ROLLBACK TO SAVEPOINT: the rows stay locked. Of what it takes back nothing is in the log.
void Source::roll_back_some(Rng& rng, Client& client) {
  client.changes.resize(rng.below(static_cast<uint32_t>(client.changes.size())));
  for (size_t t = 0; t < plan_.tables.size(); ++t) {
    for (size_t slot = 0; slot < kSlots; ++slot) {
      if (client.locks.slots[t] >> slot & 1u) client.view[t][slot] = visible_[t][slot];
    }
  }
  for (const LoggedChange& change : client.changes) apply(change, client.view);
}

/// Two rows change keys, by way of a third key.
void Source::swap_keys(Rng& rng, Client& client, int table) {
  const auto t = static_cast<size_t>(table);
  const int i = rng.below(kSlots), j = rng.below(kSlots), spare = rng.below(kSlots);
  if (i == j || i == spare || j == spare) return;
  if (!lock(client, table, i, -1) || !lock(client, table, j, -1) || !lock(client, table, spare, -1)) return;
  auto row = [&](int slot) { return client.view[t][static_cast<size_t>(slot)]; };
  if (row(i).count == 0 || row(j).count == 0 || row(spare).count != 0) return;
  for (auto [from, to] : {std::pair{i, spare}, std::pair{j, i}, std::pair{spare, j}}) {
    Cell cell = row(from);
    cell.a = next_a_++;
    change_row(client, table, from, to, cell);
  }
}

/// Two rows change their unique values, by way of NULL: as net changes each of them clashes with the other.
void Source::swap_values(Rng& rng, Client& client, int table) {
  const auto t = static_cast<size_t>(table);
  const int i = rng.below(kSlots), j = rng.below(kSlots);
  if (i == j || !lock(client, table, i, -1) || !lock(client, table, j, -1)) return;
  const Cell x = client.view[t][static_cast<size_t>(i)], y = client.view[t][static_cast<size_t>(j)];
  if (x.count == 0 || y.count == 0 || !lock(client, table, i, x.u) || !lock(client, table, j, y.u)) return;
  Cell cell = x;
  cell.a = next_a_++;
  cell.u = -1;
  change_row(client, table, i, i, cell);
  Cell other = y;
  other.a = next_a_++;
  other.u = x.u;
  change_row(client, table, j, j, other);
  cell.a = next_a_++;
  cell.u = y.u;
  change_row(client, table, i, i, cell);
}

void Source::statement(Rng& rng) {
  Client& client = clients_[rng.below(static_cast<uint32_t>(clients_.size()))];
  if (client.statement_only) return;
  if (plan_.truncates && rng.one_in(10)) return empty_table(rng, client, rng.below(static_cast<int>(plan_.tables.size())));
  begin(client);
  if (!client.changes.empty() && rng.one_in(10)) return roll_back_some(rng, client);
  for (int n = 1 + rng.below(3); n > 0; --n) {
    const int table = rng.below(static_cast<int>(plan_.tables.size()));
    const TableShape& shape = *plan_.tables[static_cast<size_t>(table)];
    if (!shape.has_key()) {
      write_keyless(rng, client, table);
    } else if (shape.unique && rng.one_in(4)) {
      swap_values(rng, client, table);
    } else if (rng.one_in(8)) {
      swap_keys(rng, client, table);
    } else {
      write_row(rng, client, table);
    }
  }
}

void Source::roll_back(Rng& rng) {
  Client& client = clients_[rng.below(static_cast<uint32_t>(clients_.size()))];
  if (client.statement_only) return;
  held_.take_off(client.locks);
  client.clear();
}

void Source::commit(Rng& rng) {
  Client& client = clients_[rng.below(static_cast<uint32_t>(clients_.size()))];
  if (!open_.empty() && rng.one_in(3)) return end_prepared(rng, open_[rng.below(static_cast<uint32_t>(open_.size()))], !rng.one_in(4));
  if (!client.open) return;
  if (plan_.prepares && !client.statement_only && !client.changes.empty() && rng.one_in(3)) return prepare(rng, client);
  log_transaction(client, 20 + rng.below(200u));
}

/// Prepared, or half way through its end.
bool Source::xid_in_use(uint64_t xid) const {
  for (size_t which : open_) {
    if (prepared_[which].xid == xid) return true;
  }
  return std::any_of(log_.begin(), log_.end(), [&](const LogEntry& e) { return e.ends == xid && !e.visible; });
}

/// The rows stay locked, and are in the log, but belong to nobody's history until the XA COMMIT.
void Source::prepare(Rng& rng, Client& client) {
  const uint64_t xid = 200 + rng.below(6u);  // few, so that they come again
  if (xid_in_use(xid)) return;
  LogEntry& entry = append(20 + rng.below(200u));
  entry.prepares = xid;
  entry.prepared = prepared_.size();
  open_.push_back(prepared_.size());
  prepared_.push_back({xid, log_.size() - 1, std::move(client.changes), client.locks});
  client.clear();
}

void Source::end_prepared(Rng& rng, size_t which, bool commits) {
  const Prepared& prepared = prepared_[which];
  if (!log_[prepared.transaction].visible) return;  // who prepared it has no answer yet
  LogEntry& entry = append(20 + rng.below(200u));
  entry.ends = prepared.xid;
  entry.prepared = which;
  std::erase(open_, which);
  if (!commits) return held_.take_off(prepared.locks);
  entry.locks = prepared.locks;
  if (plan_.unordered) {
    entry.order = CommitOrder::xa;
    entry.xid = prepared.xid;
  }
  put_changes(entry, prepared.changes);
}

void Source::end_prepared(Rng& rng) {
  while (reveal(rng)) {
  }
  while (!open_.empty()) end_prepared(rng, open_.back(), !rng.one_in(4));
}

void Source::put_changes(LogEntry& entry, const std::vector<LoggedChange>& changes) {
  entry.first = static_cast<uint32_t>(changes_.size());
  entry.count = static_cast<uint32_t>(changes.size());
  for (const LoggedChange& change : changes) apply(change, after_.back());
  changes_.insert(changes_.end(), changes.begin(), changes.end());
}

void Source::log_transaction(Client& client, size_t bytes) {
  LogEntry& entry = append(bytes);
  entry.txid = client.txid;
  entry.locks = client.locks;
  if (plan_.unordered && !client.statement_only && bytes % 4 < 2) {
    entry.order = bytes % 3 == 0 || plan_.linger > 20 ? CommitOrder::loose : CommitOrder::xa;
    entry.xid = 10 + log_.size() % 50;
  }
  put_changes(entry, client.changes);
  client.clear();
}

void Source::end_clients(Rng& rng) {
  for (Client& client : clients_) {
    if (client.open) log_transaction(client, 20 + rng.below(200u));
  }
  end_prepared(rng);
}

void Source::move_keys(Rng& rng) {
  Client& client = clients_.front();
  begin(client);
  for (size_t t = 0; t < plan_.tables.size(); ++t) {
    if (!plan_.tables[t]->has_key()) continue;
    const int table = static_cast<int>(t), from = rng.below(kSlots), to = rng.below(kSlots);
    if (from == to || !lock(client, table, from, -1) || !lock(client, table, to, -1)) continue;
    Cell cell = client.view[t][static_cast<size_t>(from)];
    if (plan_.tables[t]->unique && !lock(client, table, from, cell.u)) continue;
    if (cell.count == 0 || client.view[t][static_cast<size_t>(to)].count != 0) continue;
    cell.a = next_a_++;
    change_row(client, table, from, to, cell);
  }
  log_transaction(client, 20 + rng.below(200u));
}

/// A transaction on tables that nobody captures.
void Source::foreign(Rng& rng) {
  LogEntry& entry = append(20 + rng.below(50u));
  if (plan_.server == ServerKind::postgres) entry.txid = next_txid_++;
}

void Source::alter(Rng& rng) {
  const int table = rng.below(static_cast<int>(plan_.tables.size()));
  const auto t = static_cast<size_t>(table);
  if (visible_count_ != log_.size() || held_.slots[t] != 0) return;  // waits for transactions on the table
  LogEntry& entry = append(80);
  entry.altered = static_cast<int8_t>(table);
  if (plan_.server == ServerKind::postgres) entry.txid = next_txid_++;
  entry.schemas[t] = altered_[t] += 1 + rng.below(1000u);  // after a failover the same table may be altered in another way
  was_altered_ = true;
  show(entry);
  turn_ = log_.size();
  while (execute()) {
  }
}

}  // namespace tidemark::sim
