// Changes rows: INSERT, INSERT ... ON DUPLICATE KEY UPDATE, UPDATE and DELETE by key as statements of many rows; many rows are
// bound where the server is MariaDB (SinkBulk), and chunks are a LOAD DATA LOCAL where it is MySQL. An upsert reaches the row with its key
// and no other (design rule 2.10): where the target has another unique index, ON DUPLICATE KEY UPDATE would take a row that collides there,
// so existing rows are updated by key and the others inserted. Owned by the sink, one thread; throws Error, and then the transaction is
// lost.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/mysql/sink_session.h"
#include "engine/mysql/sink_statements.h"
#include "engine/mysql/sink_target.h"
#include "tidemark/sink.h"

namespace tidemark::mysql {

class SinkRowStatements {
 public:
  SinkRowStatements(SinkSession& session, SinkStatements& statements) : session_(session), statements_(statements) {}

  /// DELETE of all rows: TRUNCATE would commit, and fail where a foreign key refers to the table.
  void empty(SinkTarget& target);
  void remove(SinkTarget& target, const std::vector<Row>& rows);
  void upsert(SinkTarget& target, const std::vector<Row>& rows);
  void patch(SinkTarget& target, const std::vector<TableStep::Patch>& patches, bool must_hit);
  /// Tables without key: in order, whole rows.
  void replay(SinkTarget& target, const std::vector<Change>& changes);
  /// Rows of which none is in the sink.
  void load_plain(SinkTarget& target, const std::vector<Row>& rows);
  /// Large buffers are given back.
  void transaction_ended();

 private:
  void insert(SinkTarget& target, const Row* rows, size_t count, const std::string& tail);
  void insert_bound(SinkTarget& target, const Row* rows, size_t count, const std::string& tail);
  void insert_text(SinkTarget& target, const Row* rows, size_t count, const std::string& tail);
  void load_data(SinkTarget& target, const std::vector<Row>& rows);
  void upsert_by_key(SinkTarget& target, const std::vector<Row>& rows, size_t from, size_t to);
  /// "UPDATE t SET ..." with the columns that `row` has, without those of the key that stay as they are in `key`. True: with a label
  /// that strict mode refuses.
  bool begin_update(SinkTarget& target, const Value* row, const Value* key);
  /// Queues text_.
  void queue(SinkTarget& target, bool lenient, int64_t must_affect);
  void replay_one(SinkTarget& target, const Change& change);

  SinkSession& session_;
  SinkStatements& statements_;
  std::string text_, tuple_;
};

}  // namespace tidemark::mysql
