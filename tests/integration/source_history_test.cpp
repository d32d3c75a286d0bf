// What becomes of the source's log: rotated and purged behind us is fine; purged ahead of us, reset, or another server's is a stop
// that names what is missing and the cure, never a silent gap. Checksums may be switched while we read.
#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <string>

#include "integration/stops_saying.h"
#include "servers/fault_proxy.h"
#include "servers/live_pipeline.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/steady_writer.h"
#include "servers/wait.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr int kRows = 1500;
constexpr uint64_t kSeed = 7;

std::unique_ptr<MysqlFamilyServer> server_of(const std::string& kind, MysqlOptions options = {}) {
  if (kind == "mariadb") return std::make_unique<MariadbServer>(options);
  options.gtid = kind == "mysql with GTID";
  return std::make_unique<MysqlServer>(options);
}

PipelineFile small_chunks() {
  PipelineFile file;
  file.pipeline_yaml = "snapshot: {chunk_rows: 50, adapt: false}\nretry: {initial: 100ms, max: 1s}";
  return file;
}

std::string last_log(MysqlFamilyServer& source) {
  const TextRows files = source.query("SHOW BINARY LOGS");
  return files.back().front().value_or("");
}
std::string first_log(MysqlFamilyServer& source) { return source.query("SHOW BINARY LOGS").front().front().value_or(""); }

/// Servers keep, without a word, the files that a dump thread still reads, and such a thread outlives its replica for a moment.
void purge_all_but_the_last(MysqlFamilyServer& source) {
  CHECK(wait_until(20s, [&] {
    source.exec("PURGE BINARY LOGS TO '" + last_log(source) + "'");
    return source.query("SHOW BINARY LOGS").size() == 1;
  }));
}

void reset_log(MysqlFamilyServer& source) { source.exec(source.engine() == "mariadb" ? "RESET MASTER" : "RESET BINARY LOGS AND GTIDS"); }

/// Rotations and purges behind the reader, before, during and after the copy.
void rotate_and_purge_behind(const std::string& kind) {
  MysqlOptions options;
  options.extra = {"--max-binlog-size=16384"};
  auto source = server_of(kind, options);
  create_steady_table(*source, "d", kRows);
  LivePipeline pipeline(*source, nullptr, "d", small_chunks());
  pipeline.start({{"TIDEMARK_FAILPOINTS", "chunk.after_read=sleep:60"}});
  // while it copies and nothing is written
  REQUIRE(wait_until(30s, [&] { return pipeline.sink_number("SELECT count(*) FROM {t}", "t") > 100; }));
  source->exec("FLUSH LOGS");
  REQUIRE(pipeline.reaches("streaming", 40s));
  // while it follows
  SteadyWriter writer(*source, "d", kRows, kSeed, 1);
  for (int i = 0; i < 4; ++i) {
    const uint64_t written = writer.transactions();
    CHECK(wait_until(30s, [&] { return writer.transactions() > written + 100; }));
    source->exec("FLUSH LOGS");
  }
  writer.stop();
  CHECK(pipeline.becomes_equal());
  CHECK(source->query("SHOW BINARY LOGS").size() > 8);
  // while nothing happens, and then the reader's file is the only one left
  source->exec("FLUSH LOGS");
  source->exec("FLUSH LOGS");
  const std::string last = last_log(*source);
  CHECK(wait_until(10s, [&] { return pipeline.status("/positions/persisted").find(last) != std::string::npos; }));
  purge_all_but_the_last(*source);
  CHECK(pipeline.stop() == 0);
  pipeline.start();
  source->exec("UPDATE d.t SET n = n + 1");
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.status("/totals/retries") == "0");
  CHECK(pipeline.stop() == 0);
}

void is_refused(LivePipeline& pipeline, const std::vector<std::string>& words) {
  pipeline.start();
  stops_saying(pipeline, words);
}

void purge_ahead(const std::string& kind) {
  auto source = server_of(kind);
  create_steady_table(*source, "d", 100);
  LivePipeline pipeline(*source, nullptr, "d", small_chunks());
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  REQUIRE(pipeline.stop() == 0);
  const std::string was_in = last_log(*source);
  source->exec("INSERT INTO d.t VALUES (5000,'never seen',1)");
  source->exec("FLUSH LOGS; DELETE FROM d.t WHERE id = 1; FLUSH LOGS");
  purge_all_but_the_last(*source);
  std::vector<std::string> words = {"hint:", "new copy", "binlog_expire_logs_seconds"};
  words.push_back(kind == "mysql with GTID" ? source->value("SELECT @@server_uuid") : was_in);
  if (kind != "mysql with GTID") words.push_back(first_log(*source));
  is_refused(pipeline, words);
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "t") == 100);  // nothing after the gap was applied
  is_refused(pipeline, words);                                          // and again
}

/// The server's log begins anew, and grows past the place where the old one was.
void reset_while_stopped(const std::string& kind) {
  auto source = server_of(kind);
  create_steady_table(*source, "d", 100);
  LivePipeline pipeline(*source, nullptr, "d", small_chunks());
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  REQUIRE(pipeline.stop() == 0);
  reset_log(*source);
  SECTION("short") { source->exec("DELETE FROM d.t WHERE id = 1"); }
  SECTION("long") {
    source->exec("DELETE FROM d.t WHERE id = 1; CREATE TABLE d.big (id INT PRIMARY KEY AUTO_INCREMENT, b LONGBLOB)");
    for (int i = 0; i < 5; ++i) source->exec("INSERT INTO d.big (b) VALUES (REPEAT('x', 100000)); UPDATE d.t SET n = n + 1; FLUSH LOGS");
  }
  is_refused(pipeline, {"hint:", "reset"});
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "t") == 100);
}

void reset_while_running(const std::string& kind) {
  auto source = server_of(kind);
  create_steady_table(*source, "d", 100);
  LivePipeline pipeline(*source, nullptr, "d", small_chunks());
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  // Servers keep sending from the file that is gone, or end the dump: both must end in a stop, not in a gap.
  reset_log(*source);
  source->exec("DELETE FROM d.t WHERE id = 1; INSERT INTO d.t VALUES (6000,'after the reset',1)");
  source->restart();
  const int code = pipeline.exit_code();
  INFO(pipeline.daemon().log_tail());
  CHECK(code == 65);
  CHECK(pipeline.log_has("hint:"));
}

/// Another server answers at the same address.
void another_server(const std::string& kind) {
  MysqlOptions options;
  options.server_id = 7;
  auto first = server_of(kind), second = server_of(kind, options);
  for (MysqlFamilyServer* server : {first.get(), second.get()}) create_steady_table(*server, "d", 100);
  second->exec("DELETE FROM d.t WHERE id < 50; UPDATE d.t SET n = 0");
  auto proxy = std::make_unique<FaultProxy>(first->port());
  PipelineFile file = small_chunks();
  file.source_port = proxy->port();
  LivePipeline pipeline(*first, nullptr, "d", file);
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  REQUIRE(pipeline.stop() == 0);
  proxy = std::make_unique<FaultProxy>(second->port());
  pipeline.settings().source_port = proxy->port();
  is_refused(pipeline, {"hint:", "connect to"});
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "t") == 100);
}

void switch_checksums(const std::string& kind) {
  auto source = server_of(kind);
  create_steady_table(*source, "d", kRows);
  LivePipeline pipeline(*source, nullptr, "d", small_chunks());
  SteadyWriter writer(*source, "d", kRows, kSeed, 1);
  pipeline.start();
  for (const char* checksum : {"NONE", "CRC32", "NONE", "CRC32"}) {
    const uint64_t written = writer.transactions();
    source->exec(fmt::format("SET GLOBAL binlog_checksum = {}", checksum));
    CHECK(wait_until(30s, [&] { return writer.transactions() > written + 50; }));
  }
  source->exec("SET GLOBAL binlog_checksum = NONE");
  writer.stop();
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
  pipeline.start();  // begins in a file without checksums
  source->exec("UPDATE d.t SET n = n + 1");
  source->exec("SET GLOBAL binlog_checksum = CRC32");
  source->exec("UPDATE d.t SET n = n + 1");
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.status("/totals/retries") == "0");
  CHECK(pipeline.stop() == 0);
}

}  // namespace

TEST_CASE("MariaDB: logs are rotated and purged behind us", "[history]") { rotate_and_purge_behind("mariadb"); }
TEST_CASE("MySQL with GTID: logs are rotated and purged behind us", "[history]") { rotate_and_purge_behind("mysql with GTID"); }
TEST_CASE("MySQL without GTID: logs are rotated and purged behind us", "[history]") { rotate_and_purge_behind("mysql"); }

TEST_CASE("MariaDB: logs that we need are purged", "[history]") { purge_ahead("mariadb"); }
TEST_CASE("MySQL with GTID: logs that we need are purged", "[history]") { purge_ahead("mysql with GTID"); }
TEST_CASE("MySQL without GTID: logs that we need are purged", "[history]") { purge_ahead("mysql"); }

TEST_CASE("MariaDB: the log is reset while we are away", "[history]") { reset_while_stopped("mariadb"); }
TEST_CASE("MySQL with GTID: the log is reset while we are away", "[history]") { reset_while_stopped("mysql with GTID"); }
TEST_CASE("MySQL without GTID: the log is reset while we are away", "[history]") { reset_while_stopped("mysql"); }

TEST_CASE("MariaDB: the log is reset while we read it", "[history]") { reset_while_running("mariadb"); }
TEST_CASE("MySQL with GTID: the log is reset while we read it", "[history]") { reset_while_running("mysql with GTID"); }

TEST_CASE("MariaDB: another server behind the address", "[history]") { another_server("mariadb"); }
TEST_CASE("MySQL with GTID: another server behind the address", "[history]") { another_server("mysql with GTID"); }
TEST_CASE("MySQL without GTID: another server behind the address", "[history]") { another_server("mysql"); }

TEST_CASE("MariaDB: checksums are switched while we read", "[history]") { switch_checksums("mariadb"); }
TEST_CASE("MySQL: checksums are switched while we read", "[history]") { switch_checksums("mysql with GTID"); }

TEST_CASE("a GTID position that the server never executed is refused", "[history]") {
  PipelineFile file;
  SECTION("MySQL") {
    MysqlServer source;
    create_steady_table(source, "d", 10);
    file.pipeline_yaml = "startup: {specific: \"11111111-2222-3333-4444-555555555555:1-10\"}";
    LivePipeline pipeline(source, nullptr, "d", file);
    is_refused(pipeline, {"11111111-2222-3333-4444-555555555555:1-10", "never executed", "hint:"});
  }
  SECTION("MySQL, only a part of it") {
    MysqlServer source;
    create_steady_table(source, "d", 10);
    const std::string uuid = source.value("SELECT @@server_uuid");
    file.pipeline_yaml = fmt::format("startup: {{specific: \"{}:1-1000000\"}}", uuid);
    LivePipeline pipeline(source, nullptr, "d", file);
    is_refused(pipeline, {uuid, "-1000000", "never executed", "hint:"});
  }
  SECTION("MariaDB") {
    MariadbServer source;
    create_steady_table(source, "d", 10);
    file.pipeline_yaml = "startup: {specific: \"0-1-1000000\"}";
    LivePipeline pipeline(source, nullptr, "d", file);
    is_refused(pipeline, {"0-1-1000000", "hint:"});
  }
  SECTION("MariaDB, another domain") {
    MariadbServer source;
    create_steady_table(source, "d", 10);
    file.pipeline_yaml = "startup: {specific: \"5-1-3\"}";
    LivePipeline pipeline(source, nullptr, "d", file);
    is_refused(pipeline, {"5-1-3", "hint:"});
  }
}
