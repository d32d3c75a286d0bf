// What the log delivers: row changes grouped in transactions, in batches that own their bytes.
// A LogBatch is built by one reader thread, then moved to the core and shared read-only with the sink. Units are in the names, times are
// of the source's clock. Nothing here fails, except that memory can run out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tidemark/arena.h"
#include "tidemark/position.h"
#include "tidemark/schema.h"
#include "tidemark/value.h"

namespace tidemark {

/// A row is an array of schema.columns.size() Values in column order; columns that the image lacks are absent.
using Row = const Value*;
/// What a Row itself takes in memory, without its Values: it is the pointer's own size that is meant.
inline constexpr size_t kRowPointerBytes = sizeof(Row);  // NOLINT(bugprone-sizeof-expression)

enum class Op : uint8_t {
  insert,
  update,
  remove,
  truncate,  // the table has no rows from here on; a change like any other within its transaction, without rows of its own
};

struct Change {
  Op op = Op::insert;
  uint32_t table = 0;    // index into the reader's table list (LogReader::tables)
  Row before = nullptr;  // update, remove; at least the key columns are present when the table has a key; truncate: nullptr
  Row after = nullptr;   // insert, update; truncate: nullptr
};

/// A source transaction, or a part of one that is too large for one batch. Parts follow each other without gaps.
struct LogTransaction {
  uint32_t first_change = 0;  // into LogBatch::changes
  uint32_t change_count = 0;
  bool starts = true;    // this part holds the transaction's first change
  bool ends = true;      // this part completes it; mark.end is valid
  uint32_t skipped = 0;  // `ends`: how many of LogBatch::skipped_gtids come before this place
  TransactionMark mark;
};

struct LogBatch {
  Arena arena;
  std::vector<Change> changes;
  std::vector<LogTransaction> transactions;  // in commit order; those without captured changes may be left out
  /// The log has been read up to here with no transaction open, or up to the last complete one. Advances on events that are
  /// not transactions too (rotate, heartbeat), so that an idle log still passes a high watermark.
  LogOffset read_to;
  /// GTIDs read in this batch without a captured change: they belong to the position all the same.
  std::vector<Gtid> skipped_gtids;
  /// Rows left out by the table filter; counted, see design rule 2.7.
  uint64_t rows_filtered = 0;
  uint64_t events = 0;
  /// Where reading must start after a restart when prepared XA transactions are pending (see Position::read_from); file 0: none.
  /// Covers every XA transaction that was pending at any moment of this batch, also one that the batch itself commits.
  LogOffset read_from;
  GtidSet read_from_gtids;
  /// XA PREPAREs in this batch (CommitOrder::xa): whoever prepares a xid again has ended its last transaction.
  struct Prepared {
    LogOffset begin;
    uint64_t xid;
  };
  std::vector<Prepared> xa_prepared;
  /// Told once, when everything up to the position where the reader began has been read: what was prepared there.
  std::optional<std::vector<uint64_t>> xa_prepared_at_start;
  /// PostgreSQL, now and then: a snapshot taken by the reader, so that Position::unseen stays short.
  std::optional<Visibility> snapshot;

  bool empty() const {
    return transactions.empty() && skipped_gtids.empty() && read_to == LogOffset{} && xa_prepared.empty() && !xa_prepared_at_start;
  }
  size_t bytes() const { return arena.bytes_allocated() + changes.capacity() * sizeof(Change); }
};

}  // namespace tidemark
