// Messages of the pgoutput plugin, protocol versions 1 to 4: what a walsender puts into the XLogData messages of a replication stream.
// One parser a stream, used by the reader thread. Total on any bytes: it never throws, and allocates no more than a message has columns.
// Source: PostgreSQL documentation, "Logical Replication Message Formats"; src/backend/replication/logical/proto.c.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_cursor.h"

namespace tidemark::postgres {

enum class MessageType : char {
  begin = 'B',
  commit = 'C',
  origin = 'O',
  logical = 'M',
  relation = 'R',
  type = 'Y',
  insert = 'I',
  update = 'U',
  remove = 'D',
  truncate = 'T',
  // version 2: transactions that are still in progress
  stream_start = 'S',
  stream_stop = 'E',
  stream_commit = 'c',
  stream_abort = 'A',
  // version 3: two-phase commit
  begin_prepare = 'b',
  prepare = 'P',
  commit_prepared = 'K',
  rollback_prepared = 'r',
  stream_prepare = 'p',
};

/// One column of a row. `unchanged` is a TOASTed value that the UPDATE did not touch: absent, not NULL.
struct TupleField {
  enum class Form : char { null = 'n', unchanged = 'u', text = 't', binary = 'b' };
  Form form = Form::null;
  std::string_view bytes;
};
using Tuple = std::vector<TupleField>;

struct RelationColumn {
  bool in_identity = false;  // a column of the replica identity
  std::string_view name;
  uint32_t type = 0;
  int32_t modifier = -1;
};

/// Which row an UPDATE or DELETE had before: nothing (an UPDATE that left the identity as it was), its identity, or all of it.
enum class OldRow : char { none = 0, identity = 'K', full = 'O' };

/// A parsed message; which members count, follows from `type`. Texts point into the message. Places in the log are bytes (LSN), times are
/// microseconds since 1970-01-01 UTC.
struct PgoutputMessage {
  MessageType type = MessageType::begin;
  uint32_t xid = 0;             // begin, stream_*, two-phase: the top-level transaction. Inside a stream block: of the (sub)transaction
  uint32_t subxid = 0;          // stream_abort: what is rolled back; equals xid when it is all of it
  uint64_t lsn = 0;             // where the transaction is committed, prepared, rolled back; logical: where the message lies
  uint64_t end_lsn = 0;         // after the transaction's last record; rollback_prepared: after the rollback's
  int64_t micros = 0;           // of the commit, prepare or rollback
  std::string_view gid;         // two-phase
  bool first_segment = false;   // stream_start
  bool transactional = true;    // logical
  std::string_view name;        // origin; logical: its prefix; relation, type: its name
  std::string_view name_space;  // relation, type: the schema; empty stands for pg_catalog
  std::string_view content;     // logical
  uint32_t oid = 0;             // relation, type; insert, update, remove: of the relation
  char replica_identity = 'd';  // relation: pg_class.relreplident
  OldRow old_row = OldRow::none;
  bool cascade = false, restart_identity = false;  // truncate
  std::vector<RelationColumn> columns;             // relation
  std::vector<uint32_t> relations;                 // truncate
  Tuple before, after;
};

class PgoutputParser {
 public:
  /// `abort_places`: the stream was opened with streaming 'parallel', so stream_abort says where and when.
  explicit PgoutputParser(bool abort_places = false) : abort_places_(abort_places) {}

  /// False: malformed, unknown, or out of its place; error() says what. `message` may be used again, which saves allocations.
  bool parse(std::string_view bytes, PgoutputMessage& message);
  const std::string& error() const { return error_; }
  /// The message that was refused is of a type that is not known here.
  bool unknown_type() const { return unknown_type_; }
  /// What follows are messages kept from a stream block of this transaction, without the messages around it; 0: such as lie in none.
  void in_stream_of(uint32_t xid) { streaming_ = xid; }
  /// Between stream_start and stream_stop: the top-level transaction that the messages belong to; 0 outside.
  uint32_t streaming() const { return streaming_; }

 private:
  bool parse_body(ByteCursor& in, PgoutputMessage& m);
  bool parse_in_stream(ByteCursor& in, PgoutputMessage& m);
  bool parse_end(ByteCursor& in, PgoutputMessage& m);
  bool parse_two_phase(ByteCursor& in, PgoutputMessage& m);
  bool fail(std::string why);

  const bool abort_places_;
  uint32_t streaming_ = 0;
  bool unknown_type_ = false;
  std::string error_;
};

}  // namespace tidemark::postgres
