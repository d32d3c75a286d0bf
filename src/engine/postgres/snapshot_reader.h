// Chunk reads: keyset walks, read views whose contents are known exactly (design rule 2.1), and rows as Values, by COPY in binary form.
// One main connection that holds the view, and one beside it for watermarks. Owned by one snapshot worker, except cancel(). Every function
// throws Error; source_unavailable means that the view is lost and begin() may be tried again.
//
// How a view knows what it saw:
//   primary  pg_current_snapshot() in the view's own REPEATABLE READ transaction. A transaction that is in the WAL and waits for a
//            synchronous standby is in progress there, as it is for the view's reads.
//   standby  Its snapshots do not list all that is in progress. The place up to which it had replayed before the view was opened is a lower
//            bound: what ends there or before it is in the view. Source: src/backend/storage/ipc/procarray.c, GetSnapshotData.
// The table is locked (ACCESS SHARE) before the snapshot is taken: TRUNCATE, and an ALTER TABLE that writes the table anew, are no matter
// of snapshots, and the table of an older one would be empty.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "engine/postgres/connection.h"
#include "tidemark/source.h"

namespace tidemark::postgres {

class PostgresSnapshotReader final : public SnapshotReader {
 public:
  /// `timeline`: that the log is read on, and that a view has to be of; 0: that of the server, which is no standby then.
  explicit PostgresSnapshotReader(const SourceConfig& config, uint64_t timeline = 0);
  ~PostgresSnapshotReader() override = default;

  std::optional<KeyBytes> boundary(const TableSchema& table, const std::optional<KeyBytes>& after, const std::optional<KeyBytes>& upto,
                                   uint64_t rows) override;
  ReadView begin(const TableSchema& table, const ReadNeeds& needs) override;
  void read(const TableSchema& table, const KeyRange& range, size_t block_bytes, const RowBlockSink& sink) override;
  void read_keys(const TableSchema& table, const std::vector<KeyBytes>& keys, const RowBlockSink& sink) override;
  /// What the view saw is flushed by then, so that the stream can reach this place also when nothing else happens.
  LogOffset high_watermark() override;
  void end() override;
  void cancel() noexcept override;

 private:
  /// What must be known of a table to read it; asked for anew outside of its read view, since nothing tells us when it changes.
  struct Facts {
    TableName table;
    std::string from;  // "ONLY schema.table": children of a table are tables of their own; a partitioned one stands for all its partitions
    std::string search_path;  // where the operators of its key's types are
    bool standby = false;
    uint64_t scan_pages = 0;  // of a table without key that is worth several connections, and whose view exported its snapshot:
    std::string snapshot;
    LogOffset here;  // standby: what it had replayed
  };
  const Facts& facts_of(const TableSchema& table);
  Connection& main();
  Connection& side();
  void ready(Connection& connection, const char* settings);
  LogOffset place_in(const PGresult* result, int first_column) const;
  void use_search_path(const std::string& path);
  void export_snapshot(const TableSchema& table);
  /// False: `sink` wanted no more.
  bool stream_rows(const TableSchema& table, const std::string& query, size_t block_bytes, const RowBlockSink& sink);

  const ServerAddress address_;
  const uint64_t timeline_;
  const unsigned scan_connections_;
  Connection main_, side_;
  bool view_open_ = false;
  Facts facts_;                // of the table that was looked at last
  bool row_was_huge_ = false;  // libpq keeps its buffer
  std::string search_path_;    // of main_'s session
  std::atomic<bool> cancelled_{false};
};

}  // namespace tidemark::postgres
