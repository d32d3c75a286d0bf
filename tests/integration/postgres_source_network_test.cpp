// The network between tidemark and a PostgreSQL source breaks at messages of the stream, around its standby status, within the COPY of a
// chunk and while logging in; or it is dead, or slow. What is told, how soon, and that the copy is equal in the end. Into SQLite.
#include <memory>
#include <string>

#include "integration/network_scene.h"
#include "servers/sqlite_file.h"
#include "servers/steady_writer.h"
#include "workload/pair.h"

using namespace tidemark::test;

namespace {

constexpr const char* kStatus = "standby status";

DatabaseServer& origin() {
  static const std::unique_ptr<DatabaseServer> server = make_source("postgres");
  return *server;
}

/// A table of `rows` rows, a proxy before the source, and a daemon that is not yet started.
struct SourceNetwork : NetworkScene {
  SourceNetwork(const std::string& name, int table_rows) : NetworkScene(origin(), nullptr, Broken::source, name), rows(table_rows) {
    create_steady_table(origin(), name, table_rows);
  }
  const int rows;
};

/// The LSN of a position, which is written "... lsn=<timeline>:<LSN> ...".
std::string lsn_of(const std::string& position) {
  const size_t colon = position.find(':', position.find(" lsn="));
  return position.substr(colon + 1, position.find(' ', colon) - colon - 1);
}
std::string saved_at_sink(NetworkScene& p) { return lsn_of(p.pipeline.sink_value("SELECT position FROM _tidemark_position", "t")); }
std::string saved_in_state(NetworkScene& p) {
  return lsn_of(SqliteFile(state_path(p.pipeline.directory())).value("SELECT position FROM pipeline"));
}

}  // namespace

TEST_CASE("a PostgreSQL source is lost while logging in, in a COPY, in the stream and around a status", "[network][cuts]") {
  SourceNetwork p("cuts", 6000);
  SteadyWriter writer(origin(), p.database, p.rows, kNetworkSeed, 10);
  p.pipeline.start(kSlowCopy);
  REQUIRE(p.pipeline.reaches("copying"));
  for (const Fault::Kind fault : {Fault::Kind::reset, Fault::Kind::close}) {
    for (const uint64_t nth : {1, 2, 5}) p.breaks_new(Trigger::statement("password", nth), fault);
    REQUIRE(p.pipeline.reaches("copying"));
    p.breaks(Trigger::statement("BEGIN ISOLATION LEVEL REPEATABLE READ"), fault);
    p.breaks(Trigger::answer("a row of COPY"), fault);
    p.breaks(Trigger::answer("a row of COPY", 9), fault);
    p.breaks(Trigger::answer("COPY"), fault);
  }
  CHECK(p.pipeline.state() != "streaming");  // all this was while it copied
  REQUIRE(p.pipeline.reaches("streaming"));
  for (const Fault::Kind fault : {Fault::Kind::reset, Fault::Kind::close}) {
    for (const char type : {'B', 'U', 'D', 'I', 'C'}) {
      for (const int64_t offset : {int64_t{0}, int64_t{3}, int64_t{-2}}) {
        p.breaks(Trigger::event(static_cast<uint8_t>(type), 2, offset), fault);
      }
    }
    for (const uint64_t nth : {1, 2}) {
      p.breaks(Trigger::statement(kStatus, nth), fault);
      p.breaks(Trigger::sent(kStatus, nth), fault);
    }
  }
  writer.stop();
  p.ends_equal();
}

TEST_CASE("a PostgreSQL source: what a status has told it is saved, though the daemon dies right after it", "[network][status]") {
  SourceNetwork p("status", 200);
  origin().exec("CREATE TABLE status.once (n int); ALTER TABLE status.once REPLICA IDENTITY FULL");
  SteadyWriter writer(origin(), p.database, p.rows, kNetworkSeed, 2);
  p.pipeline.start();
  REQUIRE(p.pipeline.reaches("streaming"));
  const std::string slot = " FROM pg_replication_slots WHERE slot_name = 'tidemark_status'";
  std::string last;
  for (uint64_t round = 1; round <= 6; ++round) {
    origin().exec("INSERT INTO status.once SELECT generate_series(1, 50)");
    p.proxy.arm(Trigger::sent(kStatus, 1 + round % 3), {Fault::Kind::hold});  // nothing of ours gets through any more
    REQUIRE(p.strikes());
    p.pipeline.daemon().kill9();
    p.proxy.resume();
    REQUIRE(wait_until(20s, [&] { return origin().value("SELECT active" + slot) == "f"; }));
    const std::string told = origin().value("SELECT confirmed_flush_lsn" + slot);
    CHECK(told != last);
    last = told;
    for (const std::string& saved : {saved_at_sink(p), saved_in_state(p)}) {
      INFO("told " << told << ", saved " << saved);
      CHECK(origin().value("SELECT '" + told + "'::pg_lsn <= '" + saved + "'::pg_lsn") == "t");
    }
    p.pipeline.start();
    REQUIRE(p.pipeline.reaches("streaming"));
  }
  writer.stop();
  p.ends_equal();
}

TEST_CASE("a PostgreSQL source is dead: noticed within ten seconds, in a message and in a COPY", "[network][dead]") {
  SourceNetwork p("dead", 3000);
  SteadyWriter writer(origin(), p.database, p.rows, kNetworkSeed, 10);
  p.proxy.arm(Trigger::answer("a row of COPY", 5), {Fault::Kind::blackhole});  // the stream and the watermarks live on
  p.pipeline.start(kSlowCopy);
  REQUIRE(p.strikes());
  p.noticed_in_time(0);
  REQUIRE(p.pipeline.reaches("streaming"));
  const int before = p.retries();
  p.proxy.arm(Trigger::event(std::nullopt, 20, 12), {Fault::Kind::blackhole, true});
  REQUIRE(p.strikes());
  p.noticed_in_time(before);
  CHECK(p.pipeline.reaches("reconnecting", 5s));  // for as long as nobody answers
  p.proxy.resume();
  CHECK(p.pipeline.reaches("streaming"));
  writer.stop();
  p.ends_equal();
}

TEST_CASE("a PostgreSQL source: one byte at a time, and a large message on a slow line", "[network][slow]") {
  SourceNetwork p("slow", 300);
  origin().exec("CREATE TABLE slow.big (id INT PRIMARY KEY, b TEXT)");
  p.proxy.slow_down(1, 0);
  p.pipeline.start();
  REQUIRE(p.pipeline.reaches("streaming"));
  SteadyWriter writer(origin(), p.database, p.rows, kNetworkSeed, 20);
  REQUIRE(wait_until(60s, [&] { return writer.transactions() > 40; }));
  CHECK(p.pipeline.state() == "streaming");
  writer.stop();
  CHECK(p.pipeline.becomes_equal());
  p.proxy.slow_down(0, 400000);
  origin().exec("INSERT INTO slow.big VALUES (1, REPEAT('x', 1100000))");
  CHECK(p.pipeline.becomes_equal());
  CHECK(p.retries() == 0);
  CHECK(p.pipeline.stop() == 0);
}
