// Tables that leave a pipeline and come back: what was changed in between is never silently missing.
#include "support/catch.h"
#include "unit/runtime/scripted_pipeline.h"

using namespace tidemark;
using runtime_test::ScriptedPipeline;

namespace {

const TableName kStays{"shop", "stays"}, kGoes{"shop", "goes"};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool streams(const ScriptedPipeline& p) {
  return ScriptedPipeline::wait_until([&] { return p.status().state == PipelineState::streaming; });
}

/// Ends when all is copied and the sink stands at the end of the log.
void run_until_streaming(ScriptedPipeline& p) {
  p.start();
  REQUIRE(streams(p));
  REQUIRE(ScriptedPipeline::wait_until([&] {
    std::lock_guard lock(p.mutex);
    return p.saved.position.offset.byte == p.log_end;
  }));
  p.runner().request_stop();
  REQUIRE(p.ends());
  REQUIRE_FALSE(p.runner().error());
}

Error refusal(ScriptedPipeline& p) {
  p.start();
  REQUIRE(p.ends());
  REQUIRE(p.runner().error());
  return *p.runner().error();
}

size_t records_of(const std::vector<ChunkRecord>& chunks, const TableName& table) {
  size_t n = 0;
  for (const ChunkRecord& record : chunks) n += record.table == table;
  return n;
}

/// Both tables are copied; then `goes` is out of the selection for a run.
void let_it_leave(ScriptedPipeline& p) {
  p.rows = {{"goes", 30}, {"stays", 5}};
  run_until_streaming(p);
  CHECK(p.saved.captured == std::vector<TableName>{kGoes, kStays});
  CHECK(records_of(p.saved.chunks, kGoes) == 3);
  p.filled = {"goes", "stays"};
  p.pipeline().tables.exclude = {"shop.goes"};
  p.log_end = 2000;
  run_until_streaming(p);
}

}  // namespace

TEST_CASE("a table that leaves the pipeline loses its finish records, before the position moves", "[tables]") {
  ScriptedPipeline p;
  Position before;
  size_t changes = 0;
  p.on_change_captured = [&] {
    if (changes++ == 1) before = p.saved.position;
  };
  let_it_leave(p);
  CHECK(changes == 2);
  CHECK(before == p.position(1000));
  CHECK(p.saved.position.offset.byte == 2000);
  CHECK(p.saved.captured == std::vector<TableName>{kStays});
  CHECK(p.saved.left == std::vector<TableName>{kGoes});
  CHECK(records_of(p.saved.chunks, kGoes) == 0);
  CHECK(records_of(p.saved.chunks, kStays) == 1);
  CHECK(records_of(p.stored.chunks, kGoes) == 0);
  REQUIRE(p.stored.schemas.size() == 1);
  run_until_streaming(p);  // nothing changes: nothing is written
  CHECK(changes == 2);
}

TEST_CASE("a table that comes back is copied anew, and its old rows must go first", "[tables]") {
  ScriptedPipeline p;
  let_it_leave(p);
  p.pipeline().tables.exclude.clear();
  for (int round = 0; round < 2; ++round) {
    if (round == 1) p.stored = {};  // the state file is lost
    const Error error = refusal(p);
    CHECK(error.kind() == ErrorKind::data);
    CHECK(contains(error.what(), "copying shop.goes: it had left this pipeline and is back"));
    CHECK(contains(error.hint(), "DELETE FROM \"goes\""));
    CHECK(contains(error.hint(), "existing_rows: keep"));
  }
  CHECK(p.saved.left == std::vector<TableName>{kGoes});
  SECTION("emptied") { p.filled = {"stays"}; }
  SECTION("kept") { p.pipeline().keep_existing_rows = true; }
  run_until_streaming(p);
  CHECK(records_of(p.saved.chunks, kGoes) == 3);
  CHECK(p.saved.left.empty());
  p.filled = {"goes", "stays"};
  p.pipeline().keep_existing_rows = false;
  run_until_streaming(p);  // its rows are ours again
}

TEST_CASE("a table whose sink died when it left has still left, or has not", "[tables]") {
  ScriptedPipeline p;
  p.rows = {{"goes", 30}, {"stays", 5}};
  run_until_streaming(p);
  p.filled = {"goes", "stays"};
  p.pipeline().tables.exclude = {"shop.goes"};
  p.log_end = 2000;
  p.on_change_captured = [] { throw Error(ErrorKind::data, "writing the tables", "the sink died"); };
  CHECK(refusal(p).cause() == "the sink died");
  CHECK(p.saved.position.offset.byte == 1000);
  p.on_change_captured = [] {};
  p.pipeline().tables.exclude.clear();
  run_until_streaming(p);  // nothing was skipped
  CHECK(records_of(p.saved.chunks, kGoes) == 3);
}

TEST_CASE("a table that the source has no more leaves, and one of that name that comes later is copied", "[tables]") {
  ScriptedPipeline p;
  p.rows = {{"goes", 30}, {"stays", 5}};
  run_until_streaming(p);
  p.filled = {"goes", "stays"};
  p.rows.erase("goes");
  SECTION("the log still has rows of it: its schema is known, so it stays captured until the log says that it was dropped") {
    run_until_streaming(p);
    CHECK(p.saved.captured == std::vector<TableName>{kGoes, kStays});
    CHECK(records_of(p.saved.chunks, kGoes) == 3);
  }
  SECTION("its schema is lost with the state file") {
    p.stored = {};
    run_until_streaming(p);
    CHECK(p.saved.left == std::vector<TableName>{kGoes});
    CHECK(records_of(p.saved.chunks, kGoes) == 0);
    p.rows["goes"] = 7;
    CHECK(contains(refusal(p).what(), "copying shop.goes"));
    p.filled.erase("goes");
    run_until_streaming(p);
    CHECK(p.rows_at_sink() == 12);
  }
}

TEST_CASE("snapshot --table adds tables and keeps following those that it copied before", "[tables]") {
  ScriptedPipeline p;
  p.rows = {{"goes", 30}, {"stays", 5}, {"third", 1}};
  SessionOptions options;
  options.stop_after_copy = true;
  for (const char* table : {"stays", "goes"}) {
    options.only_tables = {std::string("shop.") + table};
    p.start(options);
    REQUIRE(p.ends());
    REQUIRE_FALSE(p.runner().error());
    p.filled.insert(table);
  }
  CHECK(p.saved.left.empty());
  CHECK(records_of(p.saved.chunks, kStays) == 1);
  CHECK(records_of(p.saved.chunks, kGoes) == 3);
  CHECK(p.rows_at_sink() == 35);
  run_until_streaming(p);
  CHECK(p.rows_at_sink() == 36);
}

TEST_CASE("snapshot --table refuses a name that the pipeline does not have, and copies nothing", "[tables]") {
  ScriptedPipeline p;
  p.rows = {{"goes", 30}, {"stays", 5}};
  SessionOptions options;
  options.stop_after_copy = true;
  options.only_tables = {"shop.stays", "shop.gose"};
  p.start(options);
  REQUIRE(p.ends());
  REQUIRE(p.runner().error());
  CHECK(p.runner().error()->kind() == ErrorKind::usage);
  CHECK(contains(p.runner().error()->what(), "unknown table 'shop.gose' (did you mean 'shop.goes'?)"));
  CHECK(p.rows_at_sink() == 0);
}

TEST_CASE("a table without key that comes back must be emptied: kept rows would be there twice", "[tables]") {
  ScriptedPipeline p;
  let_it_leave(p);
  p.pipeline().tables.exclude.clear();
  p.pipeline().keep_existing_rows = true;
  p.keyless = {"goes"};
  const Error error = refusal(p);
  CHECK(contains(error.what(), "copying shop.goes"));
  CHECK_FALSE(contains(error.hint(), "existing_rows"));
}
