// A start after kill -9 asks both servers as often with five hundred tables as with five: round trips that grow with the number of tables
// would make the way back as long as the network is slow. Statements are counted by the servers themselves.
#include <fmt/core.h>

#include <memory>
#include <sstream>
#include <string>

#include "servers/live_pipeline.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/postgres_server.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pipeline_view.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

void create_tables(MysqlFamilyServer& source, const std::string& database, int tables) {
  source.exec(fmt::format("CREATE DATABASE {0}; USE {0}", database));
  for (int first = 0; first < tables; first += 100) {
    std::string sql;
    for (int i = first; i < std::min(tables, first + 100); ++i) {
      sql += fmt::format("CREATE TABLE t{0} (id INT PRIMARY KEY, v VARCHAR(20)); INSERT INTO t{0} VALUES (1, 'one');", i);
    }
    source.exec(sql);
  }
}

/// Of all clients since the server started, this question among them.
long long asked(MysqlFamilyServer& source) { return std::stoll(source.query("SHOW GLOBAL STATUS LIKE 'Questions'").at(0).at(1).value()); }

/// In the log of a server with log_statement=all. Taking the lock is tried again until the killed session has ended: not counted.
long long logged(const PostgresServer& sink) {
  std::istringstream lines(read_file(sink.log_file()));
  long long count = 0;
  for (std::string line; std::getline(lines, line);) {
    const bool statement = line.find("LOG:  statement: ") != std::string::npos || line.find("LOG:  execute ") != std::string::npos;
    if (statement && line.find("tidemark|") == 0 && line.find("pg_try_advisory_lock") == std::string::npos) ++count;
  }
  return count;
}

struct Asked {
  long long source = 0, sink = 0;
};

/// From the start after a kill to the first change that arrives.
Asked asked_by_restart(MysqlFamilyServer& source, PostgresServer* sink, int tables) {
  const std::string database = fmt::format("d{}", tables);
  create_tables(source, database, tables);
  LivePipeline pipeline(source, sink, database);
  pipeline.settings().name = database;
  pipeline.start();
  const bool copied = wait_until(120s, [&] { return !pipeline.daemon().running() || view_pipeline(pipeline.config()).copied(); });
  INFO(pipeline.daemon().log_tail());
  REQUIRE(copied);
  pipeline.daemon().kill9();
  source.exec(fmt::format("UPDATE {}.t3 SET v = 'after the kill'", database));
  const long long source_before = asked(source), sink_before = sink ? logged(*sink) : 0;
  pipeline.start();
  const bool arrived = wait_until(60s, [&] { return pipeline.sink_value("SELECT v FROM {t} WHERE id = 1", "t3") == "after the kill"; });
  INFO(pipeline.daemon().log_tail());
  REQUIRE(arrived);
  const Asked counted{asked(source) - source_before, sink ? logged(*sink) - sink_before : 0};
  CHECK(counted.source > 10);  // otherwise it is not counted at all
  if (sink) CHECK(counted.sink > 5);
  CHECK(pipeline.stop() == 0);
  return counted;
}

void check(MysqlFamilyServer& source, PostgresServer* sink) {
  const Asked few = asked_by_restart(source, sink, 5), many = asked_by_restart(source, sink, 500);
  INFO("source: " << few.source << " and " << many.source << ", sink: " << few.sink << " and " << many.sink);
  CHECK(many.source <= few.source + 1);
  CHECK(many.sink <= few.sink + 1);  // the commit that moves the position may be one more
}

PostgresOptions logging() {
  PostgresOptions options;
  options.extra = {"log_statement=all", "log_line_prefix=%a|"};
  return options;
}

}  // namespace

TEST_CASE("a restart asks no more with many tables, MariaDB into PostgreSQL") {
  MariadbServer source;
  PostgresServer sink(logging());
  check(source, &sink);
}

TEST_CASE("a restart asks no more with many tables, MySQL into PostgreSQL") {
  MysqlServer source;
  PostgresServer sink(logging());
  check(source, &sink);
}

TEST_CASE("a restart asks no more with many tables, MariaDB into SQLite") {
  MariadbServer source;
  check(source, nullptr);
}
