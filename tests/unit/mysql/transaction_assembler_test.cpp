// Transactions out of logs that real servers wrote (golden/log_*.binlog), whole, in parts, and with events added, changed or left out.
#include "engine/mysql/transaction_assembler.h"

#include <fmt/format.h>

#include <functional>

#include "engine/mysql/binlog_file.h"
#include "engine/mysql/checksum.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::mysql;

namespace {

struct Log {
  std::string format;                                    // the FORMAT_DESCRIPTION event
  std::vector<std::pair<uint64_t, std::string>> events;  // from `from` on
};

Log read_log(const std::string& name, uint64_t from) {
  Log log;
  BinlogInput file(std::string(MYSQL_GOLDEN_FOLDER) + "/" + name);
  std::string_view event;
  while (file.next(event)) {
    if (file.offset() == 4) log.format = event;
    if (file.offset() >= from) log.events.emplace_back(file.offset(), event);
  }
  return log;
}

// The schemas of d.t, d.u and d.j as the log's own table maps give them.
std::vector<SchemaRef> schemas(const Log& log, Flavour flavour) {
  std::vector<SchemaRef> out;
  for (const auto& [offset, event] : log.events) {
    if (parse_event_header(event).type != EventType::table_map) continue;
    TableMap map;
    std::string why;
    ByteCursor body(std::string_view(event).substr(kEventHeaderBytes));
    body.shrink(kChecksumBytes);
    REQUIRE(parse_table_map(body, flavour, map, why));
    bool known = map.database != "d" || map.table == "my";
    for (const SchemaRef& s : out) known = known || s->name.table == map.table;
    if (!known) out.push_back(schema_from_table_map(map, flavour));
  }
  return out;
}

struct Run {
  std::vector<std::string> lines;  // "1249-1512 0-77-7 starts ends: insert t 1, ..."
  std::vector<std::string> skipped;
  LogOffset read_to, read_from;
  std::string read_from_gtids, error, error_kind, error_position;
  uint64_t filtered = 0;
};

std::string gtid_text(const Gtid& gtid) {
  GtidSet set;
  if (gtid.number != 0) set.add(gtid);
  return set.text();
}

void add_lines(const LogBatch& batch, const std::vector<SchemaRef>& tables, Run& run) {
  for (const LogTransaction& t : batch.transactions) {
    std::string line = fmt::format("{}-{} {}{}{}:", t.mark.begin.byte, t.mark.end.byte, gtid_text(t.mark.gtid), t.starts ? " starts" : "",
                                   t.ends ? " ends" : "");
    for (uint32_t i = t.first_change; i < t.first_change + t.change_count; ++i) {
      const Change& c = batch.changes[i];
      Row row = c.op == Op::remove ? c.before : c.after;
      if (row[0].is_absent()) row = c.before;
      line += fmt::format(" {}{}{}",
                          c.op == Op::insert   ? "+"
                          : c.op == Op::update ? "="
                                               : "-",
                          tables[c.table]->name.table, row[0].int64());
    }
    run.lines.push_back(line);
  }
  for (const Gtid& g : batch.skipped_gtids) run.skipped.push_back(gtid_text(g));
  if (batch.read_to.file != 0) run.read_to = batch.read_to;
  run.read_from = batch.read_from;
  run.read_from_gtids = batch.read_from_gtids.text();
  run.filtered += batch.rows_filtered;
}

struct Options {
  ServerKind server{Flavour::mariadb, 101119};
  AssemblerStart start;
  size_t events_a_batch = 1000000;  // of inner events, too
  std::function<void(Log&)> change;
  TableSelection selection{{"d.t", "d.u", "d.j"}, {}, {}};
};

Run run_log(const std::string& name, uint64_t from, Options options = {}) {
  Log log = read_log(name, from);
  std::vector<SchemaRef> tables = schemas(log, options.server.flavour);
  if (options.change) options.change(log);
  if (options.start.stream.file == 0) options.start.stream = {1, from};
  if (options.start.delivered.log_name.empty()) options.start.delivered.log_name = "log";
  TransactionAssembler assembler(options.server, tables, options.selection, options.start);
  Run run;
  auto batch = std::make_unique<LogBatch>();
  size_t n = 0;
  auto turn = [&](bool last) {
    if (!last && ++n % options.events_a_batch != 0) return;
    assembler.end_batch();
    add_lines(*batch, tables, run);
    batch = std::make_unique<LogBatch>();
    if (!last) assembler.begin_batch(*batch);
  };
  assembler.begin_batch(*batch);
  try {
    assembler.take(log.format);
    for (const auto& [offset, event] : log.events) {
      assembler.take(event);
      turn(false);
      while (assembler.busy()) {
        assembler.resume();
        turn(false);
      }
    }
  } catch (const Error& error) {
    run.error = error.what();
    run.error_kind = kind_name(error.kind());
    run.error_position = error.position();
  }
  turn(true);
  return run;
}

constexpr const char* kMaria = "log_mariadb_10_11.binlog";
constexpr const char* kMysqlA = "log_mysql_9_7_a.binlog";
constexpr const char* kMysqlB = "log_mysql_9_7_b.binlog";
constexpr const char* kUuid = "8cb551d8-e52a-11f1-b5b4-02fc00000001:";

Options mysql97() {
  Options options;
  options.server = {Flavour::mysql, 90704};
  return options;
}

void set_checksum(std::string& event) {
  uint32_t crc = crc32_of(std::string_view(event).substr(0, event.size() - 4));
  std::memcpy(event.data() + event.size() - 4, &crc, 4);
}

// An event of our own making, put in front of the one at `index`.
void insert_event(Log& log, size_t index, uint8_t type, const std::string& body, uint16_t flags = 0) {
  std::string event(kEventHeaderBytes, '\0');
  event[4] = static_cast<char>(type);
  auto length = static_cast<uint32_t>(kEventHeaderBytes + body.size() + 4);
  auto at = static_cast<uint32_t>(log.events[index].first);
  std::memcpy(event.data() + 9, &length, 4);
  std::memcpy(event.data() + 13, &at, 4);
  std::memcpy(event.data() + 17, &flags, 2);
  event += body + "    ";
  set_checksum(event);
  log.events.insert(log.events.begin() + static_cast<ptrdiff_t>(index), {log.events[index].first, event});
}

size_t index_of(const Log& log, EventType type, size_t nth = 0) {
  for (size_t i = 0; i < log.events.size(); ++i) {
    if (parse_event_header(log.events[i].second).type == type && nth-- == 0) return i;
  }
  FAIL("no such event in the log");
  return 0;
}

const std::vector<std::string> kMariaLines = {"1249-1512 0-77-7 starts ends: +t1 +t2", "1512-1762 0-77-8 starts ends: =t1",
                                              "1762-1994 0-77-9 starts ends: -t2",     "1994-2618 0-77-10 starts ends: +t3 +t5 +u1",
                                              "3343-3899 0-77-14 starts ends: +t50",  // ROLLBACK TO took +t6 back
                                              "4619-4749 0-77-17 starts ends: +t7",   // XA COMMIT
                                              "5214-5453 0-77-20 starts ends: +t9"};

}  // namespace

TEST_CASE("a MariaDB log") {
  Run run = run_log(kMaria, 1249);
  CHECK(run.error.empty());
  CHECK(run.lines == kMariaLines);
  CHECK(run.skipped == std::vector<std::string>{"0-77-11", "0-77-12", "0-77-13", "0-77-15", "0-77-16", "0-77-18", "0-77-19", "0-77-21",
                                                "0-77-22", "0-77-23", "0-77-24", "0-77-25"});
  CHECK(run.read_to == LogOffset{2, 4});  // the rotation at its end
  CHECK(run.read_from == LogOffset{1, 4147});
  CHECK(run.filtered == 7);  // x.z three times and once in XA, d.my three times
}

TEST_CASE("a MySQL log") {
  Run run = run_log(kMysqlA, 1562, mysql97());
  CHECK(run.error.empty());
  CHECK(run.lines == std::vector<std::string>{
                         fmt::format("1562-1872 {}8 starts ends: +t1 +t2", kUuid), fmt::format("1872-2192 {}9 starts ends: =t1", kUuid),
                         fmt::format("2192-2490 {}10 starts ends: -t2", kUuid),
                         fmt::format("2490-3086 {}11 starts ends: +t3 +t5 +u1", kUuid),
                         fmt::format("3687-4064 {}14 starts ends: +t50", kUuid), fmt::format("4568-4734 {}16 starts ends: +t7", kUuid),
                         fmt::format("5311-5720 {}19 starts ends: +t9", kUuid)});
  CHECK(run.read_to == LogOffset{2, 4});
  CHECK(run.read_from == LogOffset{1, 4064});
}

TEST_CASE("MINIMAL images, compressed transactions, partial JSON and tagged GTIDs") {
  Options options = mysql97();
  options.start.stream = {2, 198};
  Run run = run_log(kMysqlB, 198, options);
  CHECK(run.error.empty());
  CHECK(run.lines == std::vector<std::string>{
                         fmt::format("198-507 {}24 starts ends: +t10", kUuid), fmt::format("507-814 {}25 starts ends: =t10", kUuid),
                         fmt::format("814-1108 {}26 starts ends: =u1", kUuid), fmt::format("1108-1386 {}27 starts ends: +t20 +t21", kUuid),
                         fmt::format("1386-1747 {}28 starts ends: =t1 =t3 =t5 =t7 =t9 =t10 =t20 =t21 =t50", kUuid),
                         fmt::format("1747-2029 {}29 starts ends: +u30", kUuid), fmt::format("2029-2388 {}30 starts ends: +j1", kUuid),
                         fmt::format("2388-2777 {}31 starts ends: =j1", kUuid), fmt::format("2777-3068 {}32 starts ends: +t60", kUuid),
                         fmt::format("3068-3359 {}33 starts ends: -t60", kUuid),
                         "3359-3652 aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa:tagx:1 starts ends: +u90",
                         fmt::format("3652-3937 {}tagy:1 starts ends: +u91", kUuid),
                         fmt::format("3937-4220 {}34 starts ends: +u92", kUuid)});
  CHECK(run.read_to == LogOffset{2, 4220});
}

TEST_CASE("transactions in parts: however the batches are cut, the same changes in the same transactions") {
  for (size_t size : {1u, 2u, 3u, 5u}) {
    INFO("events a batch: " << size);
    Options options;
    options.events_a_batch = size;
    // Savepoints that are rolled back reach into earlier batches here: that stops, see below.
    options.change = [](Log& log) { log.events.erase(log.events.begin() + static_cast<ptrdiff_t>(index_of(log, EventType::query, 4))); };
    Run run = run_log(kMaria, 1249, options);
    CHECK(run.error == "");
    std::vector<std::string> joined;
    for (const std::string& line : run.lines) {
      size_t colon = line.find(':');
      bool starts = line.find(" starts") < colon;
      if (starts) {
        joined.push_back(line);
      } else {
        REQUIRE_FALSE(joined.empty());
        REQUIRE(joined.back().substr(0, 4) == line.substr(0, 4));
        REQUIRE(joined.back().find(" ends") == std::string::npos);
        std::string changes = joined.back().substr(joined.back().find(':') + 1) + line.substr(colon + 1);
        std::string head = line.substr(0, colon);
        size_t ends = head.find(" ends");
        if (ends != std::string::npos) head.erase(ends);
        joined.back() = head + " starts" + (ends != std::string::npos ? " ends" : "") + ":" + changes;
      }
    }
    std::vector<std::string> want = kMariaLines;
    want[4] = "3343-3899 0-77-14 starts ends: +t50 +t6";
    CHECK(joined == want);
  }
}

TEST_CASE("a savepoint that lies in an earlier batch cannot be rolled back to") {
  Options options;
  options.events_a_batch = 1;
  Run run = run_log(kMaria, 1249, options);
  CHECK(run.error_kind == "unsupported");
  CHECK(run.error_position == "log.000001:3343");
}

TEST_CASE("reading begins before the position to collect a prepared XA transaction") {
  Options options;
  options.start.delivered.offset = {1, 4619};  // after the PREPARE, before the XA COMMIT
  options.start.delivered.gtids = GtidSet::parse_mariadb("0-77-16");
  options.start.delivered.read_from = {1, 4147};
  options.start.delivered.read_from_gtids = GtidSet::parse_mariadb("0-77-15");
  options.start.collects = true;
  for (bool by_gtid : {false, true}) {
    options.start.by_gtid = by_gtid;
    options.start.same_server = !by_gtid;
    Run run = run_log(kMaria, 1249, options);  // earlier than needed: nothing of it may be delivered again
    CHECK(run.error.empty());
    CHECK(run.lines == std::vector<std::string>{kMariaLines[5], kMariaLines[6]});
    CHECK(run.skipped.front() == "0-77-18");
  }
}

TEST_CASE("an XA COMMIT whose PREPARE was not read stops") {
  Run run = run_log(kMaria, 4619);
  CHECK(run.error_kind == "unsupported");
  CHECK(run.error.find("XA COMMIT X'7831',X'',1") != std::string::npos);
  CHECK(run.error_position == "log.000001:4619");
  CHECK(run.lines.empty());
}

TEST_CASE("DDL on a captured table: all before it is delivered, then it stops") {
  Options options;
  options.selection.include = {"d.*"};
  Run run = run_log(kMaria, 653, options);  // CREATE TABLE u
  CHECK(run.error_kind == "schema_changed");
  CHECK(run.error_position == "log.000001:653");
  options.change = [](Log& log) {
    size_t at = index_of(log, EventType::mariadb_gtid, 3);
    std::string gtid = log.events[at].second.substr(kEventHeaderBytes);
    gtid.resize(gtid.size() - 4);
    gtid[12] = 1;  // standalone
    std::string query = std::string(4 + 4, '\0') + std::string("\1\0\0\0\0d\0", 7) + "ALTER TABLE t DROP COLUMN v";
    insert_event(log, at, 2, query);
    insert_event(log, at, 162, gtid);
  };
  options.selection.include = {"d.t", "d.u"};
  run = run_log(kMaria, 1249, options);
  CHECK(run.error_kind == "schema_changed");
  CHECK(run.error.find("captured table d.t was changed: ALTER TABLE t DROP COLUMN v") != std::string::npos);
  CHECK(run.lines == std::vector<std::string>(kMariaLines.begin(), kMariaLines.begin() + 3));
}

TEST_CASE("what is not understood stops, what the server calls ignorable does not") {
  Options options;
  options.change = [](Log& log) { insert_event(log, index_of(log, EventType::mariadb_gtid, 2), 200, "body"); };
  Run run = run_log(kMaria, 1249, options);
  CHECK(run.error_kind == "unsupported");
  CHECK(run.lines.size() == 2);
  CHECK(run.error.find("UNKNOWN_200") != std::string::npos);
  options.change = [](Log& log) { insert_event(log, index_of(log, EventType::mariadb_gtid, 2), 200, "body", kIgnorableFlag); };
  CHECK(run_log(kMaria, 1249, options).lines == kMariaLines);
  options.change = [](Log& log) { insert_event(log, index_of(log, EventType::mariadb_gtid, 2), 26, std::string("\1\0\4lost", 7)); };
  run = run_log(kMaria, 1249, options);
  CHECK(run.error_kind == "unsupported");
  CHECK(run.error.find("INCIDENT 1: lost") != std::string::npos);
}

TEST_CASE("a flipped bit anywhere is seen") {
  Log whole = read_log(kMaria, 1249);
  for (size_t event = 0; event < 12; ++event) {
    for (size_t at = 0; at < whole.events[event].second.size(); at += 3) {
      Options options;
      options.change = [&](Log& log) { log.events[event].second[at] = static_cast<char>(log.events[event].second[at] ^ 4); };
      Run run = run_log(kMaria, 1249, options);
      INFO("event " << event << " byte " << at);
      REQUIRE(run.error_kind == "corrupt");
    }
  }
}

TEST_CASE("any event left out stops or changes nothing, never something else") {
  Log whole = read_log(kMaria, 1249);
  std::vector<std::string> all = run_log(kMaria, 1249).lines;
  for (size_t left_out = 0; left_out < 16; ++left_out) {
    EventType type = parse_event_header(whole.events[left_out].second).type;
    if (is_rows_event(static_cast<uint8_t>(type))) continue;  // nothing in the log could tell
    Options options;
    options.change = [&](Log& log) { log.events.erase(log.events.begin() + static_cast<ptrdiff_t>(left_out)); };
    Run run = run_log(kMaria, 1249, options);
    INFO("event " << left_out << " " << event_type_name(type));
    CHECK((run.error_kind == "corrupt" || run.lines == all));
  }
}

TEST_CASE("a server that died in the middle of a transaction never committed it") {
  Options options;
  options.change = [](Log& log) {
    size_t xid = index_of(log, EventType::xid, 1);
    log.events.resize(xid);
    log.events.emplace_back(4, log.format);
  };
  Run run = run_log(kMaria, 1249, options);
  CHECK(run.error.empty());
  CHECK(run.lines == std::vector<std::string>{kMariaLines[0]});
}

TEST_CASE("a table that has the selection's name but is not known stops when its rows come") {
  Options options;
  options.selection.include = {"*.*"};
  Run run = run_log(kMaria, 2618, options);
  CHECK(run.error_kind == "schema_changed");
  CHECK(run.error.find("x.z") != std::string::npos);
}

TEST_CASE("no bytes can hurt the assembler: every outcome is a transaction or an Error") {
  struct Case {
    const char* file;
    uint64_t from;
    ServerKind server;
  };
  uint32_t random = 11;
  size_t errors = 0;
  for (const Case& c : {Case{kMaria, 1249, {Flavour::mariadb, 101119}}, Case{kMysqlB, 198, {Flavour::mysql, 90704}}}) {
    size_t count = read_log(c.file, c.from).events.size();
    for (size_t event = 0; event < count; ++event) {
      for (int round = 0; round < 12; ++round) {
        Options options;
        options.server = c.server;
        options.change = [&](Log& log) {
          std::string& bytes = log.events[event].second;
          for (int k = 0; k < 1 + round % 3; ++k) {
            random = random * 1664525 + 1013904223;
            size_t at = kEventHeaderBytes + (random >> 8) % (bytes.size() - kEventHeaderBytes - kChecksumBytes + 1);
            if (at < bytes.size()) bytes[at] = static_cast<char>(random >> 24);
          }
          set_checksum(bytes);
        };
        errors += run_log(c.file, c.from, options).error.empty() ? 0 : 1;
      }
    }
  }
  CHECK(errors > 100);
}
