// What the pipeline asks of a source engine. A Source is a factory: each connection-holding object that it makes belongs to
// one thread. All functions that talk to a server throw Error; they are called by one thread at a time, except cancel().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tidemark/change.h"
#include "tidemark/key.h"
#include "tidemark/position.h"
#include "tidemark/schema.h"

namespace tidemark {

/// Which tables a pipeline captures: globs on "database.table" ('*' any run, '?' one character; exclude wins), and logical keys.
struct TableSelection {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::vector<std::pair<std::string, std::vector<std::string>>> keys;  // "database.table" -> key columns
  bool matches(const TableName& name) const;
};

/// One replication stream. Owned and used by the reader thread, except cancel().
class LogReader {
 public:
  virtual ~LogReader() = default;
  /// Appends to `batch` what has arrived. Returns when the batch holds `target_bytes`, or when it is not empty and nothing more is
  /// waiting on the socket, or after `wait` with an empty batch (false). A transaction may be cut between calls (starts/ends).
  /// Throws Error; everything read before the failure has been appended and is valid, except a transaction not yet ended.
  virtual bool read(LogBatch& batch, size_t target_bytes, std::chrono::milliseconds wait) = 0;
  /// Ends a read() that waits, from any thread; the object can only be destroyed afterwards.
  virtual void cancel() noexcept = 0;
  /// Everything up to here is in the sink and in the state file (design rule 2.5): the server need not keep it for us. From any thread; it
  /// only takes note, what there is to say is said by the reader thread.
  virtual void acknowledge(const Position&) noexcept {}
  /// By the reader thread, about once a second while it may not read on, for the pipeline takes no more: answers what the server expects
  /// in the meantime. Throws Error as read() does.
  virtual void keep_alive() {}
  /// Bytes and events received so far, for metrics.
  virtual uint64_t bytes_received() const = 0;
};

/// Rows of a chunk read, a block at a time; the rows live in `arena`. Return false to stop reading.
struct RowBlock {
  Arena arena;
  std::vector<Row> rows;
  size_t bytes() const { return arena.bytes_allocated() + rows.capacity() * kRowPointerBytes; }
};
using RowBlockSink = std::function<bool(std::unique_ptr<RowBlock>)>;

/// What a read view must be good for, beyond what every one is.
struct ReadNeeds {
  bool exact = false;   // a lower bound is not enough
  bool locked = false;  // loose commits (CommitOrder) must be in it as well: the table is locked for an instant
};

struct ReadView {
  Visibility visibility;
};

/// One connection that copies chunks. Owned and used by one snapshot worker.
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  /// The key of the `rows`-th row after `after` in the server's order (nullopt: from the start), not beyond `upto`;
  /// nullopt when fewer rows are left. Outside any read view.
  virtual std::optional<KeyBytes> boundary(const TableSchema& table, const std::optional<KeyBytes>& after,
                                           const std::optional<KeyBytes>& upto, uint64_t rows) = 0;
  /// Opens a read view (design rule 2.1). Waits for nothing but a lock; the caller checks the barrier and, when it does not hold,
  /// calls end() and begins again.
  virtual ReadView begin(const TableSchema& table, const ReadNeeds& needs) = 0;
  /// Reads the range within the open view, in key order, in blocks of at most `block_bytes`. Throws Error(stale_view) before the first row
  /// when the table was changed since begin() so that the view does not show it: end() and begin again.
  virtual void read(const TableSchema& table, const KeyRange& range, size_t block_bytes, const RowBlockSink& sink) = 0;
  /// Rows with these keys (those that exist), within the open view or outside one; for verify. Perhaps rows of equal keys, too: 7.0 for 7.
  virtual void read_keys(const TableSchema& table, const std::vector<KeyBytes>& keys, const RowBlockSink& sink) = 0;
  /// A log offset that includes everything the view can have seen: taken now, after the rows were read, for they are not only the view's
  /// where a table was emptied in between (TRUNCATE at PostgreSQL).
  virtual LogOffset high_watermark() = 0;
  virtual void end() = 0;
  /// Ends a call that waits, from any thread.
  virtual void cancel() noexcept = 0;
};

/// What check() found out about the server.
struct SourceInfo {
  std::string engine;   // "mysql", "mariadb" or "postgres"
  std::string version;  // as the server prints it
  std::string server;   // identity, as in Position::server
  bool gtids = false;
  bool exact_reads = true;            // false: visibility is a lower bound (MySQL with GTID)
  std::vector<std::string> warnings;  // settings that work but may hurt, each with its cure
};

/// What the server keeps of its log for one pipeline.
struct LogRetention {
  uint64_t retained_bytes = 0;         // that it would have given up without the pipeline
  std::optional<uint64_t> room_bytes;  // that may be written before it gives up what the pipeline needs; nothing: no limit
  std::string warning;                 // when that is near, with the cure; empty: it is not
};

class Source {
 public:
  virtual ~Source() = default;
  /// Connects and checks version, settings and grants; throws Error(server_settings | credentials) whose hint is the SQL that cures it.
  virtual SourceInfo check() = 0;
  /// The captured tables as they are now, sorted by name. Throws when a table cannot be captured, and says why.
  virtual std::vector<SchemaRef> describe(const TableSelection& selection) = 0;
  /// The end of the log now; the beginning of the oldest log still there; the last place before a time (UTC microseconds).
  virtual Position end_position() = 0;
  /// Where a pipeline begins that has no position yet: the end of the log, and what must be read before it (Position::read_from) or
  /// waited for, so that no transaction of which a part lies before it ends after it. Throws Error(source_unavailable) to be called again.
  virtual Position start_position() { return end_position(); }
  virtual Position earliest_position() = 0;
  virtual Position position_at(int64_t micros) = 0;
  /// What the server's clock says now, in UTC microseconds: the clock that commit times in the log are of.
  virtual int64_t clock_micros() = 0;
  /// A position that the user wrote: "binlog.000012:4711" or a GTID set, completed with the server's identity.
  virtual Position position_from(const std::string& text) = 0;
  /// Design rule 2.6: throws Error(lineage | log_purged) when reading cannot continue from here, with the missing range and the cure.
  virtual void check_position(const Position& position) = 0;
  /// By a session that goes on from `saved`, after describe(): makes sure that the log carries the changes of the tables described, of
  /// which `captured` are those that it has carried so far. Gives the position with what reads of the others must wait for
  /// (Position::unseen). Throws Error(log_purged) when changes of a captured table are missing.
  virtual Position resume_position(const Position& saved, const std::vector<TableName>& /*captured*/) { return saved; }
  /// Once the sink knows that `tables` are captured and no others: what the server does for others on our behalf may end.
  virtual void capture_only(const std::vector<SchemaRef>& /*tables*/) {}
  /// `tables[i]` is the table that Change::table == i means, with the schema that holds at `from`.
  virtual std::unique_ptr<LogReader> open_log(const Position& from, std::vector<SchemaRef> tables, const TableSelection& selection) = 0;
  virtual std::unique_ptr<SnapshotReader> open_snapshot() = 0;
  /// verify: while the result lives, open_log() reads from every position that the pipeline has or reaches from now on, however far the
  /// daemon lets the server forget its log. Nothing: the engine keeps its log by other rules.
  virtual std::shared_ptr<void> hold_log() { return nullptr; }
  /// Where the server keeps its log for each pipeline; nothing: the engine has no such thing.
  virtual std::optional<LogRetention> retention() { return std::nullopt; }
  /// What was made at the server for the pipeline and stays there, a line each for people. drop_from_server() removes it, after which
  /// the pipeline can only begin anew; throws Error(busy) while the pipeline is connected.
  virtual std::vector<std::string> left_at_server() { return {}; }
  virtual void drop_from_server() {}
  /// Ends a call that waits, from any thread; it and every later one throws Error(interrupted). Not for the objects made here, which
  /// have a cancel() of their own.
  virtual void cancel() noexcept = 0;
};

}  // namespace tidemark
