// The part of TransactionAssembler that deals with statements: BEGIN to ROLLBACK, savepoints, XA, and everything that is judged.
#include <fmt/format.h>

#include "engine/mysql/charset.h"
#include "engine/mysql/transaction_assembler.h"

namespace tidemark::mysql {

namespace {

// Statements come in the character set of the client that sent them.
std::string_view to_utf8(std::string_view text, uint32_t collation, std::string& scratch) {
  bool ascii = true;
  for (char c : text) ascii = ascii && static_cast<signed char>(c) >= 0;
  if (ascii || collation == 0) return text;
  const Charset* charset = collation_by_id(collation).charset;
  if (!charset || charset->passes_through()) return text;
  scratch = charset->to_utf8(text);
  return scratch;
}

}  // namespace

void TransactionAssembler::on_query(const EventHeader& header, ByteCursor body, size_t extra_head) {
  Query query;
  if (!parse_query(body, query, extra_head)) stop(ErrorKind::corrupt, "a malformed QUERY event");
  if (query.statement == "BEGIN" && group_ == Group::announced) {
    group_ = Group::open;
    return;
  }
  if (query.statement == "COMMIT" && group_ == Group::open) return end_group();
  if (group_ == Group::none) {  // a transaction that nothing announced
    gtid_ = {};
    gtid_.commit_micros = static_cast<int64_t>(header.timestamp) * 1000000;
    begin_group();
  }
  std::string scratch;
  std::string_view text = to_utf8(query.statement, query.client_charset, scratch);
  Statement statement = scan_statement(text, query.database, query.ansi_quotes, query.no_backslash_escapes);
  // A temporary table may have a captured one's name: whoever truncates that is stopped at.
  const bool doubtful = (header.flags & kThreadSpecificFlag) != 0 || group_ != Group::announced;
  if (statement.kind == StatementKind::truncate && doubtful) statement.kind = StatementKind::table_change;
  on_statement(statement, text);
}

void TransactionAssembler::on_statement(const Statement& statement, std::string_view text) {
  switch (statement.kind) {
    case StatementKind::begin:
      if (group_ == Group::announced) group_ = Group::open;
      return;
    case StatementKind::commit: return end_group();
    case StatementKind::rollback: discard_changes(); return end_group();
    case StatementKind::savepoint: return mark_savepoint(statement.argument);
    case StatementKind::rollback_to: return roll_back_to(statement.argument);
    case StatementKind::xa_start: return on_xa_start(statement.argument);
    case StatementKind::xa_end: return;
    case StatementKind::xa_commit: return commit_xa(statement.argument);
    case StatementKind::xa_rollback: {
      PreparedXa forgotten;
      xa_.take(statement.argument, forgotten);
      if (group_ == Group::xa) spool_.reset();
      return end_group();
    }
    case StatementKind::harmless:
    case StatementKind::table_change:
    case StatementKind::truncate:
    case StatementKind::data_change:
    case StatementKind::unknown: break;
  }
  if (!delivered_before_) captured_.judge(statement, text, position_.text(group_begin_));
  if (group_ != Group::announced) return;
  if (statement.kind == StatementKind::truncate) on_truncate(statement);
  if (statement.starts_rows) {
    group_ = Group::open;
  } else {
    end_group();
  }
}

/// A transaction of its own, which nobody sees half: the table is locked until it is in the log and over, so it is in every read view that
/// knows its place in the log.
void TransactionAssembler::on_truncate(const Statement& statement) {
  const int table = captured_.emptied(statement);
  if (table < 0 || delivered_before_) return;
  order_ = CommitOrder::log;
  open_part();
  batch_->changes.push_back({Op::truncate, static_cast<uint32_t>(table), nullptr, nullptr});
  batch_->transactions[static_cast<size_t>(part_)].change_count = 1;
}

void TransactionAssembler::mark_savepoint(const std::string& name) {
  savepoints_.push_back({name, batch_serial_, batch_->changes.size(), spool_ ? spool_->size() : 0});
}

// The servers take rolled back rows out of the log themselves, except when the transaction has touched a table that cannot roll back.
void TransactionAssembler::roll_back_to(const std::string& name) {
  for (size_t i = savepoints_.size(); i-- > 0;) {
    const Savepoint& savepoint = savepoints_[i];
    if (savepoint.name != name) continue;
    if (group_ == Group::xa) {
      spool_->cut_back(savepoint.spooled);
    } else if (savepoint.batch != batch_serial_) {
      break;
    } else if (part_ >= 0) {
      LogTransaction& part = batch_->transactions[static_cast<size_t>(part_)];
      batch_->changes.resize(savepoint.changes);
      part.change_count = static_cast<uint32_t>(batch_->changes.size()) - part.first_change;
    }
    savepoints_.resize(i + 1);
    return;
  }
  if (delivered_before_) return;
  stop(ErrorKind::unsupported,
       fmt::format("ROLLBACK TO SAVEPOINT {}, which does not lie in the part of the transaction that is at hand", printable(name)),
       "copy the tables anew with a new pipeline");
}

// --- XA --------------------------------------------------------------------------------------------------------------------------

void TransactionAssembler::on_xa_start(const std::string& xid) {
  group_ = Group::xa;
  xid_ = xid;
  spool_ = std::make_unique<MessageSpool>(temporary_folder(), "keeping a prepared XA transaction",
                                          "Free space there, or set TMPDIR to a folder that has it.");
}

void TransactionAssembler::on_xa_prepare(ByteCursor body) {
  XaPrepare prepare;
  if (!parse_xa_prepare(body, prepare)) stop(ErrorKind::corrupt, "a malformed XA_PREPARE event");
  if (group_ != Group::xa || prepare.xid != xid_)
    stop(ErrorKind::corrupt, "an XA_PREPARE event does not end the transaction that XA START began");
  if (prepare.one_phase) return commit_xa(prepare.xid);
  flush_gtids();
  if (batch_->read_from.file == 0) {
    batch_->read_from = group_begin_;
    batch_->read_from_gtids = gtids_;
  }
  if (!delivered_before_ && server_.flavour == Flavour::mariadb) batch_->xa_prepared.push_back({group_begin_, xid_hash(prepare.xid)});
  xa_.add(prepare.xid, {group_begin_, gtids_, std::move(spool_)});
  end_group();
}

void TransactionAssembler::commit_xa(const std::string& xid) {
  std::unique_ptr<MessageSpool> events;
  PreparedXa prepared;
  if (group_ == Group::xa && xid == xid_) {
    events = std::move(spool_);
  } else if (xa_.take(xid, prepared)) {
    events = std::move(prepared.events);
  } else if (!delivered_before_) {
    stop(ErrorKind::unsupported,
         fmt::format("XA COMMIT {} of a transaction that was prepared before the place where reading began", printable(xid)),
         "its rows are not at hand: copy the tables anew with a new pipeline while no XA transaction is prepared (XA RECOVER lists them)");
  }
  if (delivered_before_) return end_group();
  group_ = Group::open;
  xid_ = xid;
  if (order_ == CommitOrder::unended) order_ = CommitOrder::xa;
  replay_ = std::move(events);
}

}  // namespace tidemark::mysql
