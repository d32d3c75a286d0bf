// The StateStore over one SQLite file. One connection, WAL. Positions, chunks and progress mirror the sink, which is the truth and is read
// first (design 2.5): they are written without waiting for the disk, so that a commit costs tens of microseconds; kill -9 loses nothing,
// power loss the latest of them, and then the mirror is older, as after a crash between sink commit and this write. Schemas are nowhere
// else: they are on disk when the call returns. SQLite's WAL-reset bug (sqlite.org/wal.html#walresetbug) needs two connections that
// checkpoint; here the one that holds the lock does, readers are read-only. One thread at a time; throws Error(state).
#pragma once

#include <optional>
#include <string>

#include "state/checksum.h"
#include "state/connection.h"
#include "state/file_lock.h"
#include "tidemark/state.h"

namespace tidemark::state {

class StateFile final : public StateStore {
 public:
  /// `lock` is held for the life of this object; none for a reader.
  StateFile(std::unique_ptr<FileLock> lock, std::unique_ptr<Connection> connection)
      : lock_(std::move(lock)), connection_(std::move(connection)) {}

  StoredPipeline load(const std::string& pipeline) override;
  void save_commit(const std::string& pipeline, const Position& position, const std::vector<ChunkRecord>& chunks) override;
  void rebuild(const std::string& pipeline, const SavedState& from_sink) override;
  void save_schemas(const std::string& pipeline, const std::vector<StoredSchema>& schemas) override;
  void save_progress(const std::string& pipeline, const std::vector<StoredTableProgress>& tables) override;
  std::vector<StoredTableProgress> load_progress(const std::string& pipeline) override;
  std::vector<std::string> pipelines() override;

 private:
  void write_position(const std::string& pipeline, const Position& position);
  void write_chunks(const std::string& pipeline, const std::vector<ChunkRecord>& chunks);
  /// Until its end, commits wait for the disk.
  class OnDisk {
   public:
    explicit OnDisk(Connection& connection) : connection_(connection) { connection_.run("PRAGMA synchronous = FULL"); }
    ~OnDisk() { connection_.relax(); }
    OnDisk(const OnDisk&) = delete;
    OnDisk& operator=(const OnDisk&) = delete;

   private:
    Connection& connection_;
  };
  void delete_rows(const char* table, const std::string& pipeline);
  std::vector<ChunkRecord> read_chunks(const std::string& pipeline);
  std::vector<StoredSchema> read_schemas(const std::string& pipeline);
  /// Throws Error(state) when a row does not carry the checksum that its fields give.
  void check_sum(const Checksum& expected, int64_t stored, const char* what) const;
  /// Prepared at its first use and kept.
  Statement& statement(std::optional<Statement>& kept, const char* sql);

  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<Connection> connection_;
  std::optional<Statement> put_position_, put_chunk_;
};

}  // namespace tidemark::state
