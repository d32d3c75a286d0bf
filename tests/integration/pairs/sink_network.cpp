// For a pair with a MySQL or MariaDB sink: the network between tidemark and the sink breaks at chosen bytes and statements, above all
// around COMMIT. Whole and exactly once, a dead server is noticed in time, and the copy is equal in the end.
#include <string>
#include <vector>

#include "integration/ledger_network.h"
#include "integration/pairs/pair.h"

using namespace tidemark::test;

namespace {

const std::string kUnknown = "commit_unknown";

std::unique_ptr<DatabaseServer> sink_with_load_data() {
  auto sink = make_sink(kSink);
  if (kSink == "mysql") sink->exec("SET GLOBAL local_infile = ON");  // MariaDB has it by itself
  return sink;
}

/// Where rows of the copy are on their way, and none of them is committed.
std::vector<Trigger> while_loading() {
  if (kSink == "mariadb") {
    return {Trigger::statement("bulk of rows"), Trigger::within("bulk of rows", -10), Trigger::answer("bulk of rows"),
            Trigger::answer("bulk of rows", 4)};
  }
  // it never comes to the server, which then waits for the file, has all but the end of it, or has put it in
  return {Trigger::statement("LOAD DATA"), Trigger::statement("data of LOAD DATA"), Trigger::within("data of LOAD DATA", -10),
          Trigger::answer("LOAD DATA")};
}

}  // namespace

TEST_CASE("the sink is lost while it is loaded, and around a COMMIT that came in one packet with its rows or by itself",
          "[network][commit]") {
  const auto source = make_source(kSource), sink = sink_with_load_data();
  LedgerNetwork p(*source, *sink);
  p.pipeline.start({{"TIDEMARK_FAILPOINTS", "chunk.after_read=sleep:150"}});
  for (const Fault::Kind fault : {Fault::Kind::reset, Fault::Kind::close}) {
    for (const Trigger& trigger : while_loading()) p.breaks(trigger, fault);
  }
  CHECK(p.pipeline.state() != "streaming");  // all this was while it copied
  CHECK(p.pipeline.stop() == 0);
  p.pipeline.start();  // with a failpoint it would send each statement by itself, so that a death between them can be seen
  for (const Fault::Kind fault : {Fault::Kind::reset, Fault::Kind::close}) {
    // rows, position row and COMMIT are one packet: none of it comes to the server, or all but its end
    p.breaks_stream(Trigger::statement(";COMMIT"), fault, kUnknown);
    p.breaks_stream(Trigger::within(";COMMIT", -1), fault, kUnknown);
    // the server goes on with what it has, though nobody is there any more; or it has come to the end
    p.breaks_stream(Trigger::answer("OK before ;COMMIT"), fault, kUnknown);
    p.breaks_stream(Trigger::answer("OK before ;COMMIT", 4), fault, kUnknown);
    p.breaks_stream(Trigger::answer(";COMMIT"), fault, kUnknown);
    p.breaks_stream(Trigger::answer(";COMMIT", 5), fault, kUnknown);
    CHECK_FALSE(p.pipeline.status("/last_error/hint").empty());
    // of a change whose row must be found the answer is seen before the COMMIT is sent
    p.breaks_stream(Trigger::statement("COMMIT"), fault, kUnknown);
    p.breaks_stream(Trigger::answer("COMMIT"), fault, kUnknown);
  }
  REQUIRE(p.pipeline.reaches("streaming"));
  const int before = p.retries();
  p.proxy.arm(Trigger::answer(";COMMIT"), {Fault::Kind::blackhole});  // this connection is dead; new ones get through
  REQUIRE(p.strikes());
  p.noticed_in_time(before, kUnknown);
  p.ends_whole();
}

TEST_CASE("the sink is lost at any byte", "[.long][network][cuts]") {
  const auto source = make_source(kSource), sink = sink_with_load_data();
  LedgerNetwork p(*source, *sink);
  p.proxy.arm(Trigger::byte_of_new(Direction::down, 0), {Fault::Kind::reset});
  p.pipeline.start(kSlowCopy);
  REQUIRE(p.strikes());
  p.breaks_new_at({1, 5, 40, 90, 150, 300, 500});
  p.breaks_at_random(12, 60000, 3000);
  REQUIRE(p.pipeline.reaches("streaming"));
  CHECK(p.pipeline.stop() == 0);
  p.pipeline.start();
  p.breaks_at_random(12, 60000, 3000);
  p.ends_whole();
}

TEST_CASE("the sink is dead while it is loaded, and while there is nothing to write: noticed within ten seconds",
          "[.long][network][dead]") {
  const auto source = make_source(kSource), sink = sink_with_load_data();
  LedgerNetwork p(*source, *sink);
  p.proxy.arm(while_loading()[kSink == "mysql" ? 2 : 1], {Fault::Kind::blackhole, true});
  p.pipeline.start(kSlowCopy);
  REQUIRE(p.strikes());
  p.noticed_in_time(0);
  CHECK(p.pipeline.reaches("reconnecting", 5s));  // for as long as nobody answers
  p.proxy.resume();
  REQUIRE(p.pipeline.reaches("streaming"));
  p.writers.finish();
  REQUIRE(p.pipeline.becomes_equal());
  const auto start = std::chrono::steady_clock::now();
  p.proxy.stall();
  CHECK(p.pipeline.reaches("reconnecting", 12s));
  CHECK(std::chrono::steady_clock::now() - start <= 10500ms);
  CHECK(p.pipeline.status("/last_error/kind") == p.unavailable);
  p.proxy.resume();
  p.ends_whole();
}
