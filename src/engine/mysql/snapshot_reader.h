// Chunk reads: keyset walks, read views whose contents are known (design rule 2.1), and rows as Values.
// One main connection that holds the view, and a second one beside it for watermarks, XA RECOVER and LOCK TABLES. Owned by one snapshot
// worker, except cancel(). Every function throws Error; source_unavailable means that the view is lost and begin() may be tried again.
//
// How a view knows what it saw:
//   MariaDB             START TRANSACTION WITH CONSISTENT SNAPSHOT stops commits for an instant; its binlog_snapshot_* are exact for
//                       transactions of two phases. XA COMMITs are in the log before the engine commits them: those are in the view that
//                       lie before the log's end, and whose xids XA RECOVER did not list, both asked for before the view opens. For
//                       transactions in which an engine without two phases took part (they end with COMMIT, not with a XID event) only
//                       LOCK TABLES ... READ helps. Source: MariaDB sql/handler.cc commit_one_phase_2, sql/xa.cc, sql/log.cc.
//   MySQL, GTIDs on     gtid_executed read before the view opens is a lower bound. That it is the same after opening proves nothing: a
//                       transaction becomes visible in the engine before its GTID joins the set. When the exact set is needed, it is read
//                       under LOCK TABLES ... READ, which waits until every transaction on the table has passed both.
//   MySQL, GTIDs off    the log position read under LOCK TABLES ... READ; exact for the table that is read.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/mysql/connection.h"
#include "engine/mysql/result_row.h"
#include "tidemark/source.h"

namespace tidemark::mysql {

class MysqlSnapshotReader final : public SnapshotReader {
 public:
  explicit MysqlSnapshotReader(SourceConfig config) : config_(std::move(config)) {}
  ~MysqlSnapshotReader() override = default;

  std::optional<KeyBytes> boundary(const TableSchema& table, const std::optional<KeyBytes>& after, const std::optional<KeyBytes>& upto,
                                   uint64_t rows) override;
  ReadView begin(const TableSchema& table, const ReadNeeds& needs) override;
  void read(const TableSchema& table, const KeyRange& range, size_t block_bytes, const RowBlockSink& sink) override;
  void read_keys(const TableSchema& table, const std::vector<KeyBytes>& keys, const RowBlockSink& sink) override;
  LogOffset high_watermark() override;
  void end() override;
  void cancel() noexcept override;

 private:
  Connection& main();
  Connection& side();
  Connection& ready(std::unique_ptr<Connection>& slot, Purpose purpose);
  Visibility open_mariadb_view(const TableSchema& table, bool locked);
  Visibility mariadb_view_opened();
  std::vector<uint64_t> prepared_xids();
  Visibility open_view_after_gtids();
  Visibility open_view_under_lock(const TableSchema& table, bool gtids);
  void lock_table(const TableSchema& table);
  std::string lock_holder(const TableSchema& table);
  /// "FROM t FORCE INDEX (i)"
  std::string from_clause(const TableSchema& table);
  void stream_rows(const TableSchema& table, const std::string& sql, size_t block_bytes, const RowBlockSink& sink);

  SourceConfig config_;
  std::unique_ptr<Connection> main_, side_;
  bool view_open_ = false;
  std::map<TableName, std::string> indexes_;  // of the keys

  std::mutex mutex_;  // guards the two pointers against cancel(), and cancelled_
  bool cancelled_ = false;
};

}  // namespace tidemark::mysql
