// Builds transactions out of pgoutput's messages: what one holds, where it lies, what of those that stream before their end becomes of it,
// and at what the reader must stop. No I/O of its own except the temporary files of StreamedTransactions.
// Owned and used by the reader thread. Throws Error: corrupt, unsupported, schema_changed, server_settings; all with the position.
// Source: PostgreSQL documentation, "Logical Streaming Replication Protocol"; src/backend/replication/logical/worker.c.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/postgres/pgoutput.h"
#include "engine/postgres/relations.h"
#include "engine/postgres/streamed_transactions.h"
#include "tidemark/change.h"

namespace tidemark::postgres {

struct DecoderStart {
  LogOffset delivered;        // transactions that are committed before it have been delivered before
  uint64_t timeline = 1;      // of what is read now
  uint64_t near_txid = 0;     // see widen_txid; 0: ids say nothing here (a standby), marks go without
  bool abort_places = false;  // streaming parallel, see PgoutputParser
  std::string folder;         // of temporary files
  size_t spill_memory = 64u << 20;
};

class TransactionDecoder {
 public:
  TransactionDecoder(Relations relations, const DecoderStart& start);

  /// What follows goes into `batch`, until end_batch.
  void begin_batch(LogBatch& batch);
  /// One message as the plugin wrote it. Not while busy().
  void take(std::string_view message);
  /// The server has sent everything that was committed before this place.
  void pass(uint64_t lsn);
  /// A transaction that streamed before its end is being delivered, and is not finished.
  bool busy() const { return replay_ != nullptr; }
  /// Goes on with it for one message.
  void resume();
  /// The batch has something that a consumer can use now: not only the beginning of a transaction.
  bool useful() const;
  void end_batch();

  void near_txid(uint64_t txid) { start_.near_txid = txid; }
  /// The prepare of the oldest transaction whose second phase is still to come: the server must not think that we have it. 0: none.
  uint64_t oldest_prepare() const;
  /// The newest place with no transaction open, or where the one that is open commits; for messages.
  std::string place_text() const { return lsn_text(in_transaction_ ? commit_lsn_ : safe_.byte); }
  /// Everything that was committed before this place has been read.
  uint64_t passed() const { return safe_.byte; }
  /// By table: where the latest transaction that emptied it was committed.
  const std::vector<uint64_t>& truncated() const { return truncated_; }
  size_t streaming() const { return open_.count(); }
  /// What comes is not of this moment: transactions older than a second, or the midst of a large one. `now_micros`: since 1970 UTC.
  bool behind(int64_t now_micros) const;
  /// Logical messages and origins, which mean nothing to a copy.
  uint64_t ignored() const { return ignored_; }

 private:
  void dispatch(const PgoutputMessage& m, std::string_view bytes);
  void in_transaction(const PgoutputMessage& m, std::string_view bytes);
  bool keep(std::string_view message);
  void begin(uint32_t xid, uint64_t lsn, int64_t micros);
  void end(uint64_t end_lsn);
  const Relation* captured(uint32_t oid);
  void add(const Change& change);
  void on_row(const PgoutputMessage& m, std::string_view bytes);
  Change change_of(const PgoutputMessage& m, std::string_view bytes, const Relation& relation);
  void on_truncate(const PgoutputMessage& m);
  void two_phase(const PgoutputMessage& m);
  void deliver(uint32_t xid, bool in_stream, const PgoutputMessage& end);
  void open_part();
  void parse(PgoutputParser& parser, std::string_view message);
  [[noreturn]] void stop(ErrorKind kind, std::string cause, std::string hint = {}) const;

  DecoderStart start_;
  Relations relations_;
  PgoutputParser parser_, replay_parser_;
  PgoutputMessage message_;  // its memory is used again and again
  StreamedTransactions open_;
  uint64_t ignored_ = 0;
  std::vector<uint64_t> truncated_;

  LogBatch* batch_ = nullptr;
  LogOffset safe_;      // the newest place with no transaction open
  LogOffset reported_;  // what the last batch said about that

  bool in_transaction_ = false;  // one that is delivered: it has begun, its end is not read
  bool delivered_before_ = false;
  uint32_t xid_ = 0;
  uint64_t commit_lsn_ = 0;
  int64_t commit_micros_ = 0;
  int part_ = -1;           // index of its part in batch_->transactions
  bool has_parts_ = false;  // an earlier batch has a part of it

  std::unique_ptr<StreamedMessages> replay_;
  uint64_t replay_end_ = 0;  // end LSN of what is replayed

  struct Prepared {
    uint64_t lsn = 0;
    bool in_stream = false;  // its messages are as stream blocks have them
  };
  std::map<uint32_t, Prepared> prepared_;
  uint32_t preparing_ = 0;  // between begin_prepare and prepare
};

}  // namespace tidemark::postgres
