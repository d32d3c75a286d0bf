#include "engine/postgres/transaction_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "engine/postgres/tuple_rows.h"
#include "tidemark/error.h"
#include "tidemark/key.h"

namespace tidemark::postgres {
namespace {

constexpr uint32_t kLargeChanges = 500;
constexpr size_t kXidEnd = 5;  // within a stream block a message's type is followed by the id of its (sub)transaction

uint32_t xid_of(std::string_view message) {
  ByteCursor in(message.substr(1));
  return static_cast<uint32_t>(in.big(4));
}

Op op_of(MessageType type) {
  if (type == MessageType::insert) return Op::insert;
  return type == MessageType::update ? Op::update : Op::remove;
}

}  // namespace

TransactionDecoder::TransactionDecoder(Relations relations, const DecoderStart& start)
    : start_(start),
      relations_(std::move(relations)),
      parser_(start.abort_places),
      open_(start.folder, start.spill_memory),
      truncated_(relations_.tables()),
      safe_(start.delivered),
      reported_(start.delivered) {}

void TransactionDecoder::stop(ErrorKind kind, std::string cause, std::string hint) const {
  throw Error(kind, "reading the log", std::move(cause), std::move(hint));
}

// --- batches ---------------------------------------------------------------------------------------------------------------------

void TransactionDecoder::begin_batch(LogBatch& batch) { batch_ = &batch; }

bool TransactionDecoder::useful() const { return batch_->transactions.size() > (part_ >= 0 ? 1u : 0u) || safe_ > reported_; }

void TransactionDecoder::end_batch() {
  if (part_ >= 0) has_parts_ = true;
  part_ = -1;
  if (safe_ > reported_) batch_->read_to = reported_ = safe_;
  batch_ = nullptr;
}

bool TransactionDecoder::behind(int64_t now_micros) const {
  if (parser_.streaming() != 0 || (in_transaction_ && has_parts_)) return true;
  if (part_ >= 0 && batch_->transactions[static_cast<size_t>(part_)].change_count > kLargeChanges) return true;
  // while nothing comes, what came last grows old without anybody being behind
  return batch_->events != 0 && commit_micros_ != 0 && now_micros - commit_micros_ > 1'000'000;
}

void TransactionDecoder::pass(uint64_t lsn) {
  if (in_transaction_) return;
  safe_ = std::max(safe_, LogOffset{start_.timeline, lsn});
}

// --- messages --------------------------------------------------------------------------------------------------------------------

void TransactionDecoder::parse(PgoutputParser& parser, std::string_view message) {
  if (parser.parse(message, message_)) return;
  if (parser.unknown_type()) stop(ErrorKind::unsupported, parser.error(), "use a newer tidemark");
  stop(ErrorKind::corrupt, parser.error());
}

void TransactionDecoder::take(std::string_view message) {
  ++batch_->events;
  try {
    if (keep(message)) return;
    parse(parser_, message);
    dispatch(message_, message);
  } catch (Error& error) {
    if (error.position().empty()) error.at(place_text());
    throw;
  }
}

void TransactionDecoder::resume() {
  try {
    std::string_view message;
    if (replay_->next(message)) {
      parse(replay_parser_, message);
      in_transaction(message_, message);
      failpoint("postgres_source.replayed");
    } else {
      replay_.reset();
      end(replay_end_);
    }
  } catch (Error& error) {
    if (error.position().empty()) error.at(place_text());
    throw;
  }
}

/// Messages of a transaction that is not committed yet are kept as they are. False: this one is to be looked at now.
bool TransactionDecoder::keep(std::string_view message) {
  const uint32_t xid = parser_.streaming() != 0 ? parser_.streaming() : preparing_;
  if (xid == 0 || message.empty()) return false;
  switch (static_cast<MessageType>(message[0])) {
    case MessageType::insert:
    case MessageType::update:
    case MessageType::remove:
    case MessageType::truncate:
      if (parser_.streaming() != 0 && message.size() < kXidEnd) return false;  // parsing says what is wrong
      open_.append(xid, parser_.streaming() != 0 ? xid_of(message) : xid, message);
      return true;
    case MessageType::relation:
      // The server sends it once a transaction, also when it falls into a savepoint that is rolled back: rows after that need it. What it
      // has sent in a transaction that it prepares, it does not send again for those that end before that one.
      open_.append(xid, xid, message);
      return parser_.streaming() != 0;
    case MessageType::type: return true;  // names are asked for where they are needed
    default: return false;
  }
}

void TransactionDecoder::dispatch(const PgoutputMessage& m, std::string_view bytes) {
  switch (m.type) {
    case MessageType::begin: return begin(m.xid, m.lsn, m.micros);
    case MessageType::commit:
      if (!in_transaction_) stop(ErrorKind::corrupt, "a transaction ends that has not begun");
      if (m.lsn != commit_lsn_) stop(ErrorKind::corrupt, "a transaction ends at another place than it said");
      return end(m.end_lsn);
    case MessageType::stream_start:
    case MessageType::stream_stop:
      if (in_transaction_ || preparing_ != 0) stop(ErrorKind::corrupt, "a stream block lies inside a transaction");
      return;
    case MessageType::stream_commit: return deliver(m.xid, true, m);
    case MessageType::stream_abort:
      open_.roll_back(m.xid, m.subxid);
      if (m.xid == m.subxid) prepared_.erase(m.xid);
      return;
    case MessageType::begin_prepare:
    case MessageType::prepare:
    case MessageType::stream_prepare:
    case MessageType::commit_prepared:
    case MessageType::rollback_prepared: return two_phase(m);
    default: return in_transaction(m, bytes);
  }
}

/// What lies between the beginning and the end of a transaction.
void TransactionDecoder::in_transaction(const PgoutputMessage& m, std::string_view bytes) {
  switch (m.type) {
    case MessageType::insert:
    case MessageType::update:
    case MessageType::remove: return on_row(m, bytes);
    case MessageType::relation: return relations_.introduce(m);
    case MessageType::truncate: return on_truncate(m);
    case MessageType::type: return;
    case MessageType::logical:
    case MessageType::origin: ++ignored_; return;
    default: stop(ErrorKind::corrupt, fmt::format("a message of type '{}' out of its place", static_cast<char>(m.type)));
  }
}

/// nullptr: there is nothing to deliver of it.
const Relation* TransactionDecoder::captured(uint32_t oid) {
  if (!in_transaction_) stop(ErrorKind::corrupt, "a change stands outside a transaction");
  Relation* relation = relations_.find(oid);
  if (relation == nullptr) stop(ErrorKind::corrupt, fmt::format("a change of relation {}, which the server has not introduced", oid));
  if (relation->table < 0) ++batch_->rows_filtered;
  if (relation->table < 0 || delivered_before_) return nullptr;
  if (!relation->agreed) relations_.agree(oid, *relation);
  return relation;
}

void TransactionDecoder::add(const Change& change) {
  open_part();
  batch_->changes.push_back(change);
  ++batch_->transactions[static_cast<size_t>(part_)].change_count;
}

void TransactionDecoder::on_row(const PgoutputMessage& m, std::string_view bytes) {
  if (const Relation* relation = captured(m.oid)) add(change_of(m, bytes, *relation));
}

Change TransactionDecoder::change_of(const PgoutputMessage& m, std::string_view bytes, const Relation& relation) {
  const StreamedTable& table = relations_.table_of(relation);
  const TableSchema& schema = *table.schema;
  const TupleRows rows(relation, table, bytes, batch_->arena);
  Change change;
  change.op = op_of(m.type);
  change.table = static_cast<uint32_t>(relation.table);
  Value* after = m.type == MessageType::remove ? nullptr : rows.whole(m.after);
  Value* before = nullptr;
  if (m.old_row != OldRow::none) before = m.old_row == OldRow::full ? rows.whole(m.before) : rows.identity(m.before);
  // A key that was stored out of line and has not changed is in the old row only.
  for (uint16_t i : schema.key) {
    if (after != nullptr && before != nullptr && after[i].is_absent()) after[i] = before[i];
  }
  if (change.op == Op::update && before == nullptr) before = rows.key(after);
  change.before = before;
  change.after = after;
  const bool lacks_key = (before != nullptr && key_absent(schema, before)) || (after != nullptr && key_absent(schema, after));
  if (lacks_key || (before != nullptr && !schema.has_key() && m.old_row != OldRow::full)) {
    throw Error(ErrorKind::corrupt, "reading the log of table " + printable(schema.name.text()),
                schema.has_key() ? "a row lacks columns of its key" : "a row of a table without key lacks columns");
  }
  return change;
}

/// The tables of one TRUNCATE, those that CASCADE reached among them. Where their sequences begin again means nothing to a copy.
void TransactionDecoder::on_truncate(const PgoutputMessage& m) {
  for (uint32_t oid : m.relations) {
    const Relation* relation = captured(oid);
    if (relation == nullptr) continue;
    Change change;
    change.op = Op::truncate;
    change.table = static_cast<uint32_t>(relation->table);
    add(change);
    truncated_[change.table] = commit_lsn_;
  }
}

// --- transactions ----------------------------------------------------------------------------------------------------------------

void TransactionDecoder::begin(uint32_t xid, uint64_t lsn, int64_t micros) {
  if (in_transaction_ || preparing_ != 0) stop(ErrorKind::corrupt, "a transaction begins inside another one");
  delivered_before_ = lsn < start_.delivered.byte;
  if (!delivered_before_ && lsn < safe_.byte)
    stop(ErrorKind::corrupt,
         fmt::format("a transaction committed at {} comes after the server has passed {}", lsn_text(lsn), lsn_text(safe_.byte)));
  in_transaction_ = true;
  xid_ = xid;
  commit_lsn_ = lsn;
  commit_micros_ = micros;
  part_ = -1;
  has_parts_ = false;
}

void TransactionDecoder::open_part() {
  if (part_ >= 0) return;
  LogTransaction part;
  part.first_change = static_cast<uint32_t>(batch_->changes.size());
  part.starts = !has_parts_;
  part.ends = false;
  part.mark.begin = part.mark.end = {start_.timeline, commit_lsn_};
  part.mark.commit_micros = commit_micros_;
  if (start_.near_txid != 0) part.mark.txid = widen_txid(xid_, start_.near_txid);
  part_ = static_cast<int>(batch_->transactions.size());
  batch_->transactions.push_back(std::move(part));
}

void TransactionDecoder::end(uint64_t end_lsn) {
  if (end_lsn <= commit_lsn_) stop(ErrorKind::corrupt, "a transaction ends before its commit");
  in_transaction_ = false;
  safe_ = std::max(safe_, LogOffset{start_.timeline, end_lsn});
  if (part_ < 0 && !has_parts_) return;
  open_part();
  LogTransaction& part = batch_->transactions[static_cast<size_t>(part_)];
  part.ends = true;
  part.mark.end = {start_.timeline, end_lsn};
  part_ = -1;
  has_parts_ = false;
}

/// The messages that were kept of a transaction follow now, by resume().
void TransactionDecoder::deliver(uint32_t xid, bool in_stream, const PgoutputMessage& m) {
  begin(xid, m.lsn, m.micros);
  replay_ = open_.take(xid);
  replay_end_ = m.end_lsn;
  replay_parser_.in_stream_of(in_stream ? xid : 0);
}

/// Only a slot that was made for two phases sends these; ours is not, but one that the user names may be.
void TransactionDecoder::two_phase(const PgoutputMessage& m) {
  if (in_transaction_) stop(ErrorKind::corrupt, "a two-phase message lies inside a transaction");
  switch (m.type) {
    case MessageType::begin_prepare:
      if (preparing_ != 0) stop(ErrorKind::corrupt, "a transaction begins inside another one");
      preparing_ = m.xid;
      open_.roll_back(m.xid, m.xid);  // nothing of an earlier one that had the same id is left
      return;
    case MessageType::prepare:
      if (preparing_ != m.xid || m.xid == 0) stop(ErrorKind::corrupt, "a transaction is prepared that has not begun");
      preparing_ = 0;
      prepared_[m.xid] = {m.lsn, false};
      return;
    case MessageType::stream_prepare: prepared_[m.xid] = {m.lsn, true}; return;
    case MessageType::rollback_prepared: prepared_.erase(m.xid); return open_.roll_back(m.xid, m.xid);
    default: break;
  }
  const auto found = prepared_.find(m.xid);
  const bool known = found != prepared_.end();
  if (!known && m.lsn >= start_.delivered.byte)
    stop(ErrorKind::unsupported, "a prepared transaction was committed whose changes the slot had sent to somebody else",
         "let tidemark use a slot of its own, made without two_phase, and copy the tables anew");
  const bool in_stream = known && found->second.in_stream;
  if (known) prepared_.erase(found);
  deliver(m.xid, in_stream, m);
}

uint64_t TransactionDecoder::oldest_prepare() const {
  uint64_t oldest = 0;
  for (const auto& [xid, prepared] : prepared_) oldest = oldest == 0 ? prepared.lsn : std::min(oldest, prepared.lsn);
  return oldest;
}

}  // namespace tidemark::postgres
