// The simulated server's TRUNCATE TABLE. It waits for whoever has changed the table, and nobody reads the table until it is over; but a
// read view that was opened before does not have the old rows any more. PostgreSQL shows it an empty table, InnoDB refuses (1412).
#include <algorithm>

#include "sim/source.h"

namespace tidemark::sim {

/// For this transaction alone. False: somebody else has rows of it.
bool Source::lock_table(Client& client, int table) {
  constexpr uint16_t kAll = (1u << kSlots) - 1;
  const auto t = static_cast<size_t>(table);
  const Locks& mine = client.locks;
  if ((held_.slots[t] & ~mine.slots[t]) != 0 || (held_.values[t] & ~mine.values[t]) != 0 || being_emptied(table)) return false;
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if ((mine.slots[t] >> slot & 1u) == 0) client.view[t][slot] = visible_[t][slot];
  }
  client.locks.slots[t] = client.locks.values[t] = kAll;
  held_.slots[t] = held_.values[t] = kAll;
  return true;
}

/// PostgreSQL: a statement like any other. MySQL and MariaDB: it ends the client's transaction and is one of its own; what it does to the
/// table is done before it is logged, or with its commit (MySQL 8).
void Source::empty_table(Rng& rng, Client& client, int table) {
  const bool own_transaction = plan_.server != ServerKind::postgres;
  if (own_transaction && !client.changes.empty()) return log_transaction(client, 20 + rng.below(200u));
  begin(client);
  if (!lock_table(client, table)) return;
  const auto t = static_cast<size_t>(table);
  client.changes.push_back({Op::truncate, static_cast<uint8_t>(table), 0, 0, Cell(), Cell()});
  client.view[t] = Rows();
  client.statement_only = own_transaction;
  if (!own_transaction) return;
  if (plan_.server == ServerKind::mysql_gtids && rng.one_in(2)) return log_transaction(client, 80);
  emptied_[t] = true;
  ++empties_[t];
}

bool Source::being_emptied(int table) const {
  auto empties = [table](const LoggedChange& c) { return c.op == Op::truncate && c.table == table; };
  for (const Client& client : clients_) {
    if (std::any_of(client.changes.begin(), client.changes.end(), empties)) return true;
  }
  return std::any_of(log_.begin() + static_cast<std::ptrdiff_t>(visible_prefix_), log_.end(), [&](const LogEntry& entry) {
    const auto first = changes_.begin() + entry.first;
    return !entry.visible && std::any_of(first, first + entry.count, empties);
  });
}

/// Reads see it from now on, if they have not before.
void Source::show_emptied(int table) {
  const auto t = static_cast<size_t>(table);
  if (!emptied_[t]) ++empties_[t];
  emptied_[t] = false;
}

}  // namespace tidemark::sim
