// The network between tidemark and its source breaks at chosen bytes, binlog events and statements: what a broken network is told as, how
// soon, that nothing of a damaged event reaches the sink, and that the copy is equal in the end. Into SQLite, on real servers.
#include <fmt/format.h>

#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "integration/network_scene.h"
#include "integration/shared_servers.h"
#include "servers/steady_writer.h"

using namespace tidemark::test;

namespace {

constexpr const char* kChunkRead = "SELECT `id`, `v`, `n` FROM";
constexpr uint8_t kRotate = 4, kFormatDescription = 15, kXid = 16, kTableMap = 19, kMariadbWriteRows = 23, kMysqlWriteRows = 30,
                  kMysqlUpdateRows = 31, kPayload = 40;

MysqlFamilyServer& server_of(const std::string& engine) { return engine == "mysql" ? mysql() : mariadb(); }

/// A table of `rows` rows, a proxy before the source, and a daemon that is not yet started.
struct SourceNetwork : NetworkScene {
  SourceNetwork(MysqlFamilyServer& server, const std::string& name, int table_rows)
      : NetworkScene(server, nullptr, Broken::source, name), source(server), rows(table_rows) {
    create_steady_table(server, name, table_rows);
  }
  MysqlFamilyServer& source;
  const int rows;
};

// --- a dead peer ------------------------------------------------------------------------------------------------------------------

}  // namespace

TEST_CASE("MariaDB's connection for chunks is dead: noticed within ten seconds", "[network][dead]") {
  SourceNetwork p(mariadb(), "dead_chunk", 3000);
  SteadyWriter writer(p.source, p.database, p.rows, kNetworkSeed);
  p.proxy.arm(Trigger::answer(kChunkRead, 1000), {Fault::Kind::blackhole});  // the log and the watermarks live on
  p.pipeline.start();
  REQUIRE(p.strikes());
  p.noticed_in_time(0);
  REQUIRE(p.pipeline.reaches("streaming"));
  writer.stop();
  p.ends_equal();
}

TEST_CASE("MySQL is dead: noticed within ten seconds in the middle of an event", "[network][dead]") {
  SourceNetwork p(mysql(), "dead_log", 100);
  SteadyWriter writer(p.source, p.database, p.rows, kNetworkSeed);
  p.pipeline.start();
  REQUIRE(p.pipeline.reaches("streaming"));
  p.proxy.arm(Trigger::event(std::nullopt, 20, 30), {Fault::Kind::blackhole, true});
  REQUIRE(p.strikes());
  p.noticed_in_time(0);
  CHECK(p.pipeline.reaches("reconnecting", 5s));  // for as long as nobody answers
  p.proxy.resume();
  CHECK(p.pipeline.reaches("streaming"));
  writer.stop();
  p.ends_equal();
}

TEST_CASE("the source's machine answers, but its log stands still: noticed within ten seconds", "[network][dead]") {
  SourceNetwork p(mariadb(), "held_log", 100);
  p.pipeline.start();
  REQUIRE(p.pipeline.becomes_equal());
  p.source.exec("UPDATE held_log.t SET n = n + 1");
  REQUIRE(p.pipeline.becomes_equal());  // the server has found the place in the log, which may take long and in silence
  p.proxy.arm(Trigger::event(std::nullopt), {Fault::Kind::hold});
  p.source.exec("UPDATE held_log.t SET n = n + 1");
  REQUIRE(p.strikes());
  p.noticed_in_time(0);
  p.proxy.resume();
  p.ends_equal();
}

TEST_CASE("a short pause of the network costs no connection", "[network]") {
  SourceNetwork p(mariadb(), "pause", 100);
  p.pipeline.start();
  REQUIRE(p.pipeline.reaches("streaming"));
  p.proxy.stall();
  std::this_thread::sleep_for(6s);
  p.proxy.resume();
  p.source.exec("UPDATE pause.t SET n = n + 1");
  CHECK(p.pipeline.becomes_equal(30s));
  CHECK(p.retries() == 0);
  CHECK(p.pipeline.stop() == 0);
}

// --- a flipped bit ----------------------------------------------------------------------------------------------------------------

namespace {

/// All text in the table is sevens; a trigger at the sink keeps whatever else comes, were it only for a moment.
struct Sevens : SourceNetwork {
  Sevens(MysqlFamilyServer& server, const std::string& name) : SourceNetwork(server, name, 0) {
    insert(1);
    pipeline.start();
    REQUIRE(pipeline.becomes_equal());
    pipeline.sink_exec("CREATE TABLE strange (what TEXT)", "t");
    for (const char* verb : {"INSERT", "UPDATE"}) {
      pipeline.sink_exec(
          fmt::format("CREATE TRIGGER strange_{0} AFTER {0} ON {{t}} WHEN NEW.v GLOB '*[^7]*' OR NEW.id > 1000 OR NEW.n <> 7 "
                      "BEGIN INSERT INTO strange VALUES (NEW.v); END",
                      verb),
          "t");
    }
  }
  void insert(int id) { source.exec(fmt::format("INSERT INTO {}.t VALUES ({}, REPEAT('7', 80), 7)", database, id)); }

  /// The bit is flipped in the next such event: it is told as damage of the log, with the place, and healed by reading again.
  void flip(const Trigger& where, unsigned bit, const std::string& kind = "corrupt") {
    const int before = retries();
    proxy.arm(where, {Fault::Kind::flip, false, bit});
    insert(next_);
    source.exec(fmt::format("UPDATE {}.t SET v = REPEAT('7', 90) WHERE id = {}", database, next_++));
    seen(before, kind);
  }
  void flip_in_next_stream(const Trigger& where, unsigned bit) {
    proxy.arm(where, {Fault::Kind::flip, false, bit});
    const int before = retries() + 1;
    proxy.cut();
    proxy.resume();
    insert(next_++);
    seen(before, "corrupt");
  }
  void seen(int before, const std::string& kind) {
    const bool told = strikes() && notices(before);
    INFO("event type " << int(proxy.struck_at().event_type) << ", packet of " << proxy.struck_at().bytes << "\n"
                       << pipeline.daemon().log_tail(10));
    REQUIRE(told);
    CHECK(pipeline.status("/last_error/kind") == kind);
    const std::string place = pipeline.status("/last_error/position");
    CHECK(place.rfind("binlog.0", 0) == 0);
    CHECK(pipeline.log_has(" at " + place));
    if (const uint32_t end = proxy.struck_at().event_end; end > 1000) {
      const uint64_t offset = std::stoull(place.substr(place.find(':') + 1));
      CHECK(offset < end);
      CHECK(offset + 1000 > end);
    }
    CHECK(pipeline.becomes_equal(20s));
  }
  void nothing_came() {
    CHECK(pipeline.sink_number("SELECT count(*) FROM strange", "t") == 0);
    source.exec(fmt::format("UPDATE {}.t SET v = '767' WHERE id = 1", database));  // and it would have been seen
    CHECK(wait_until(20s, [&] { return pipeline.sink_number("SELECT count(*) FROM strange", "t") > 0; }));
    ends_equal();
  }

 private:
  int next_ = 2;
};

void flipped_bits(const std::string& engine) {
  Sevens s(server_of(engine), "sevens");
  const uint8_t rows = engine == "mysql" ? kMysqlWriteRows : kMariadbWriteRows;
  s.flip(Trigger::event(rows, 1, -20), 0);  // a seven
  s.flip(Trigger::event(rows, 1, -2), 5);   // the checksum itself
  s.flip(Trigger::event(rows, 1, 19 + 6), 0);
  for (const unsigned bit : {0u, 3u, 7u}) s.flip(Trigger::event(rows, 1, 4), bit);  // the event's type
  s.flip(Trigger::event(rows, 1, 9), 2);                                            // its length
  s.flip(Trigger::event(rows, 1, 14), 1);                                           // its end in the log
  s.flip(Trigger::event(kTableMap, 1, 19), 3);
  s.flip(Trigger::event(kXid, 1, 22), 6);
  // one bit makes it a format description, the one event that says whether events have checksums
  if (engine == "mysql") s.flip(Trigger::event(kMysqlUpdateRows, 1, 4), 4);
  s.flip_in_next_stream(Trigger::event(kFormatDescription, 1, 19), 0);  // the format's version
  s.flip_in_next_stream(Trigger::event(kFormatDescription, 1, -5), 0);  // "there are checksums"
  s.flip_in_next_stream(Trigger::event(kFormatDescription, 1, -5), 1);  // "by an unknown algorithm"
  s.flip_in_next_stream(Trigger::event(kFormatDescription, 1, 19 + 56), 2);
  for (const unsigned bit : {0u, 1u, 5u}) s.flip_in_next_stream(Trigger::event(kRotate, 1, 4), bit);  // ROTATE, the first of a stream
  s.nothing_came();
}

}  // namespace

TEST_CASE("MariaDB: a flipped bit in the log is noticed, and nothing of it reaches the sink", "[network][flip]") {
  flipped_bits("mariadb");
}
TEST_CASE("MySQL: a flipped bit in the log is noticed, and nothing of it reaches the sink", "[network][flip]") { flipped_bits("mysql"); }

TEST_CASE("MySQL: a flipped bit in a compressed transaction is noticed, and nothing of it reaches the sink", "[network][flip]") {
  MysqlOptions options;
  options.extra = {"--binlog-transaction-compression=ON"};
  MysqlServer server(options);
  Sevens s(server, "sevens");
  s.flip(Trigger::event(kPayload, 1, 19 + 4), 1);  // the payload's own head
  s.flip(Trigger::event(kPayload, 1, 60), 4);
  s.flip(Trigger::event(kPayload, 1, -30), 0);
  s.nothing_came();
}

// --- cuts -------------------------------------------------------------------------------------------------------------------------

namespace {

void breaks_anywhere(const std::string& engine) {
  SourceNetwork p(server_of(engine), "anywhere", 18000);  // its copy must outlast all that breaks it, on a slow machine as well
  // connecting: greeting, authentication, the session's settings, and what is asked before the copy
  p.proxy.arm(Trigger::byte_of_new(Direction::down, 0), {Fault::Kind::reset});
  p.pipeline.start(kSlowCopy);
  REQUIRE(p.strikes());
  p.breaks_new_at({1, 4, 30, 77, 78, 90, 110, 150, 220, 400});
  SteadyWriter writer(p.source, p.database, p.rows, kNetworkSeed, 10);
  // the copy: its read views, the reads of chunks, the watermarks
  const std::vector<Trigger> copying{Trigger::statement(kChunkRead),
                                     Trigger::answer(kChunkRead),
                                     Trigger::answer(kChunkRead, 700),
                                     Trigger::statement("START TRANSACTION WITH CONSISTENT SNAPSHOT"),
                                     Trigger::answer("START TRANSACTION WITH CONSISTENT SNAPSHOT"),
                                     Trigger::statement("COMMIT"),
                                     Trigger::answer("COMMIT")};
  for (const Trigger& trigger : copying) p.breaks(trigger, Fault::Kind::reset);
  p.breaks_at_random(10, 5000, 60000);
  REQUIRE(p.pipeline.reaches("streaming"));
  p.breaks_at_random(10, 0, 60000);  // a stream that runs has nothing to say to its server
  writer.stop();
  p.ends_equal();
}

void slow_network(const std::string& engine, const std::string& source_yaml) {
  SourceNetwork p(server_of(engine), "slow", 300);
  p.source.exec("CREATE TABLE slow.big (id INT PRIMARY KEY, b LONGTEXT)");
  p.pipeline.settings().source_yaml = source_yaml;
  p.proxy.slow_down(1, 0);
  p.pipeline.start();
  REQUIRE(p.pipeline.reaches("streaming"));
  SteadyWriter writer(p.source, p.database, p.rows, kNetworkSeed, 20);
  REQUIRE(wait_until(60s, [&] { return writer.transactions() > 40; }));
  CHECK(p.pipeline.state() == "streaming");
  writer.stop();
  CHECK(p.pipeline.becomes_equal());
  // one event; through TLS nothing is seen of it until it is whole, which takes longer here than silence may last
  p.proxy.slow_down(0, source_yaml.empty() ? 400000 : 100000);
  p.source.exec("INSERT INTO slow.big VALUES (1, REPEAT('x', 1100000))");
  p.source.exec("UPDATE slow.t SET v = REPEAT('x', 100)");
  CHECK(p.pipeline.becomes_equal());
  CHECK(p.retries() == 0);
  CHECK(p.pipeline.stop() == 0);
}

}  // namespace

TEST_CASE("MariaDB: connections that end at any byte or statement", "[network][cuts]") { breaks_anywhere("mariadb"); }
TEST_CASE("MySQL: connections that end at any byte or statement", "[network][cuts]") { breaks_anywhere("mysql"); }
TEST_CASE("MariaDB: one byte at a time, and a large event on a slow line", "[network][slow]") { slow_network("mariadb", ""); }
TEST_CASE("MySQL with TLS: one byte at a time, and a large event on a slow line", "[network][slow]") {
  slow_network("mysql", "tls: {mode: required}");
}
