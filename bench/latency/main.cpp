// tidemark-bench-latency SOURCE POSTGRES_SOCKET_DIR POSTGRES_PORT SECONDS RATE
// SOURCE is MariaDB's socket, or a connection string of PostgreSQL ("host=... port=..."). Inserts one row a transaction into bench.tick at
// RATE a second and asks PostgreSQL all the time for the highest id there; prints the percentiles of the time from the source's answer to
// COMMIT until a reader of the sink saw the row.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <mysql.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

/// Writes to MariaDB or PostgreSQL; the process ends with a message when it cannot.
class Writer {
 public:
  explicit Writer(const std::string& source);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  void run(const std::string& sql);

 private:
  MYSQL* mysql_ = nullptr;
  PGconn* postgres_ = nullptr;
};

int fail(const char* what, const char* why) {
  fmt::print(stderr, "{}: {}\n", what, why);
  return 1;
}

Writer::Writer(const std::string& source) {
  if (source.find('=') != std::string::npos) {
    postgres_ = PQconnectdb(source.c_str());
    if (PQstatus(postgres_) != CONNECTION_OK) std::exit(fail("the source", PQerrorMessage(postgres_)));
    return;
  }
  mysql_ = mysql_init(nullptr);
  if (mysql_real_connect(mysql_, nullptr, "root", nullptr, "bench", 0, source.c_str(), 0) == nullptr) {
    std::exit(fail("the source", mysql_error(mysql_)));
  }
}

Writer::~Writer() {
  if (postgres_ != nullptr) PQfinish(postgres_);
  if (mysql_ != nullptr) mysql_close(mysql_);
}

void Writer::run(const std::string& sql) {
  if (mysql_ != nullptr) {
    if (mysql_real_query(mysql_, sql.data(), sql.size()) != 0) std::exit(fail("INSERT", mysql_error(mysql_)));
    return;
  }
  PGresult* result = PQexec(postgres_, sql.c_str());
  if (PQresultStatus(result) != PGRES_COMMAND_OK) std::exit(fail("INSERT", PQerrorMessage(postgres_)));
  PQclear(result);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return fail("usage", "tidemark-bench-latency SOURCE POSTGRES_SOCKET_DIR POSTGRES_PORT SECONDS RATE");
  size_t rate = std::strtoul(argv[5], nullptr, 10), total = std::strtoul(argv[4], nullptr, 10) * rate;
  Writer source(argv[1]);
  std::string info = fmt::format("host={} port={} user=postgres dbname=bench", argv[2], argv[3]);
  PGconn* sink = PQconnectdb(info.c_str());
  if (PQstatus(sink) != CONNECTION_OK) return fail("PostgreSQL", PQerrorMessage(sink));
  std::vector<Clock::time_point> committed(total + 1), visible(total + 1);
  std::atomic<size_t> written{0};
  std::thread writer([&] {
    auto due = Clock::now();
    for (size_t id = 1; id <= total; ++id) {
      std::this_thread::sleep_until(due += std::chrono::nanoseconds(1'000'000'000 / rate));
      source.run(fmt::format("INSERT INTO bench.tick VALUES ({}, 'a row that is to be seen soon')", id));
      committed[id] = Clock::now();
      written.store(id, std::memory_order_release);
    }
  });
  auto give_up = Clock::now() + std::chrono::seconds(30 + total / rate);
  for (size_t seen = 0; seen < total;) {
    PGresult* result = PQexec(sink, "SELECT coalesce(max(id), 0) FROM bench.tick");
    if (PQresultStatus(result) != PGRES_TUPLES_OK) return fail("PostgreSQL", PQerrorMessage(sink));
    size_t highest = std::strtoul(PQgetvalue(result, 0, 0), nullptr, 10);
    PQclear(result);
    auto now = Clock::now();
    while (seen < highest) visible[++seen] = now;
    if (now > give_up) return fail("waiting", "rows do not arrive");
    std::this_thread::sleep_for(std::chrono::microseconds(200));  // two processors: the servers need them too
  }
  writer.join();
  std::vector<double> ms;
  for (size_t id = rate; id <= total; ++id) {  // the first second warms up
    ms.push_back(std::max(0.0, std::chrono::duration<double, std::milli>(visible[id] - committed[id]).count()));
  }
  std::sort(ms.begin(), ms.end());
  auto at = [&](double p) { return ms[std::min(ms.size() - 1, static_cast<size_t>(p * static_cast<double>(ms.size())))]; };
  fmt::print(
      "commit to visible at {}/s over {} transactions: p50 {:.2f} ms, p90 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms   (reach: p50 2 ms, p99 "
      "10 ms)\n",
      rate, ms.size(), at(0.5), at(0.9), at(0.99), ms.back());
  PQfinish(sink);
}
