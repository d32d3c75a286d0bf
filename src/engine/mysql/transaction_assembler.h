// Builds transactions out of the log's events: where one begins and ends, which rows it holds, what a prepared XA transaction becomes,
// and at what the reader must stop. No I/O of its own except the temporary files of XaStore.
// Owned and used by the reader thread. Throws Error: corrupt, unsupported, schema_changed; all with the position.
// Source: MySQL sql/log_event.cc, sql/binlog.cc; MariaDB sql/log.cc, sql/log_event.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/mysql/captured_tables.h"
#include "engine/mysql/event_control.h"
#include "engine/mysql/event_gtid.h"
#include "engine/mysql/log_position.h"
#include "engine/mysql/payload.h"
#include "engine/mysql/rows_event.h"
#include "engine/mysql/table_cache.h"
#include "engine/mysql/xa_store.h"
#include "tidemark/change.h"

namespace tidemark::mysql {

struct AssemblerStart {
  Position delivered;       // everything up to here has been delivered before
  bool same_server = true;  // offsets of `delivered` are of this server's log
  bool by_gtid = false;     // containment in delivered.gtids decides what was delivered, not the offset
  bool collects = false;    // the stream begins before `delivered`, to collect prepared XA transactions
  LogOffset stream;         // where the stream begins; file 0: the first rotation says
};

class TransactionAssembler {
 public:
  TransactionAssembler(const ServerKind& server, std::vector<SchemaRef> tables, const TableSelection& selection,
                       const AssemblerStart& start);

  /// What follows goes into `batch`, until end_batch.
  void begin_batch(LogBatch& batch);
  /// One event as the server sent it. Not while busy().
  void take(std::string_view event);
  /// An event that unpacks into many (a compressed or a prepared transaction) is not finished; it borrows the bytes given to take().
  bool busy() const { return payload_open_ || replay_ != nullptr; }
  /// Goes on with it for one event.
  void resume();
  /// The batch has something that a consumer can use now: not only the beginning of a transaction.
  bool useful() const;
  void end_batch();
  /// The newest place with no transaction open, for messages; before the stream has named its file, the one to go on from.
  std::string place_text() const { return position_.text(safe_.file == 0 && start_.same_server ? start_.delivered.offset : safe_); }
  /// An event of the log itself has come, not only what the dump thread says before it has found its place.
  bool found_place() const { return found_place_; }

 private:
  enum class Group : uint8_t { none, announced, open, xa };

  std::string_view without_checksum(const EventHeader& header, std::string_view event) const;
  void dispatch(const EventHeader& header, std::string_view event);  // checksum cut off
  void on_format(const EventHeader& header, std::string_view event);
  void on_rotate(std::string_view body);
  void on_gtid(const EventHeader& header, ByteCursor body);
  void on_query(const EventHeader& header, ByteCursor body, size_t extra_head);
  void on_statement(const Statement& statement, std::string_view text);
  void on_truncate(const Statement& statement);
  void on_rows(const EventHeader& header, std::string_view event);
  void on_xa_start(const std::string& xid);
  void on_xa_prepare(ByteCursor body);
  void commit_xa(const std::string& xid);
  void on_payload(ByteCursor body);
  void on_other(const EventHeader& header);

  void begin_group();  // of gtid_, at the current event
  void end_group();
  void end_open_group(const EventHeader& header);
  void open_part();
  void mark_savepoint(const std::string& name);
  void roll_back_to(const std::string& name);
  void discard_changes();
  bool tells_prepared() const;
  void tell_prepared_at_start();
  bool is_delivered(const GtidEvent& gtid) const;
  void add_gtid(const Gtid& gtid);
  void flush_gtids();
  [[noreturn]] void stop(ErrorKind kind, std::string cause, std::string hint = {}) const;

  ServerKind server_;
  CapturedTables captured_;
  TableCache tables_;
  AssemblerStart start_;
  LogPosition position_;
  LogOffset safe_;      // the newest place with no transaction open
  LogOffset reported_;  // what the last batch said about that
  bool checksums_ = false;
  bool format_known_ = false;  // a format description has come, which says whether there are checksums
  bool found_place_ = false;

  LogBatch* batch_ = nullptr;
  Group group_ = Group::none;
  GtidEvent gtid_;
  LogOffset group_begin_;
  CommitOrder order_ = CommitOrder::log;  // of this group, as far as it is known
  bool delivered_before_ = false;         // this group was delivered before: only XA PREPAREs in it matter
  int part_ = -1;                         // index of the group's part in batch_->transactions
  bool has_parts_ = false;                // an earlier batch has a part of this group
  struct Savepoint {
    std::string name;
    uint64_t batch;  // serial of the batch that was open
    size_t changes;  // size of its change list
    uint64_t spooled;
  };
  std::vector<Savepoint> savepoints_;
  uint64_t batch_serial_ = 0;

  GtidSet gtids_;  // everything read so far; only kept up while it may be needed
  Gtid run_;       // newest of a run of consecutive ones that is not in gtids_ yet
  uint64_t run_first_ = 0;

  XaStore xa_;
  bool passed_start_ = false;  // what is read now lies behind `delivered`
  bool told_prepared_ = false;
  bool place_known_ = false;  // safe_ is not before the place of `delivered`: by GTIDs the stream begins somewhere before it
  std::string xid_;
  std::unique_ptr<MessageSpool> spool_;   // rows of the XA transaction being read
  std::unique_ptr<MessageSpool> replay_;  // rows of the XA transaction being delivered

  PayloadReader payload_;
  bool payload_open_ = false;
  std::string query_text_;  // of an unpacked statement
};

}  // namespace tidemark::mysql
