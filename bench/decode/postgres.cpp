// tidemark-bench-pg-decode: reads the log of a live PostgreSQL from a position to the end as it is now and throws the rows away.
//   tidemark-bench-pg-decode --port N [--user U] --database D --slot S --publication P [--streaming off|on]
//       --prepare          makes publication and slot, and prints the position to begin from
//       --from POSITION    reads; prints one line of JSON: rows, transactions, bytes, wall and CPU seconds of this process
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "engine/postgres/postgres_source.h"
#include "tidemark/error.h"

namespace {

using namespace tidemark;

struct Options {
  SourceConfig source;
  std::string from;
};

Options parse(int argc, char** argv) {
  Options o;
  o.source.name = "bench";
  o.source.engine = "postgres";
  o.source.address.user = "postgres";
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--prepare") continue;
    if (i + 1 == argc) throw Error(ErrorKind::usage, flag, "a value is missing");
    const std::string value = argv[++i];
    if (flag == "--port")
      o.source.address.port = static_cast<uint16_t>(std::strtoul(value.c_str(), nullptr, 10));
    else if (flag == "--user")
      o.source.address.user = value;
    else if (flag == "--database")
      o.source.address.database = value;
    else if (flag == "--slot")
      o.source.postgres.slot = value;
    else if (flag == "--publication")
      o.source.postgres.publication = value;
    else if (flag == "--streaming")
      o.source.postgres.streaming = value == "off" ? Streaming::off : Streaming::on;
    else if (flag == "--from")
      o.from = value;
    else
      throw Error(ErrorKind::usage, flag, "no such option");
  }
  return o;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int run(const Options& o) {
  auto source = make_postgres_source(o.source);
  source->check();
  TableSelection tables;
  tables.include = {"*.*"};
  auto schemas = source->describe(tables);
  if (o.from.empty()) {
    fmt::print("{}\n", source->start_position().text());
    return 0;
  }
  const LogOffset end = source->end_position().offset;
  auto reader = source->open_log(Position::parse(o.from), schemas, tables);
  uint64_t rows = 0, transactions = 0;
  double cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  for (LogOffset at; at < end;) {
    LogBatch batch;
    if (!reader->read(batch, 512 << 10, std::chrono::seconds(5))) continue;
    rows += batch.changes.size();
    for (const LogTransaction& t : batch.transactions) transactions += t.ends ? 1 : 0;
    if (batch.read_to.file != 0) at = batch.read_to;
  }
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  cpu = cpu_seconds() - cpu;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("{{\"rows\": {}, \"transactions\": {}, \"bytes\": {}, \"seconds\": {:.3f}, \"cpu_seconds\": {:.3f}, \"peak_rss_kib\": {}}}\n",
             rows, transactions, reader->bytes_received(), wall, cpu, usage.ru_maxrss);
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
    fmt::print(stderr, "tidemark-bench-pg-decode: {}\n  at {}\nhint: {}\n", error.what(), error.position(), error.hint());
    return exit_code_of(error.kind());
  }
}
