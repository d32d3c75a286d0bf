// The network between tidemark and PostgreSQL breaks at chosen bytes and statements, above all around COMMIT: whole and exactly once, a
// dead server is noticed in time, and the copy is equal in the end. What a reader of the sink may never see is watched all the time.
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "integration/ledger_network.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/postgres_server.h"

using namespace tidemark::test;

namespace {

const std::string kUnknown = "commit_unknown";

}  // namespace

TEST_CASE("PostgreSQL is lost before a COMMIT gets to it, and after it has committed", "[network][commit]") {
  MariadbServer source;
  PostgresServer sink;
  LedgerNetwork p(source, sink);
  p.pipeline.start();
  // a transaction whose fate the daemon cannot know is looked up, and neither lost nor done twice
  for (int round = 0; round < 2; ++round) {
    for (const Fault::Kind fault : {Fault::Kind::reset, Fault::Kind::close}) {
      p.breaks_stream(Trigger::statement("COMMIT"), fault, kUnknown);
      p.breaks_stream(Trigger::statement("COMMIT", 2), fault, kUnknown);
      p.breaks_stream(Trigger::answer("COMMIT"), fault, kUnknown);
      p.breaks_stream(Trigger::answer("COMMIT", 5), fault, kUnknown);  // the letter and the length, but not the tag
      CHECK_FALSE(p.pipeline.status("/last_error/hint").empty());
    }
  }
  p.ends_whole();
}

TEST_CASE("PostgreSQL is lost at any byte", "[network][cuts]") {
  MysqlServer source;
  PostgresServer sink;
  LedgerNetwork p(source, sink);
  p.proxy.arm(Trigger::byte_of_new(Direction::down, 0), {Fault::Kind::reset});
  p.pipeline.start(kSlowCopy);
  REQUIRE(p.strikes());
  p.breaks_new_at({1, 5, 40, 90, 150, 300, 500});
  p.breaks_at_random(12, 60000, 6000);
  REQUIRE(p.pipeline.reaches("streaming"));
  p.breaks_at_random(12, 60000, 6000);
  p.ends_whole();
}

TEST_CASE("PostgreSQL is dead: noticed within ten seconds, also when it has the COMMIT", "[network][dead]") {
  MariadbServer source;
  PostgresServer sink;
  LedgerNetwork p(source, sink);
  p.proxy.arm(Trigger::byte(Direction::up, 60000), {Fault::Kind::blackhole, true});  // while it copies
  p.pipeline.start(kSlowCopy);
  REQUIRE(p.strikes());
  p.noticed_in_time(0);
  CHECK(p.pipeline.reaches("reconnecting", 5s));  // for as long as nobody answers
  p.proxy.resume();
  REQUIRE(p.pipeline.reaches("streaming"));
  const int before = p.retries();
  p.proxy.arm(Trigger::answer("COMMIT"), {Fault::Kind::blackhole});  // this connection; new ones get through
  REQUIRE(p.strikes());
  p.noticed_in_time(before, kUnknown);
  REQUIRE(p.pipeline.reaches("streaming"));
  p.ends_whole();
}

TEST_CASE("PostgreSQL takes its time: one byte at a time, 40 kB a second, and answers that wait", "[network][slow]") {
  MariadbServer source;
  PostgresServer sink;
  LedgerNetwork p(source, sink);
  p.proxy.slow_down(1, 0);
  p.pipeline.start();
  REQUIRE(p.pipeline.reaches("streaming"));
  p.proxy.slow_down(0, 40000);
  std::this_thread::sleep_for(3s);
  CHECK(p.pipeline.state() == "streaming");
  // a server that lives and is slow to commit is not taken for a dead one
  p.proxy.arm(Trigger::answer("COMMIT"), {Fault::Kind::hold});
  REQUIRE(p.strikes());
  std::this_thread::sleep_for(11s);
  CHECK(p.pipeline.state() == "streaming");
  p.proxy.resume();
  CHECK(p.retries() == 0);
  p.ends_whole();
}

TEST_CASE("PostgreSQL dies while there is nothing to write: noticed within ten seconds", "[network][dead]") {
  MariadbServer source;
  PostgresServer sink;
  source.exec("CREATE DATABASE idle; CREATE TABLE idle.t (id INT PRIMARY KEY); INSERT INTO idle.t VALUES (1)");
  NetworkScene p(source, &sink, Broken::sink, "idle");
  p.pipeline.start();
  REQUIRE(p.pipeline.becomes_equal());
  REQUIRE(p.pipeline.reaches("streaming"));
  p.proxy.stall();
  const auto start = std::chrono::steady_clock::now();
  CHECK(p.pipeline.reaches("reconnecting", 12s));
  CHECK(std::chrono::steady_clock::now() - start <= 10500ms);
  CHECK(p.pipeline.status("/last_error/kind") == p.unavailable);
  p.proxy.resume();
  REQUIRE(p.pipeline.reaches("streaming"));
  sink.stop();
  CHECK(p.pipeline.reaches("reconnecting", 5s));
  sink.restart();
  source.exec("INSERT INTO idle.t VALUES (2)");
  p.ends_equal();
}
