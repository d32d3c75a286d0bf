// The plain mode (exactly_once: false, src/README.md) in a whole pipeline: when the log is read, and what it stops for.
#include "support/catch.h"
#include "unit/runtime/scripted_pipeline.h"

using namespace tidemark;
using runtime_test::ScriptedPipeline;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Error stops(ScriptedPipeline& p) {
  p.start();
  REQUIRE(p.ends());
  REQUIRE(p.runner().error());
  return *p.runner().error();
}

}  // namespace

TEST_CASE("plain mode: the log is read after the copy, unless the copy cannot go on without it", "[plain]") {
  ScriptedPipeline p;
  p.pipeline().exactly_once = false;
  p.rows = {{"t", 35}};
  std::atomic<int> reads{0};
  p.on_read_log = [&] { ++reads; };
  int reads_before = -1;
  p.on_write = [&](const SinkBatch& batch) {
    if (!batch.chunks.empty()) reads_before = reads;
  };
  SECTION("after it") {
    p.start();
    REQUIRE(ScriptedPipeline::wait_until([&] { return p.status().state == PipelineState::streaming; }));
    CHECK(reads_before == 0);
  }
  SECTION("beside it: only the log tells whether an XA transaction is prepared or half way through its commit") {
    p.prepared = {7};
    p.start();
    REQUIRE(ScriptedPipeline::wait_until([&] { return p.status().state == PipelineState::streaming; }));
    CHECK(reads_before > 0);
  }
  p.runner().request_stop();
  REQUIRE(p.ends());
  CHECK(p.rows_at_sink() == 35);
}

TEST_CASE("plain mode: rows that are ahead of the position are not carried to another server, nor over a log that was cut", "[plain]") {
  ScriptedPipeline p;
  p.saved.position = p.position(500);
  p.saved.position.copied_to = {1, 900};
  SECTION("another server") { p.saved.position.server = std::string("2"); }
  SECTION("a shorter log") { p.log_end = 899; }
  const Error error = stops(p);
  CHECK(error.kind() == ErrorKind::lineage);
  CHECK(contains(error.what(), "rows of the copy (exactly_once: false) are as of binlog.000001:900"));
  CHECK(p.sessions == 1);
  CHECK(p.saved.position.offset.byte == 500);
}

TEST_CASE("plain mode: a clash of unique keys while the copy is ahead says what it comes from, after one more try", "[plain]") {
  ScriptedPipeline p;
  p.saved.position = p.position(500);
  std::atomic<int> writes{0};
  p.on_write = [&](const SinkBatch&) {
    ++writes;
    throw Error(ErrorKind::sink_conflict, "writing to the sink", "duplicate value", "remove those rows");
  };
  SECTION("ahead") {
    p.saved.position.copied_to = {1, 900};
    CHECK(contains(stops(p).hint(), "exactly_once: true"));
  }
  SECTION("settled") { CHECK(stops(p).hint() == "remove those rows"); }
  CHECK(writes == 2);
}
