// What a pipeline does about errors, and what it says of itself meanwhile.
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

#include "base/log.h"
#include "support/catch.h"
#include "unit/runtime/scripted_pipeline.h"

using namespace tidemark;
using runtime_test::ScriptedPipeline;
using namespace std::chrono_literals;

namespace {

Error lost() { return Error(ErrorKind::source_unavailable, "reading the log", "connection lost", "look at the network"); }
Error in_use() { return Error(ErrorKind::busy, "opening the sink", "another tidemark writes there", "stop the other one"); }

/// What is logged while it lives.
class LogText {
 public:
  LogText() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~LogText() { spdlog::set_default_logger(before_); }
  LogText(const LogText&) = delete;
  LogText& operator=(const LogText&) = delete;
  size_t count(const std::string& part) const {
    const std::string all = text_.str();
    size_t n = 0;
    for (size_t at = all.find(part); at != std::string::npos; at = all.find(part, at + 1)) ++n;
    return n;
  }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool reaches(const ScriptedPipeline& p, PipelineState state) {
  return ScriptedPipeline::wait_until([&] { return p.status().state == state; });
}

}  // namespace

TEST_CASE("a sink that another tidemark holds refuses a pipeline that starts", "[runner]") {
  ScriptedPipeline p;
  p.on_check = [](int) { throw in_use(); };
  p.start();
  REQUIRE(p.ends());
  CHECK(p.runner().error()->kind() == ErrorKind::busy);
  CHECK(p.sessions == 1);
  CHECK(p.status().state == PipelineState::failed);
}

TEST_CASE("a sink that another tidemark holds is waited for by a pipeline that ran", "[runner]") {
  ScriptedPipeline p;
  std::atomic<bool> taken{false};
  p.on_read_log = [&] {
    if (taken) throw lost();
  };
  p.on_check = [&](int) {
    if (taken) throw in_use();
  };
  p.pipeline().retry_initial = p.pipeline().retry_max = 300ms;
  p.start();
  REQUIRE(reaches(p, PipelineState::streaming));
  taken = true;
  REQUIRE(ScriptedPipeline::wait_until([&] { return p.status().last_error.kind == "busy" && p.status().next_attempt_unix_micros != 0; }));
  CHECK(p.status().state == PipelineState::reconnecting);
  CHECK(contains(p.status().reason, "another tidemark writes there; trying again in"));
  CHECK(ScriptedPipeline::wait_until([&] { return p.sessions >= 4; }));
  taken = false;
  CHECK(reaches(p, PipelineState::streaming));
  CHECK(p.status().next_attempt_unix_micros == 0);
  p.runner().request_stop();
  REQUIRE(p.ends());
  CHECK_FALSE(p.runner().error());
}

TEST_CASE("a stop ends the wait for a sink that another tidemark holds", "[runner]") {
  ScriptedPipeline p;
  std::atomic<bool> taken{false};
  p.on_read_log = [&] {
    if (taken) throw in_use();
  };
  p.pipeline().retry_initial = p.pipeline().retry_max = 60s;
  p.start();
  REQUIRE(reaches(p, PipelineState::streaming));
  taken = true;
  REQUIRE(reaches(p, PipelineState::reconnecting));
  p.runner().request_stop();
  REQUIRE(p.ends());
  CHECK_FALSE(p.runner().error());
  CHECK(p.status().state == PipelineState::stopped);
}

TEST_CASE("while it connects again it says so, and why", "[runner]") {
  ScriptedPipeline p;
  std::atomic<bool> broken{false}, hold{true};
  p.on_read_log = [&] {
    if (broken) throw lost();
  };
  p.on_check = [&](int session) {
    while ((session == 0 || broken) && hold) std::this_thread::sleep_for(1ms);
  };
  p.start();
  REQUIRE(ScriptedPipeline::wait_until([&] { return p.sessions == 1; }));
  CHECK(p.status().state == PipelineState::starting);
  hold = false;
  REQUIRE(reaches(p, PipelineState::streaming));
  hold = true;
  broken = true;
  REQUIRE(ScriptedPipeline::wait_until([&] { return p.sessions == 2; }));  // it is within check() now
  const PipelineStatus status = p.status();
  CHECK(status.state == PipelineState::reconnecting);
  CHECK(status.reason == "connecting again after: reading the log: connection lost");
  CHECK(status.last_error.present);
  CHECK_FALSE(status.source_connected);
  broken = hold = false;
  CHECK(reaches(p, PipelineState::streaming));
  CHECK(p.status().reason.empty());
}

TEST_CASE("the hint is logged with the first failure, and once", "[runner]") {
  LogText log;
  ScriptedPipeline p;
  p.on_check = [](int) { throw lost(); };
  p.start();
  REQUIRE(ScriptedPipeline::wait_until([&] { return p.sessions >= 4; }));
  p.runner().request_stop();
  REQUIRE(p.ends());
  CHECK(log.count("trying again in") >= 3);
  CHECK(log.count("p: hint: look at the network") == 1);
}

TEST_CASE("progress goes on from the finish records, after a restart and after a lost connection", "[runner]") {
  ScriptedPipeline p;
  p.rows = {{"t", 95}, {"u", 5}};
  p.saved.position = p.position(500);
  ChunkRecord done;
  done.table = {"shop", "t"};
  done.range.upto = p.key("t", 40);
  done.rows = 40;
  p.saved.chunks = {done};
  std::atomic<bool> broken{false};
  p.on_read_log = [&] {
    if (broken.exchange(false)) throw lost();
  };
  p.chunk_reads_left = 2;  // 41 to 50, 51 to 60, or the whole of u
  p.start();
  REQUIRE(ScriptedPipeline::wait_until([&] { return p.rows_at_sink() > 40 && p.status().snapshot_rows_total != 0; }));
  const PipelineStatus first = p.status();
  REQUIRE(first.tables.size() == 2);
  CHECK(first.tables[0].rows_copied > 40);
  CHECK(first.tables[0].rows_resumed == 40);
  CHECK(first.tables[0].chunks_resumed == 1);
  CHECK(first.tables[0].chunks_done > 1);
  CHECK(first.tables[0].state == "copying");
  CHECK(first.snapshot_rows_resumed == 40);
  CHECK(first.snapshot_rows_expected >= first.snapshot_rows_resumed + first.snapshot_rows_total);
  broken = true;
  REQUIRE(ScriptedPipeline::wait_until([&] { return p.sessions == 2 && p.status().state == PipelineState::copying; }));
  const PipelineStatus second = p.status();
  CHECK(second.tables[0].rows_copied >= first.tables[0].rows_copied);
  CHECK(second.tables[0].rows_resumed == 40);  // what this process has copied before it lost the connection is still its own
  CHECK(second.snapshot_rows_total >= first.snapshot_rows_total);
  p.chunk_reads_left = 1000;
  broken = true;
  REQUIRE(reaches(p, PipelineState::streaming));
  const PipelineStatus last = p.status();
  CHECK(last.tables[0].rows_copied == 95);
  CHECK(last.tables[0].chunks_done == 7);
  CHECK(last.tables[1].rows_copied == 5);
  CHECK(last.snapshot_rows_total == 60);
  CHECK(last.snapshot_rows_resumed == 40);
  CHECK(last.snapshot_rows_expected == 100);
}

TEST_CASE("stop: {timestamp} ends on a log in which nothing happens", "[runner]") {
  ScriptedPipeline p;
  constexpr int64_t kStop = 1'000'000'000;
  p.pipeline().stop = StopAt::timestamp;
  p.pipeline().stop_micros = kStop;
  p.clock_micros = kStop - 100'000;
  p.start();
  REQUIRE(reaches(p, PipelineState::streaming));
  CHECK_FALSE(p.ends(1500ms));  // its clock stands still
  p.log_end = 2000;             // something else was logged meanwhile
  p.clock_micros = kStop + 2'000'000;
  REQUIRE(p.ends());
  CHECK_FALSE(p.runner().error());
  CHECK(p.status().reason == "stop position reached");
  CHECK(p.saved.position.offset.byte == 2000);
}

TEST_CASE("an error of the state file does not hide the one that ended the session", "[runner]") {
  LogText log;
  ScriptedPipeline p;
  std::atomic<int> saves{0};
  p.on_read_log = [&] {
    if (saves != 0) throw Error(ErrorKind::log_purged, "reading the log", "it is gone");
  };
  p.on_save_progress = [&] {
    if (saves++ != 0) throw Error(ErrorKind::state, "state file", "disk full");  // the second is that of the end
  };
  p.start();
  REQUIRE(p.ends());
  REQUIRE(p.runner().error());
  CHECK(p.runner().error()->kind() == ErrorKind::log_purged);
  CHECK(log.count("disk full") == 1);
}

TEST_CASE("a stop is noticed while the place to start from is chosen", "[runner]") {
  ScriptedPipeline p;
  p.start_position_waits = true;
  p.start();
  REQUIRE(ScriptedPipeline::wait_until([&] { return p.sessions == 1; }));
  std::this_thread::sleep_for(50ms);
  p.runner().request_stop();
  REQUIRE(p.ends(5s));
  CHECK_FALSE(p.runner().error());
  CHECK(p.status().state == PipelineState::stopped);
}

TEST_CASE("a table that is added to a pipeline must be empty at the sink, or its rows be kept", "[runner]") {
  ScriptedPipeline p;
  p.rows = {{"new", 3}, {"old", 2}};
  p.saved.position = p.position(500);
  p.stored.found = true;
  p.stored.position = p.saved.position;
  p.stored.schemas = {{*p.schema("old"), p.saved.position.text()}};
  p.saved.captured = {p.schema("old")->name};
  p.filled = {"new", "old"};                 // rows of `old` are ours: changes came before its first chunk
  for (int again = 0; again < 3; ++again) {  // neither a refusal nor the loss of the state file makes it less new
    if (again == 2) p.stored = {};
    p.start();
    REQUIRE(p.ends());
    REQUIRE(p.runner().error());
    CHECK(p.runner().error()->kind() == ErrorKind::data);
    CHECK(contains(p.runner().error()->what(), "copying shop.new"));
    CHECK(contains(p.runner().error()->hint(), "existing_rows: keep"));
  }
  SECTION("kept") { p.pipeline().keep_existing_rows = true; }
  SECTION("empty") { p.filled = {"old"}; }
  p.start();
  REQUIRE(reaches(p, PipelineState::streaming));
  CHECK(p.rows_at_sink() == 5);
}
