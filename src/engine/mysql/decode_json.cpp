#include "engine/mysql/decode_json.h"

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <unordered_map>

#include "engine/mysql/binlog_file.h"
#include "engine/mysql/checksum.h"
#include "engine/mysql/event_control.h"
#include "engine/mysql/event_gtid.h"
#include "engine/mysql/payload.h"
#include "engine/mysql/row_decoder.h"
#include "engine/mysql/rows_event.h"
#include "engine/mysql/table_map.h"
#include "engine/mysql/value_json.h"
#include "tidemark/change.h"

namespace tidemark::mysql {

namespace {

using Json = nlohmann::ordered_json;
using LineSink = std::function<void(std::string_view)>;

// "10.11.19-MariaDB-log", "5.5.5-10.11.19-MariaDB", "9.7.4"
ServerKind server_kind(std::string_view version) {
  ServerKind kind;
  if (version.find("MariaDB") != std::string_view::npos) kind.flavour = Flavour::mariadb;
  if (version.substr(0, 6) == "5.5.5-") version.remove_prefix(6);
  unsigned part[3] = {};
  size_t at = 0;
  for (unsigned& p : part) {
    while (at < version.size() && version[at] >= '0' && version[at] <= '9') p = p * 10 + static_cast<unsigned>(version[at++] - '0');
    if (at < version.size()) ++at;
  }
  kind.version = part[0] * 10000 + part[1] * 100 + part[2];
  return kind;
}

class Decoder {
 public:
  explicit Decoder(const LineSink& line) : line_(line) {}

  void event(std::string_view whole, uint64_t offset) {
    offset_ = offset;
    EventHeader header = parse_event_header(whole);
    if (header.type == EventType::format_description) {
      FormatDescription format;
      if (!parse_format_description(whole, format)) fail("a malformed FORMAT_DESCRIPTION event");
      checksums_ = format.checksums;
      server_ = server_kind(format.server_version);
      tables_.clear();
    }
    if (checksums_) {
      // The server marks the file that it is writing after the checksum was made.
      std::string format;
      if (header.type == EventType::format_description) {
        format = whole;
        format[17] = static_cast<char>(format[17] & ~1);
      }
      if (whole.size() < kEventHeaderBytes + kChecksumBytes || !checksum_matches(format.empty() ? whole : format))
        fail(fmt::format("the checksum of a {} event does not match", event_type_name(header.type)));
      if (header.type != EventType::format_description) whole.remove_suffix(kChecksumBytes);
    }
    print(header, whole, false);
  }

 private:
  struct Table {
    TableMap map;
    SchemaRef schema;
    std::unique_ptr<RowDecoder> decoder;
  };

  [[noreturn]] void fail(const std::string& why, ErrorKind kind = ErrorKind::corrupt, const std::string& hint = {}) const {
    Error error(kind, "decoding the binary log", why, hint);
    throw error.at(fmt::format("offset {}", offset_));
  }

  void print(const EventHeader& header, std::string_view bare, bool inner) {
    Json out;
    out["type"] = event_type_name(header.type);
    out["position"] = offset_;
    if (inner) out["compressed"] = true;
    if (header.next_position != 0 && !inner) out["end_position"] = header.next_position;
    out["timestamp"] = header.timestamp;
    out["server_id"] = header.server_id;
    if (header.flags) out["flags"] = header.flags;
    ByteCursor body(bare.substr(kEventHeaderBytes));
    bool payload = header.type == EventType::transaction_payload;
    if (!payload) details(header, bare, body, out);
    line_(out.dump(-1, ' ', false, Json::error_handler_t::replace));
    if (payload) unpack(body);
  }

  void unpack(ByteCursor body) {
    PayloadReader reader;
    std::string_view event;
    if (!reader.open(body)) fail(reader.error());
    for (;;) {
      PayloadReader::Step step = reader.next(event);
      if (step == PayloadReader::Step::failed) fail(reader.error());
      if (step == PayloadReader::Step::end) return;
      if (event.size() < kEventHeaderBytes) fail("an event inside a TRANSACTION_PAYLOAD is shorter than its header");
      EventHeader header = parse_event_header(event);
      if (header.type == EventType::transaction_payload) fail("a TRANSACTION_PAYLOAD lies inside another one");
      print(header, event, true);
    }
  }

  void need(bool ok, const EventHeader& header) const {
    if (!ok) fail("a malformed " + event_type_name(header.type) + " event");
  }

  void details(const EventHeader& header, std::string_view bare, ByteCursor body, Json& out) {
    switch (header.type) {
      case EventType::format_description: {
        FormatDescription format;
        parse_format_description(bare, format);
        out["server_version"] = format.server_version;
        out["checksums"] = format.checksums;
        return;
      }
      case EventType::rotate: {
        Rotate rotate;
        need(parse_rotate(body, rotate), header);
        out["next_file"] = rotate.file;
        out["next_position"] = rotate.position;
        return;
      }
      case EventType::gtid:
      case EventType::anonymous_gtid:
      case EventType::gtid_tagged:
      case EventType::mariadb_gtid: return gtid(header, body, out);
      case EventType::gtid_list: {
        std::vector<Gtid> list;
        need(parse_gtid_list(body, list), header);
        GtidSet set;
        for (const Gtid& g : list) set.add(g);
        out["gtids"] = set.text();
        return;
      }
      case EventType::previous_gtids: {
        GtidSet set;
        need(decode_gtid_set(body, set), header);
        out["gtids"] = set.text();
        return;
      }
      case EventType::query: return query(header, body, 0, out);
      case EventType::execute_load_query: return query(header, body, 13, out);
      case EventType::query_compressed: {
        std::string text, why;
        if (!inflate_query(body.rest(), text, why)) fail(why);
        return query(header, ByteCursor(text), 0, out);
      }
      case EventType::xid: out["xid"] = body.u64(); return need(!body.failed(), header);
      case EventType::xa_prepare: {
        XaPrepare prepare;
        need(parse_xa_prepare(body, prepare), header);
        out["xid"] = prepare.xid;
        out["one_phase"] = prepare.one_phase;
        return;
      }
      case EventType::annotate_rows: out["statement"] = body.rest(); return;
      case EventType::rows_query:
        body.skip(1);
        out["statement"] = body.rest();
        return;
      case EventType::incident: {
        Incident incident;
        need(parse_incident(body, incident), header);
        out["incident"] = incident.number;
        out["message"] = incident.message;
        return;
      }
      case EventType::start_encryption:
        fail("the rest of the file is encrypted", ErrorKind::unsupported,
             "let the server decrypt it: mariadb-binlog --read-from-remote-server --raw ...");
      case EventType::table_map: return table_map(header, body, out);
      default:
        if (is_rows_event(static_cast<uint8_t>(header.type))) return rows(header, body, out);
    }
  }

  void gtid(const EventHeader& header, ByteCursor body, Json& out) {
    GtidEvent event;
    bool mariadb = header.type == EventType::mariadb_gtid;
    need(mariadb ? parse_mariadb_gtid(header, body, event) : parse_mysql_gtid(header.type, body, event), header);
    if (event.gtid.number != 0) {
      GtidSet set;
      set.add(event.gtid);
      out["gtid"] = set.text();
    }
    if (event.commit_micros != 0) out["commit_micros"] = event.commit_micros;
    if (mariadb) out["standalone"] = event.standalone();
    if (!event.xid.empty()) out["xid"] = event.xid;
  }

  void query(const EventHeader& header, ByteCursor body, size_t extra_head, Json& out) {
    Query query;
    need(parse_query(body, query, extra_head), header);
    out["database"] = query.database;
    out["thread_id"] = query.thread_id;
    if (query.error_code) out["error_code"] = query.error_code;
    const Charset* charset = query.client_charset ? collation_by_id(query.client_charset).charset : nullptr;
    out["statement"] = charset ? charset->to_utf8(query.statement) : std::string(query.statement);
  }

  void table_map(const EventHeader& header, ByteCursor body, Json& out) {
    auto table = std::make_unique<Table>();
    std::string why;
    if (!parse_table_map(body, server_.flavour, table->map, why)) fail(event_type_name(header.type) + ": " + why);
    const TableMap& map = table->map;
    out["table_id"] = map.table_id;
    out["database"] = map.database;
    out["table"] = map.table;
    table->schema = schema_from_table_map(map, server_.flavour);
    Json columns = Json::array();
    for (const Column& column : table->schema->columns) {
      columns.push_back(
          {{"name", column.name}, {"type", column.native_type}, {"kind", kind_name(column.kind)}, {"nullable", column.nullable}});
    }
    out["columns"] = std::move(columns);
    tables_[map.table_id] = std::move(table);
  }

  void rows(const EventHeader& header, ByteCursor body, Json& out) {
    RowsHead head;
    need(parse_rows_head(body, head), header);
    out["table_id"] = head.table_id;
    out["statement_end"] = (head.flags & kRowsStatementEnd) != 0;
    auto found = tables_.find(head.table_id);
    if (found == tables_.end()) {
      if (head.table_id == kDummyTableId) return;
      fail(fmt::format("a row event names table number {}, which no TABLE_MAP has introduced", head.table_id));
    }
    Table& table = *found->second;
    out["database"] = table.map.database;
    out["table"] = table.map.table;
    if (!table.decoder) table.decoder = std::make_unique<RowDecoder>(table.map, table.schema, server_);
    LogBatch batch;
    if (!decode_rows(static_cast<uint8_t>(header.type), body, *table.decoder, 0, batch)) {
      check_old_times(table);
      fail(event_type_name(header.type) + ": " + table.decoder->error(), table.decoder->error_kind(), table.decoder->error_hint());
    }
    Json list = Json::array();
    for (const Change& change : batch.changes) {
      Json row;
      row["op"] = change.op == Op::insert ? "insert" : change.op == Op::update ? "update" : "delete";
      if (change.before) row["before"] = row_to_json(*table.schema, change.before);
      if (change.after) row["after"] = row_to_json(*table.schema, change.after);
      list.push_back(std::move(row));
    }
    out["rows"] = std::move(list);
  }

  /// Throws when the rows may have been misread because of times of an old form, which were taken for ones without fractions.
  void check_old_times(const Table& table) const {
    if (server_.flavour != Flavour::mariadb) return;
    for (size_t i = 0; i < table.map.columns.size(); ++i) {
      const ColumnType type = table.map.columns[i].type;
      if (!is_old_temporal(type)) continue;
      fail(fmt::format("table {}, column {}: a {} in the form of before MariaDB 10.1, which with fractions of a second takes a length that "
                       "the log does not give",
                       printable(table.schema->name.text()), printable(table.schema->columns[i].name), type_name(type)),
           ErrorKind::unsupported,
           "a pipeline can read it, for it knows the table; later logs can be decoded after SET GLOBAL mysql56_temporal_format=ON and "
           "ALTER TABLE ... FORCE");
    }
  }

  const LineSink& line_;
  uint64_t offset_ = 0;
  bool checksums_ = false;
  ServerKind server_;
  std::unordered_map<uint64_t, std::unique_ptr<Table>> tables_;
};

}  // namespace

void decode_to_json(const std::string& path_or_dash, const LineSink& line) {
  BinlogInput file(path_or_dash);
  Decoder decoder(line);
  std::string_view event;
  while (file.next(event)) decoder.event(event, file.offset());
}

int decode_file(const std::string& path_or_dash, std::ostream& out) {
  decode_to_json(path_or_dash, [&](std::string_view line) { out << line << '\n'; });
  out.flush();
  return 0;
}

}  // namespace tidemark::mysql
