#include "pipeline/resume.h"

#include "support/catch.h"

using namespace tidemark;

namespace {
Position at(uint64_t byte) {
  Position p;
  p.lineage = Lineage::mysql;
  p.server = "a";
  p.log_name = "log";
  p.offset = {3, byte};
  p.gtids = GtidSet::parse_mysql("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5");
  return p;
}
}  // namespace

TEST_CASE("the state file follows the sink, and never leads it") {
  SavedState saved;
  StoredPipeline stored;
  CHECK_FALSE(state_differs("p", saved, stored, "s"));
  stored.found = true;
  CHECK_FALSE(state_differs("p", saved, stored, "s"));
  stored.position = at(10);
  CHECK_THROWS_AS(state_differs("p", saved, stored, "s"), Error);
  saved.position = at(10);
  CHECK_FALSE(state_differs("p", saved, stored, "s"));
  saved.position = at(20);
  CHECK(state_differs("p", saved, stored, "s"));
  stored.position = at(20);
  saved.chunks.resize(1);
  CHECK(state_differs("p", saved, stored, "s"));
  stored = {};
  CHECK(state_differs("p", saved, stored, "s"));
}

TEST_CASE("on another server only the GTIDs of a position count") {
  Position saved = at(10);
  CHECK(resumed_at(saved, "a", "other") == saved);
  CHECK_FALSE(views_need_bound(saved));
  CHECK_FALSE(views_need_bound(Position()));  // nothing is known that a view could lack
  saved.read_from_gtids = GtidSet::parse_mysql("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-2");
  const Position there = resumed_at(saved, "b", "other");
  CHECK(there.server == "b");
  CHECK(there.log_name == "other");
  CHECK(there.offset == LogOffset{});
  CHECK(there.gtids == saved.gtids);
  CHECK(there.read_from_gtids.empty());
  CHECK(views_need_bound(there));
  saved.read_from = {3, 5};
  CHECK(resumed_at(saved, "b", "other").read_from_gtids == saved.read_from_gtids);
}

TEST_CASE("a clash of unique keys is tried once more in source order, at once") {
  const NextSession first = after_error(ErrorKind::sink_conflict, true, false);
  CHECK_FALSE(first.give_up);
  CHECK(first.ordered);
  CHECK(first.at_once);
  CHECK(after_error(ErrorKind::sink_conflict, true, true).give_up);
  const NextSession lost = after_error(ErrorKind::sink_unavailable, true, true);
  CHECK_FALSE(lost.give_up);
  CHECK(lost.ordered);
  CHECK_FALSE(lost.at_once);
  CHECK(after_error(ErrorKind::lineage, false, false).give_up);
}

TEST_CASE("rows of a copy that are ahead of the position can only be settled by the log that they were read beside") {
  auto cause = [](const Position& saved, const std::string& server, const LogOffset& log_end) -> std::string {
    try {
      check_copied_to(saved, server, log_end);
      return "";
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::lineage);
      CHECK(error.position() == "log.000003:10");
      CHECK(error.hint().find("exactly_once: true") != std::string::npos);
      return error.cause();
    }
  };
  Position saved = at(10);
  CHECK(cause(saved, "b", {1, 4}).empty());  // nothing is ahead: GTIDs are all that counts
  saved.copied_to = {4, 50};
  CHECK(cause(saved, "a", {4, 50}).empty());
  CHECK(cause(saved, "a", {5, 4}).empty());
  CHECK(cause(saved, "a", {4, 49}) ==
        "rows of the copy (exactly_once: false) are as of log.000004:50 of server a, whose log ends at log.000004:49 now");
  CHECK(cause(saved, "b", {9, 9}) ==
        "rows of the copy (exactly_once: false) are as of log.000004:50 of server a, and this is server b, which may lack what they have");
}

TEST_CASE("a clash of unique keys has another cause where the copy is ahead") {
  const Error clash = Error(ErrorKind::sink_conflict, "writing", "duplicate", "drop it").at("log.000003:10").code("23505");
  CHECK(explained(clash, false).hint() == "drop it");
  const Error here = explained(clash, true);
  CHECK(here.hint().find("exactly_once: true") != std::string::npos);
  CHECK(std::string(here.what()) == clash.what());
  CHECK(here.kind() == ErrorKind::sink_conflict);
  CHECK(here.position() == "log.000003:10");
  CHECK(here.server_code() == "23505");
  CHECK(explained(Error(ErrorKind::data, "writing", "too long", "shorten it"), true).hint() == "shorten it");
}

TEST_CASE("a table begins with its own finish records") {
  auto schema = std::make_shared<TableSchema>();
  schema->name = {"d", "t"};
  SavedState saved;
  saved.chunks.resize(2);
  saved.chunks[0].table = {"d", "u"};
  saved.chunks[1].table = {"d", "t"};
  const CoreTable table = table_to_copy(schema, true, false, records_by_table(saved.chunks));
  CHECK(table.records.size() == 1);
  CHECK(table.copy);
  CHECK_FALSE(table.sink_was_empty);
}

TEST_CASE("a state file whose position only is behind has the sink's chunks, in any order") {
  ChunkRecord low, high, only;
  low.range.upto = "5";
  high.range.after = "5";
  only.range.only = "7";
  only.done = false;
  SavedState saved;
  saved.chunks = {low, high, only};
  StoredPipeline stored;
  CHECK_FALSE(same_chunks({}, stored));  // not found
  stored.found = true;
  stored.chunks = {only, low, high};
  CHECK(same_chunks(saved, stored));
  stored.chunks[0].done = true;
  CHECK_FALSE(same_chunks(saved, stored));
  stored.chunks[0].done = false;
  stored.chunks[1].high = {1, 9};
  CHECK_FALSE(same_chunks(saved, stored));
  stored.chunks.pop_back();
  CHECK_FALSE(same_chunks(saved, stored));
}
