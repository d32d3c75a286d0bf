// tidemark-bench-decode: reads the binary log of a live server from a position to the end as it is now and throws the rows away.
// Prints one line of JSON: rows, transactions, bytes, wall and CPU seconds of this process, rows a CPU second.
//   tidemark-bench-decode --socket PATH | --port N [--user U] [--include 'db.*'] [--from FILE:POS | --gtids SET] [--to FILE:POS]
//       [--batch-bytes N] [--tls on] [--print]
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/mysql/catalog.h"
#include "engine/mysql/connection.h"
#include "engine/mysql/log_reader.h"

namespace {

using namespace tidemark;

struct Options {
  SourceConfig source;
  std::string from, to, gtids;
  TableSelection tables;
  bool print = false;
  size_t target_bytes = 1 << 20;
};

Options parse(int argc, char** argv) {
  Options o;
  o.source.name = "bench";
  o.source.server_id = 990001;
  o.source.address.user = "root";
  for (int i = 1; i < argc; ++i) {
    std::string flag = argv[i];
    if (flag == "--print") {
      o.print = true;
      continue;
    }
    if (i + 1 == argc) throw Error(ErrorKind::usage, flag, "a value is missing");
    std::string value = argv[++i];
    if (flag == "--socket")
      o.source.address.socket = value;
    else if (flag == "--host")
      o.source.address.host = value;
    else if (flag == "--port")
      o.source.address.port = static_cast<uint16_t>(std::strtoul(value.c_str(), nullptr, 10));
    else if (flag == "--user")
      o.source.address.user = value;
    else if (flag == "--include")
      o.tables.include.push_back(value);
    else if (flag == "--from")
      o.from = value;
    else if (flag == "--to")
      o.to = value;
    else if (flag == "--gtids")
      o.gtids = value;
    else if (flag == "--batch-bytes")
      o.target_bytes = static_cast<size_t>(std::atoll(value.c_str()));
    else if (flag == "--tls")
      o.source.address.tls.mode = value == "on" ? TlsMode::required : TlsMode::disabled;
    else
      throw Error(ErrorKind::usage, flag, "no such option");
  }
  if (o.tables.include.empty()) o.tables.include.push_back("*.*");
  return o;
}

Position position_of(const std::string& text, mysql::Connection& connection) {
  Position p = Position::parse(fmt::format("{} server={} file={}", connection.is_mariadb() ? "mariadb" : "mysql", "1", text));
  return p;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

const char* op_name(Op op) { return op == Op::insert ? "insert" : op == Op::update ? "update" : "delete"; }

std::string value_text(const Value& v) {
  if (v.has_bytes()) return fmt::format("{}({})", kind_name(v.kind()), v.bytes().substr(0, 30));
  if (v.is_absent() || v.is_null()) return std::string(kind_name(v.kind()));
  return fmt::format("{}", v.int64());
}

void print_batch(const LogBatch& batch, const std::vector<SchemaRef>& tables) {
  for (const Gtid& gtid : batch.skipped_gtids) {
    GtidSet set;
    set.add(gtid);
    fmt::print("skipped {}\n", set.text());
  }
  for (const LogTransaction& t : batch.transactions) {
    GtidSet set;
    if (t.mark.gtid.number != 0) set.add(t.mark.gtid);
    fmt::print("transaction {}:{}-{}:{} {} commit={} starts={} ends={} changes={}\n", t.mark.begin.file, t.mark.begin.byte, t.mark.end.file,
               t.mark.end.byte, set.text(), t.mark.commit_micros, t.starts, t.ends, t.change_count);
    for (uint32_t i = t.first_change; i < t.first_change + t.change_count && i < t.first_change + 6; ++i) {
      const Change& c = batch.changes[i];
      fmt::print("  {} {}", op_name(c.op), tables[c.table]->name.text());
      for (Row row : {c.before, c.after}) {
        if (!row) continue;
        fmt::print(" [");
        for (size_t k = 0; k < tables[c.table]->columns.size(); ++k) fmt::print("{}{}", k ? ", " : "", value_text(row[k]));
        fmt::print("]");
      }
      fmt::print("\n");
    }
  }
  if (batch.read_to.file != 0) fmt::print("read_to {}:{}\n", batch.read_to.file, batch.read_to.byte);
  if (batch.read_from.file != 0)
    fmt::print("read_from {}:{} {}\n", batch.read_from.file, batch.read_from.byte, batch.read_from_gtids.text());
}

int run(const Options& o) {
  mysql::Connection control(o.source, mysql::Purpose::control);
  bool new_words = !control.is_mariadb() && control.version() >= 80400;
  mysql::ResultRow status = control.query_row(new_words ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
  Position end = position_of(status.at(0).value() + ":" + status.at(1).value(), control);
  if (!o.to.empty()) end = position_of(o.to, control);
  SourceInfo info;
  info.server = "1";
  info.gtids = !o.gtids.empty();
  Position from = end;
  from.offset = {1, 4};
  if (!o.from.empty()) from = position_of(o.from, control);
  if (!o.gtids.empty()) {
    from.gtids = control.is_mariadb() ? GtidSet::parse_mariadb(o.gtids) : GtidSet::parse_mysql(o.gtids);
    from.offset = {};
  }
  std::vector<SchemaRef> tables = mysql::describe_tables(control, o.tables, nullptr);
  auto reader = mysql::make_log_reader(o.source, info, from, tables, o.tables);
  uint64_t rows = 0, transactions = 0, batches = 0, events = 0;
  double cpu = cpu_seconds();
  auto start = std::chrono::steady_clock::now();
  for (LogOffset at; at < end.offset;) {
    LogBatch batch;
    if (!reader->read(batch, o.target_bytes, std::chrono::seconds(5))) break;
    rows += batch.changes.size();
    events += batch.events;
    ++batches;
    for (const LogTransaction& t : batch.transactions) transactions += t.ends ? 1 : 0;
    if (batch.read_to.file != 0) at = batch.read_to;
    if (o.print) print_batch(batch, tables);
  }
  double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  cpu = cpu_seconds() - cpu;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print(
      "{{\"rows\": {}, \"transactions\": {}, \"events\": {}, \"batches\": {}, \"bytes\": {}, \"seconds\": {:.3f}, \"cpu_seconds\": {:.3f}, "
      "\"rows_per_cpu_second\": {:.0f}, \"transactions_per_cpu_second\": {:.0f}, \"peak_rss_kib\": {}}}\n",
      rows, transactions, events, batches, reader->bytes_received(), wall, cpu, static_cast<double>(rows) / cpu,
      static_cast<double>(transactions) / cpu, usage.ru_maxrss);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // Batches are freed as fast as they are made: without this the allocator hands their pages back to the system each time.
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  try {
    return run(parse(argc, argv));
  } catch (const Error& error) {
    fmt::print(stderr, "tidemark-bench-decode: {}\n  at {}\n  kind {} code {}\nhint: {}\n", error.what(), error.position(),
               kind_name(error.kind()), error.server_code(), error.hint());
    return exit_code_of(error.kind());
  }
}
