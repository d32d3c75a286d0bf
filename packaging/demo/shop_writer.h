// Keeps a shop busy: transactions of inserts, updates, deletes, key changes and several tables, on several connections, until told to stop.
#pragma once

#include <atomic>
#include <cstdint>

#include "servers/database.h"

namespace tidemark::demo {

struct WriterTotals {
  std::atomic<uint64_t> committed{0}, rolled_back{0};
};

/// One connection's loop, for a thread of its own; about `per_second` transactions. Returns soon after `stop` is set.
/// Throws DatabaseFailure for anything but a deadlock, a lock wait or a taken key, which another writer of ours may cause.
void write_until(const std::atomic<bool>& stop, test::DatabaseClient& connection, uint64_t seed, int per_second, WriterTotals& totals);

}  // namespace tidemark::demo
