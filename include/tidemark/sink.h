// What the pipeline asks of a sink engine. A Sink holds one connection and belongs to one thread (the applier).
// The contract: write() with commit == true makes rows, position row and finish records durable together, or nothing of them.
// All functions throw Error, except abandon() and cancel(). Units end the names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tidemark/change.h"
#include "tidemark/column_rule.h"
#include "tidemark/key.h"
#include "tidemark/position.h"
#include "tidemark/schema.h"
#include "tidemark/source.h"

namespace tidemark {

/// A chunk known to the sink. `done`: its rows are in the sink (finish record). Not done: a chunk that a change made (design 2.3),
/// still to be read.
struct ChunkRecord {
  TableName table;  // at the source
  KeyRange range;
  bool done = true;
  uint64_t rows = 0;
  LogOffset high;  // its high watermark
  friend bool operator==(const ChunkRecord&, const ChunkRecord&) = default;
};

/// What the sink remembers of one pipeline.
struct SavedState {
  Position position;  // unknown: this pipeline never committed here
  std::vector<ChunkRecord> chunks;
  std::vector<TableName> captured;  // tables that the position speaks of: what was changed before it is in the sink, as far as copied
  std::vector<TableName> left;      // were captured once: the sink has them as of then
};

/// Net changes of one table. It is emptied first (`empty_first`), then deletes are applied, then upserts, then patches; their keys are
/// disjoint. A sequence or loaded rows come in steps without these, which may be emptied first all the same.
struct TableStep {
  uint32_t table = 0;        // index given to prepare()
  bool empty_first = false;  // the source truncated the table: every row of the target goes, also those that this transaction wrote
  std::vector<Row> deletes;  // rows whose key columns are present
  std::vector<Row> upserts;  // full rows
  struct Patch {
    Row key;  // the row to change: its key columns are present
    Row row;  // new values; absent columns stay as they are; may carry another key (then UPDATE moves the key)
  };
  std::vector<Patch> patches;
  bool patches_must_hit = true;  // false while the table is being copied: a patch that meets no row is then a no-op
  std::vector<Change> sequence;  // tables without key: inserts, deletes and updates in order; delete and update match the whole row
                                 // NULL-safe, one row only, and must hit
  std::vector<Row> load;         // rows of a chunk
  bool load_plain = false;       // no row with these keys can be in the sink: bulk insert without conflict handling
};

struct SinkBatch {
  std::vector<TableStep> steps;                   // applied in order
  bool commit = true;                             // false: the transaction stays open, the next batch continues it
  Position position;                              // written when commit
  std::vector<ChunkRecord> chunks;                // written when commit: finish records, and chunks made by changes
  std::vector<std::shared_ptr<const void>> keep;  // owners of the bytes that rows point to
  uint64_t source_transactions = 0;
  uint64_t source_changes = 0;
  int64_t last_commit_micros = 0;
};

/// How one source table appears at the sink.
struct SinkTable {
  SchemaRef schema;
  std::string target_schema;  // PostgreSQL: schema; SQLite: unused
  std::string target_table;
  bool captured = false;               // this pipeline has written to it before
  std::vector<ColumnRule> rules = {};  // one for each of schema->columns; empty: no column has one
  ColumnRule rule(size_t column) const { return column < rules.size() ? rules[column] : ColumnRule(); }
};

struct PreparedTable {
  bool created = false;
  bool was_empty = true;  // no rows when prepare() looked: a plain bulk load is possible. Of a captured table it may be said that there
                          // are rows when there were once; not so when it was created and never written.
};

class Sink {
 public:
  virtual ~Sink() = default;
  /// Connects, checks, creates tidemark's own tables where they are missing. Returns e.g. "PostgreSQL 15.20".
  virtual std::string open() = 0;
  virtual SavedState load_state(const std::string& pipeline) = 0;
  /// Creates what is missing, checks what is there (columns, key, values must fit); throws Error(data) with the cure when a table cannot
  /// take the source's rows. Call once, before write(). Index i of `tables` is TableStep::table. A captured table whose target it has
  /// to create has left (see change_captured) when that is there: in the same transaction, or a session that dies behind it would leave an
  /// empty table with records of rows.
  virtual std::vector<PreparedTable> prepare(const std::string& pipeline, const std::vector<SinkTable>& tables) = 0;
  /// `joined` are captured from the position on. `left` no longer are: their changes are skipped while the position moves on, so their
  /// chunk records go. One transaction of its own, over when this returns; after prepare() and before the write() that moves the position.
  virtual void change_captured(const std::vector<TableName>& joined, const std::vector<TableName>& left) = 0;
  /// See the contract above. After a throw the transaction is rolled back (commit_unknown: perhaps not) and the sink must be reopened.
  virtual void write(const SinkBatch& batch) = 0;
  /// While there is nothing to write: throws Error(sink_unavailable) when the connection is known to have ended. Asks nobody, costs little.
  virtual void check_alive() {}
  /// Rolls an open transaction back; no throw.
  virtual void abandon() noexcept = 0;
  /// Interrupts a call that waits, from any thread.
  virtual void cancel() noexcept = 0;

  // --- for verify, on a connection of its own ---
  /// Instead of open() and prepare(): connects for reading only and creates nothing, neither tables nor tidemark's own.
  /// Index i of `tables` is what read_keys, read_key_page and represent call `table`. Throws Error(data) that names the tables
  /// or columns that are missing.
  virtual void bind(const std::vector<SinkTable>& tables) = 0;
  /// Starts one read transaction: what follows sees one state, and the position row that belongs to it is returned
  /// (unknown when this pipeline never committed here, or tidemark's own tables are missing).
  virtual Position begin_read(const std::string& pipeline) = 0;
  virtual void end_read() = 0;
  /// Rows with these keys (keys of the source's schema), as Values of the source's kinds: equal to represent() of the source's row.
  virtual void read_keys(uint32_t table, const std::vector<KeyBytes>& keys, const RowBlockSink& rows) = 0;
  /// Every key of the table in the sink's own order, `limit` at a time after `after` ("" = from the start), as rows with only the key
  /// columns present. Tables without key: all rows, whole, ignoring `after` and `limit`.
  virtual void read_key_page(uint32_t table, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows) = 0;
  /// The value that the sink holds for a source value (for example NULL for a zero date under that policy).
  virtual Value represent(uint32_t table, uint32_t column, const Value& value, Arena& arena) = 0;
};

}  // namespace tidemark
