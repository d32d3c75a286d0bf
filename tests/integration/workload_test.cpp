// What the tests of all pairs stand on, at every kind of server: the writers' tables and statements, the count of the ledger's
// transactions, commits that are held, and the comparison of tables across engines.
#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "integration/stalled_commits.h"
#include "servers/compare.h"
#include "workload/ledger.h"
#include "workload/ledger_count.h"
#include "workload/pair.h"

using namespace tidemark::test;

namespace {

/// Where the log ends, as tidemark would save it.
std::string log_end(DatabaseServer& source) {
  if (source.engine() == "postgres") return "postgres server=1 lsn=1:" + source.value("SELECT pg_current_wal_flush_lsn()");
  if (source.engine() == "mariadb") return "mariadb server=1 gtids=" + source.value("SELECT @@gtid_binlog_pos");
  return "mysql server=1 gtids=" + source.value("SELECT @@GLOBAL.gtid_executed");
}

void write_a_while(DatabaseServer& source) {
  const auto tables = key_tables(source.engine());
  create_tables(source, "k", tables);
  for (const KeyTable& table : tables) {
    CAPTURE(table.name);
    const auto rows = std::stoul(source.value("SELECT count(*) FROM k." + table.name));
    CHECK(rows <= table.filled);
    CHECK(rows >= table.filled / 4);  // words that are one for their collation meet
  }
  Writers writers(source, "k", tables, 3, 11);
  std::this_thread::sleep_for(2s);
  REQUIRE_NOTHROW(writers.stop());
  CHECK(writers.transactions() > 50);
  CHECK(writers.key_changes() > 20);
}

void count_the_ledger(DatabaseServer& source) {
  create_ledger(source, LedgerSize{200, 300, 100, 40});
  LedgerCount count(source);
  CHECK(count.at(log_end(source)) == 0);
  LedgerWriters writers(source, 3, 1);
  std::this_thread::sleep_for(500ms);
  const auto between = count.at(log_end(source));
  std::this_thread::sleep_for(500ms);
  writers.finish();
  const uint64_t rows = std::stoull(source.value("SELECT count(*) FROM d.ledger"));
  CHECK(writers.transactions() == rows);
  CHECK(count.at(log_end(source)) == rows);
  CHECK(between.value() > 0);
  CHECK(between.value() < rows);
  CHECK(source.value("SELECT sum(balance) FROM d.account") == std::to_string(kAccounts * kOpeningBalance));
}

void hold_a_commit(DatabaseServer& source) {
  source.exec("CREATE SCHEMA s");
  source.client("s")->exec("CREATE TABLE t (id INT PRIMARY KEY)");
  CommitStall stall(source);
  REQUIRE(stall.hold("s", "INSERT INTO t VALUES (1)"));
  CHECK(source.value("SELECT count(*) FROM s.t") == "0");
  stall.release();
  CHECK(source.value("SELECT count(*) FROM s.t") == "1");
}

/// The same values under the names that each engine has for their types.
void make_equal_tables(DatabaseServer& server, const std::string& timestamp, const std::string& bytes, const std::string& literal) {
  server.exec("CREATE SCHEMA e");
  server.client("e")->exec(fmt::format(
      "CREATE TABLE t (id BIGINT PRIMARY KEY, v VARCHAR(40), n NUMERIC(20,5), f DOUBLE PRECISION, on_day DATE, at {}, yes BOOLEAN,"
      " b {}); INSERT INTO t VALUES (1, 'né😀 ', 12.5, 0.1, '2024-02-29', '2024-02-29 23:59:59.120000', TRUE, {}),"
      " (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (-3, '', -0.00001, 1e300, '1000-01-01', '1000-01-01 00:00:00', FALSE, {})",
      timestamp, bytes, literal, literal));
}

}  // namespace

TEST_CASE("writers, ledger and held commits at MariaDB", "[workload]") {
  const auto source = make_source("mariadb", CommitStall::options(true));
  write_a_while(*source);
  count_the_ledger(*source);
  hold_a_commit(*source);
}

TEST_CASE("writers, ledger and held commits at PostgreSQL", "[workload]") {
  const auto source = make_source("postgres", {}, CommitStall::postgres_options());
  write_a_while(*source);
  count_the_ledger(*source);
  hold_a_commit(*source);
}

TEST_CASE("another major version of PostgreSQL", "[workload]") {
  PostgresOptions options = CommitStall::postgres_options();
  options.other_version = true;
  const auto other = make_source("postgres", {}, options), usual = make_source("postgres");
  const auto major = [](DatabaseServer& server) { return std::stoi(server.value("SHOW server_version")); };
  CHECK(major(*other) != major(*usual));
  CHECK(major(*other) >= 16);  // streams transactions in parallel, decodes on a standby
  count_the_ledger(*other);
  hold_a_commit(*other);
}

TEST_CASE("tables of different engines are compared by their values", "[workload]") {
  const auto postgres = make_source("postgres"), mariadb = make_sink("mariadb");
  make_equal_tables(*postgres, "TIMESTAMP(6)", "BYTEA", "decode('00ff41', 'hex')");
  make_equal_tables(*mariadb, "DATETIME(6)", "LONGBLOB", "X'00ff41'");
  const auto a = postgres->client(), b = mariadb->client();
  const auto tables = tables_of(*a, "e");
  REQUIRE(tables.size() == 1);
  CHECK(compare_tables(*a, *b, tables) == std::vector<std::string>{});
  CHECK(compare_tables(*b, *a, tables_of(*b, "e")) == std::vector<std::string>{});
  for (const char* change : {"v = 'né😀'", "n = 12.50001", "f = 0.10000000000000002", "at = '2024-02-29 23:59:59.12001'", "yes = FALSE",
                             "b = X'00ff42'", "on_day = NULL"}) {
    CAPTURE(change);
    b->exec(fmt::format("BEGIN; UPDATE e.t SET {} WHERE id = 1", change));
    CHECK(compare_tables(*a, *b, tables).size() == 2);
    b->exec("ROLLBACK");
  }
}
