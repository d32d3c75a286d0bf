#include "engine/mysql/transaction_assembler.h"

#include <fmt/format.h>

#include "base/failpoint.h"
#include "engine/mysql/checksum.h"

namespace tidemark::mysql {

namespace {
ByteCursor body_of(std::string_view event) { return ByteCursor(event.substr(kEventHeaderBytes)); }
}  // namespace

TransactionAssembler::TransactionAssembler(const ServerKind& server, std::vector<SchemaRef> tables, const TableSelection& selection,
                                           const AssemblerStart& start)
    : server_(server),
      captured_(std::move(tables), selection),
      tables_(server.flavour),
      start_(start),
      position_(start.delivered.log_name, start.stream),
      safe_(start.stream),
      gtids_(start.collects ? start.delivered.read_from_gtids : start.delivered.gtids) {
  if (start.same_server) reported_ = start.delivered.offset;
  place_known_ = reported_.file != 0;
  told_prepared_ = server.flavour != Flavour::mariadb;  // nobody asks there
}

void TransactionAssembler::stop(ErrorKind kind, std::string cause, std::string hint) const {
  throw Error(kind, "reading the binary log", std::move(cause), std::move(hint));
}

// --- batches ---------------------------------------------------------------------------------------------------------------------

void TransactionAssembler::begin_batch(LogBatch& batch) {
  batch_ = &batch;
  ++batch_serial_;
  // A consumer may save a position in the middle of this batch, so what is pending now counts even if its commit is in the batch.
  if (const PreparedXa* first = xa_.earliest()) {
    batch.read_from = first->begin;
    batch.read_from_gtids = first->gtids_before;
  }
}

bool TransactionAssembler::tells_prepared() const {
  if (told_prepared_) return false;
  return passed_start_ || (start_.same_server && start_.delivered.offset.file != 0 && safe_ >= start_.delivered.offset);
}

void TransactionAssembler::tell_prepared_at_start() {
  told_prepared_ = true;
  std::vector<uint64_t>& xids = batch_->xa_prepared_at_start.emplace();
  for (const auto& [xid, prepared] : xa_.all()) xids.push_back(xid_hash(xid));
}

bool TransactionAssembler::useful() const {
  if (!batch_->xa_prepared.empty() || tells_prepared()) return true;
  return batch_->transactions.size() > (part_ >= 0 ? 1u : 0u) || !batch_->skipped_gtids.empty() || (place_known_ && safe_ > reported_);
}

void TransactionAssembler::end_batch() {
  if (part_ >= 0) has_parts_ = true;
  part_ = -1;
  if (tells_prepared()) tell_prepared_at_start();
  if (place_known_ && safe_ > reported_) batch_->read_to = reported_ = safe_;
  batch_ = nullptr;
}

// --- events ----------------------------------------------------------------------------------------------------------------------

void TransactionAssembler::take(std::string_view event) {
  if (event.size() < kEventHeaderBytes) stop(ErrorKind::corrupt, "an event is shorter than its header");
  EventHeader header = parse_event_header(event);
  if (header.length != event.size())
    stop(ErrorKind::corrupt, fmt::format("an event of {} bytes says it has {}", event.size(), header.length));
  // Before the format description nothing says whether there are checksums, and only the name of the log file comes.
  if (!format_known_ && header.type != EventType::format_description && !(header.type == EventType::rotate && header.artificial()))
    stop(ErrorKind::corrupt, fmt::format("a {} event came before the log's format description", event_type_name(header.type)));
  ++batch_->events;
  try {
    std::string_view bare = without_checksum(header, event);
    bool moves = header.type != EventType::heartbeat && header.type != EventType::heartbeat_v2 && header.type != EventType::rotate;
    if (moves) position_.pass(header);
    if (header.type == EventType::format_description) {
      on_format(header, event);
    } else {
      dispatch(header, bare);
    }
  } catch (Error& error) {
    if (error.position().empty()) error.at(position_.text(group_ == Group::none ? position_.event_begin() : group_begin_));
    throw;
  }
  if (group_ == Group::none) safe_ = position_.at();
}

void TransactionAssembler::resume() {
  std::string_view event;
  try {
    if (payload_open_) {
      PayloadReader::Step step = payload_.next(event);
      if (step == PayloadReader::Step::failed) stop(ErrorKind::corrupt, "TRANSACTION_PAYLOAD: " + payload_.error());
      payload_open_ = step == PayloadReader::Step::event;
      if (!payload_open_) return;
      if (event.size() < kEventHeaderBytes) stop(ErrorKind::corrupt, "an event in a TRANSACTION_PAYLOAD is shorter than its header");
      ++batch_->events;
      dispatch(parse_event_header(event), event);
    } else if (replay_->next(event)) {
      dispatch(parse_event_header(event), event);
    } else {
      replay_.reset();
      end_group();
    }
  } catch (Error& error) {
    if (error.position().empty()) error.at(position_.text(group_begin_));
    throw;
  }
  if (group_ == Group::none) safe_ = position_.at();
}

std::string_view TransactionAssembler::without_checksum(const EventHeader& header, std::string_view event) const {
  if (header.type == EventType::format_description) return event;
  std::string_view bare = event.substr(0, event.size() - kChecksumBytes);
  if (header.type == EventType::rotate && header.artificial()) {
    // Comes before the format description that would say whether it has one.
    return event.size() > kEventHeaderBytes + kChecksumBytes && checksum_matches(event) ? bare : event;
  }
  if (!checksums_) return event;
  if (bare.size() < kEventHeaderBytes || !checksum_matches(event))
    stop(ErrorKind::corrupt,
         fmt::format("the checksum of a {} event of {} bytes does not match", event_type_name(header.type), event.size()),
         "bytes changed on their way or on the server's disk; if it comes again at the same place, the server's log file is damaged");
  return bare;
}

void TransactionAssembler::dispatch(const EventHeader& header, std::string_view event) {
  ByteCursor body = body_of(event);
  switch (header.type) {
    case EventType::table_map: {
      MappedTable& table = tables_.introduce(body, captured_);
      if (group_ == Group::xa && table.table() >= 0) spool_->append(event);
      return;
    }
    case EventType::gtid:
    case EventType::anonymous_gtid:
    case EventType::gtid_tagged:
    case EventType::mariadb_gtid: return on_gtid(header, body);
    case EventType::query: return on_query(header, body, 0);
    case EventType::execute_load_query: return on_query(header, body, 13);
    case EventType::query_compressed: {
      query_text_.clear();
      std::string why;
      std::string_view packed = body.rest();
      if (!inflate_query(packed, query_text_, why)) stop(ErrorKind::corrupt, "QUERY_COMPRESSED: " + why);
      return on_query(header, ByteCursor(query_text_), 0);
    }
    case EventType::xid: return end_open_group(header);
    case EventType::xa_prepare: return on_xa_prepare(body);
    case EventType::transaction_payload: return on_payload(body);
    case EventType::rotate: return on_rotate(body.rest());
    case EventType::heartbeat:
    case EventType::heartbeat_v2: {
      Heartbeat heartbeat;
      if (!parse_heartbeat(header, body, heartbeat)) stop(ErrorKind::corrupt, "a malformed HEARTBEAT event");
      found_place_ = true;
      if (group_ == Group::none) position_.skip_to(heartbeat);
      place_known_ = true;
      return;
    }
    case EventType::incident: {
      Incident incident;
      parse_incident(body, incident);
      stop(ErrorKind::unsupported,
           fmt::format("the server says that its log misses changes (INCIDENT {}: {})", incident.number, printable(incident.message)),
           "the log cannot be followed past this place: copy the tables anew with a new pipeline");
    }
    default:
      if (is_rows_event(static_cast<uint8_t>(header.type))) return on_rows(header, event);
      return on_other(header);
  }
}

// Everything that is known to carry no change of a captured table; the rest stops the reader unless the server marked it ignorable.
void TransactionAssembler::on_other(const EventHeader& header) {
  switch (header.type) {
    case EventType::stop:
    case EventType::intvar:  // these three only prepare a statement, which is judged itself
    case EventType::rand:
    case EventType::user_var:
    case EventType::begin_load_query:  // likewise: EXECUTE_LOAD_QUERY names the table
    case EventType::append_block:
    case EventType::delete_file:
    case EventType::ignorable:
    case EventType::rows_query:
    case EventType::previous_gtids:
    case EventType::transaction_context:
    case EventType::view_change:
    case EventType::annotate_rows:
    case EventType::binlog_checkpoint:
    case EventType::gtid_list:
    case EventType::start_encryption:  // the dump thread sends the events themselves decrypted
      return;
    default:
      if (header.flags & kIgnorableFlag) return;
      stop(ErrorKind::unsupported, fmt::format("an event of type {} is not understood", event_type_name(header.type)),
           "switch off the server feature that writes it, or use a newer tidemark");
  }
}

void TransactionAssembler::on_format(const EventHeader&, std::string_view event) {
  FormatDescription format;
  const bool parsed = parse_format_description(event, format);
  // first of all: one bit makes another event look like this one, or this one say that there are no checksums
  if (is_damaged_format_description(event, parsed && !format.checksums))
    stop(ErrorKind::corrupt, "the checksum of a FORMAT_DESCRIPTION event does not match");
  if (!parsed) stop(ErrorKind::unsupported, "the log's format is not binary log version 4");
  checksums_ = format.checksums;
  format_known_ = true;
  tables_.clear();
  if (group_ == Group::none) return;
  // The server died while it wrote this transaction, which therefore never was committed.
  if (has_parts_) stop(ErrorKind::source_unavailable, "the server was restarted in the middle of a transaction");
  discard_changes();
  group_ = Group::none;
}

void TransactionAssembler::on_rotate(std::string_view body) {
  Rotate rotate;
  if (!parse_rotate(ByteCursor(body), rotate) || !position_.rotate(rotate)) stop(ErrorKind::corrupt, "a malformed ROTATE event");
  failpoint("reader.log_rotated");
}

void TransactionAssembler::on_gtid(const EventHeader& header, ByteCursor body) {
  if (group_ == Group::announced) {
    end_group();  // it held nothing that ends a transaction
  } else if (group_ != Group::none) {
    stop(ErrorKind::corrupt, "a transaction begins inside another one");
  }
  GtidEvent gtid;
  bool mariadb = header.type == EventType::mariadb_gtid;
  if (!(mariadb ? parse_mariadb_gtid(header, body, gtid) : parse_mysql_gtid(header.type, body, gtid)))
    stop(ErrorKind::corrupt, fmt::format("a malformed {} event", event_type_name(header.type)));
  if (gtid.commit_micros == 0) gtid.commit_micros = static_cast<int64_t>(header.timestamp) * 1000000;
  gtid_ = std::move(gtid);
  found_place_ = true;
  begin_group();
  if (!mariadb || gtid_.standalone()) return;
  group_ = Group::open;
  if (gtid_.prepares_xa()) on_xa_start(gtid_.xid);  // MariaDB has no XA START event
}

void TransactionAssembler::on_rows(const EventHeader& header, std::string_view event) {
  ByteCursor body = body_of(event);
  RowsHead head;
  if (!parse_rows_head(body, head)) stop(ErrorKind::corrupt, "a row event is too short");
  if (group_ != Group::open && group_ != Group::xa) stop(ErrorKind::corrupt, "a row event stands outside a transaction");
  MappedTable* table = tables_.find(head.table_id);
  if (!table) {
    // Ids of all ones name no table: such an event only ends the statement.
    if (head.table_id != kDummyTableId && head.table_id != 0xFFFFFFFF && head.table_id != 0xFFFFFFFFFFFF)
      stop(ErrorKind::corrupt, fmt::format("a row event names table number {}, which this statement has not introduced", head.table_id));
  } else if (table->table() < 0) {
    if (RowDecoder* skipper = delivered_before_ ? nullptr : table->skipper(server_))
      batch_->rows_filtered += count_rows(static_cast<uint8_t>(header.type), body, *skipper);
  } else if (group_ == Group::xa) {
    spool_->append(event);
  } else if (!delivered_before_) {
    open_part();
    RowDecoder& decoder = table->decoder(captured_, server_);
    if (!decode_rows(static_cast<uint8_t>(header.type), body, decoder, static_cast<uint32_t>(table->table()), *batch_))
      stop(decoder.error_kind(),
           fmt::format("{} of table {}: {}", event_type_name(header.type), printable(decoder.schema()->name.text()), decoder.error()),
           decoder.error_hint());
    LogTransaction& part = batch_->transactions[static_cast<size_t>(part_)];
    part.change_count = static_cast<uint32_t>(batch_->changes.size()) - part.first_change;
  }
  if (head.flags & kRowsStatementEnd) tables_.end_statement();
}

void TransactionAssembler::on_payload(ByteCursor body) {
  if (payload_open_) stop(ErrorKind::corrupt, "a TRANSACTION_PAYLOAD lies inside another one");
  if (!payload_.open(body)) stop(ErrorKind::corrupt, "TRANSACTION_PAYLOAD: " + payload_.error());
  payload_open_ = true;
}

// --- groups: what lies between a GTID event and the end that belongs to it --------------------------------------------------------

void TransactionAssembler::begin_group() {
  group_ = Group::announced;
  group_begin_ = position_.event_begin();
  part_ = -1;
  has_parts_ = false;
  savepoints_.clear();
  delivered_before_ = start_.collects && is_delivered(gtid_);
  passed_start_ = passed_start_ || !delivered_before_;
  if (!place_known_ && !delivered_before_) {
    place_known_ = true;
    safe_ = group_begin_;
  }
  order_ = server_.flavour == Flavour::mariadb ? CommitOrder::unended : CommitOrder::log;
}

bool TransactionAssembler::is_delivered(const GtidEvent& gtid) const {
  if (start_.by_gtid && gtid.gtid.number != 0) return start_.delivered.gtids.contains(gtid.gtid);
  return start_.same_server && group_begin_ < start_.delivered.offset;
}

void TransactionAssembler::open_part() {
  if (part_ >= 0) return;
  LogTransaction part;
  part.first_change = static_cast<uint32_t>(batch_->changes.size());
  part.starts = !has_parts_;
  part.ends = false;
  part.mark.begin = part.mark.end = group_begin_;
  part.mark.gtid = gtid_.gtid;
  part.mark.commit_micros = gtid_.commit_micros;
  part.mark.order = order_;
  if (order_ == CommitOrder::xa) part.mark.xid = xid_hash(xid_);
  part_ = static_cast<int>(batch_->transactions.size());
  batch_->transactions.push_back(std::move(part));
}

void TransactionAssembler::end_open_group(const EventHeader& header) {
  if (group_ == Group::none)
    stop(ErrorKind::corrupt, fmt::format("an {} event stands outside a transaction", event_type_name(header.type)));
  // MariaDB: a XID event says that the binlog coordinated the commit, in the order of the log.
  if (order_ == CommitOrder::unended) order_ = CommitOrder::log;
  end_group();
}

void TransactionAssembler::end_group() {
  group_ = Group::none;
  if (order_ == CommitOrder::unended) order_ = CommitOrder::loose;
  add_gtid(gtid_.gtid);
  if (delivered_before_) return;
  if (part_ >= 0 || has_parts_) {
    open_part();
    LogTransaction& part = batch_->transactions[static_cast<size_t>(part_)];
    if (part.change_count != 0 || has_parts_) {
      part.ends = true;
      part.skipped = static_cast<uint32_t>(batch_->skipped_gtids.size());
      part.mark.order = order_;
      part.mark.end = position_.at();
      part_ = -1;
      has_parts_ = false;
      return;
    }
    discard_changes();
  }
  if (gtid_.gtid.number != 0) batch_->skipped_gtids.push_back(gtid_.gtid);
}

void TransactionAssembler::discard_changes() {
  if (has_parts_)
    stop(ErrorKind::unsupported, "a transaction was rolled back in the log after its first part had been handed on",
         "copy the tables anew with a new pipeline");
  if (part_ < 0) return;
  batch_->changes.resize(batch_->transactions[static_cast<size_t>(part_)].first_change);
  batch_->transactions.pop_back();
  part_ = -1;
}

void TransactionAssembler::add_gtid(const Gtid& gtid) {
  if (gtid.number == 0) return;
  if (run_.number + 1 == gtid.number && run_.origin == gtid.origin) {
    run_.number = gtid.number;
    run_.server_id = gtid.server_id;
    return;
  }
  flush_gtids();
  run_ = gtid;
  run_first_ = gtid.number;
}

void TransactionAssembler::flush_gtids() {
  if (run_.number == 0) return;
  if (server_.flavour == Flavour::mariadb) {
    gtids_.add(run_);
  } else {
    gtids_.add(run_.origin, GtidSet::Interval{run_first_, run_.number});
  }
  run_ = {};
}

}  // namespace tidemark::mysql
