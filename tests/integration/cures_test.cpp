// Servers that are set up wrong: the exit code, the cause, and a hint whose SQL is run here and does cure it.
#include <fmt/format.h>

#include <chrono>

#include "servers/mysql_server.h"
#include "servers/postgres_server.h"
#include "servers/tidemark_process.h"
#include "support/catch.h"
#include "workload/ledger_place.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr int kCredentials = 77, kSettings = 78;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The statements of the hint that begin like this, up to their semicolons.
std::vector<std::string> statements_in_hint(const std::string& log, const std::string& begins) {
  std::vector<std::string> out;
  const size_t hint = log.rfind("hint: ");
  if (hint == std::string::npos) return out;
  const std::string text = log.substr(hint);
  for (size_t at = text.find(begins); at != std::string::npos; at = text.find(begins, at + 1)) {
    const size_t end = text.find(';', at);
    if (end != std::string::npos) out.push_back(text.substr(at, end - at));
  }
  return out;
}

/// A configuration, the daemon on it, and how it ends.
struct Attempt {
  explicit Attempt(const LedgerPlace& place) : Attempt(place.directory, place.config) {}
  Attempt(const TempDir& directory, const std::string& config) {
    directory.write("tidemark.log", "");
    TidemarkProcess daemon(directory, config);
    code = daemon.wait(20s);
    log = daemon.log();
  }
  std::optional<int> code;
  std::string log;
};

/// Runs what the hint says, as root, until tidemark starts; the SQL must be among the hints.
template <typename Run>
void cure(const LedgerPlace& place, int code, const std::string& cause, const std::string& begins, Run run) {
  const Attempt attempt(place);
  INFO(attempt.log);
  CHECK(attempt.code == code);
  CHECK(contains(attempt.log, cause));
  const auto statements = statements_in_hint(attempt.log, begins);
  REQUIRE_FALSE(statements.empty());
  for (const std::string& sql : statements) run(sql);
}

void break_grants(MysqlFamilyServer& source) {
  source.exec("DROP USER cdc@'%'; CREATE USER cdc@'%' IDENTIFIED BY 'cdc-password'; GRANT SELECT, LOCK TABLES ON *.* TO cdc@'%'");
}

}  // namespace

TEST_CASE("a wrong password of the source: exit 77 and what to look at, never the password", "[cures]") {
  LedgerPlace place(nullptr);
  const std::string secret = place.directory.write("source.password", "not-the-password");
  const Attempt attempt(place);
  INFO(attempt.log);
  CHECK(attempt.code == kCredentials);
  CHECK(contains(attempt.log, "cdc"));
  CHECK(contains(attempt.log, "hint: "));
  CHECK_FALSE(contains(attempt.log, "not-the-password"));
  place.directory.write("source.password", place.source.password());
  CHECK(place.go_on() == kNoDifference);
}

TEST_CASE("a wrong password of the sink: exit 77 and what to look at, never the password", "[cures]") {
  PostgresServer server;
  LedgerPlace place(&server);
  place.directory.write("sink.password", "not-the-password");
  const Attempt attempt(place);
  INFO(attempt.log);
  CHECK(attempt.code == kCredentials);
  CHECK(contains(attempt.log, "hint: "));
  CHECK_FALSE(contains(attempt.log, "not-the-password"));
  place.directory.write("sink.password", server.password());
  CHECK(place.go_on() == kNoDifference);
}

TEST_CASE("MariaDB writes statements: exit 78, and the hint's SQL cures it", "[cures]") {
  LedgerPlace place(nullptr);
  place.source.exec("SET GLOBAL binlog_format = STATEMENT");
  cure(place, kSettings, "binlog_format is STATEMENT", "SET GLOBAL", [&](const std::string& sql) { place.source.exec(sql); });
  CHECK(place.go_on() == kNoDifference);
}

TEST_CASE("MariaDB's user lacks grants: exit 77, and the hint's SQL cures it", "[cures]") {
  LedgerPlace place(nullptr);
  break_grants(place.source);
  cure(place, kCredentials, "lacks BINLOG MONITOR, REPLICATION SLAVE", "GRANT ", [&](const std::string& sql) { place.source.exec(sql); });
  CHECK(place.go_on() == kNoDifference);
}

TEST_CASE("MySQL's user lacks grants: exit 77, and the hint's SQL cures it", "[cures]") {
  MysqlServer source;
  create_ledger(source, LedgerSize{200, 100, 50, 10});
  break_grants(source);
  const TempDir directory;
  PipelineFile pipeline;
  pipeline.include = {"d.*"};
  pipeline.pipeline_yaml = "stop: latest";
  const std::string config = write_config(directory, source, pipeline);
  const Attempt attempt(directory, config);
  INFO(attempt.log);
  CHECK(attempt.code == kCredentials);
  CHECK(contains(attempt.log, "lacks REPLICATION CLIENT, REPLICATION SLAVE"));
  for (const std::string& sql : statements_in_hint(attempt.log, "GRANT ")) source.exec(sql);
  const Attempt again(directory, config);
  INFO(again.log);
  CHECK(again.code == 0);
}

TEST_CASE("the binary log is off: exit 78", "[cures]") {
  LedgerPlace place(nullptr);
  place.source.options().extra = {"--skip-log-bin"};
  place.source.restart();
  const Attempt attempt(place);
  INFO(attempt.log);
  CHECK(attempt.code == kSettings);
  CHECK(contains(attempt.log, "the binary log is off"));
  CHECK(contains(attempt.log, "log_bin=mysql-bin"));
}

TEST_CASE("PostgreSQL's user may not create what is missing: the hints' SQL cures it", "[cures]") {
  PostgresServer server;
  LedgerPlace place(&server);
  server.exec("ALTER DATABASE sink OWNER TO postgres");
  auto as_owner = [&](const std::string& sql) { server.exec(sql); };
  SECTION("no schema may be made") { cure(place, kCredentials, "permission denied for database", "GRANT CREATE ON DATABASE", as_owner); }
  SECTION("the target schema is there and belongs to another") {
    server.exec("CREATE SCHEMA d; GRANT CREATE ON DATABASE sink TO tidemark");
    cure(place, kCredentials, "permission denied for schema", "GRANT USAGE, CREATE ON SCHEMA", as_owner);
  }
  CHECK(place.go_on() == kNoDifference);
}

TEST_CASE("nothing matches the selection: exit 78 and where to look", "[cures]") {
  LedgerPlace place(nullptr);
  place.pipeline.include = {"nosuch.*"};
  place.configure();
  const Attempt attempt(place);
  INFO(attempt.log);
  CHECK(attempt.code == kSettings);
  CHECK(contains(attempt.log, "no table at the source matches"));
  CHECK(contains(attempt.log, "tables.include"));
}
