// Whether reading may go on from a saved position, at servers that a test describes.
#include "engine/postgres/position_check.h"

#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::postgres;

namespace {

struct Described : ServerLog {
  ServerPlace at{"7300", 3, 0x5000, false};
  SlotPlace kept{true, "", 0x1000};
  ServerPlace place() override { return at; }
  std::string timeline_history(uint64_t timeline) override {
    CHECK(timeline == 3);
    return "1\t0/2000\tno recovery target specified\n2\t0/3000\tafter LSN 0/3000\n";
  }
  SlotPlace slot() override { return kept; }
  std::string slot_name() override { return "tidemark_p"; }

  /// The kind of the refusal, or "goes on".
  std::string verdict(uint64_t timeline, uint64_t lsn, LogOffset copied_to = {}, const std::string& server = "7300") {
    Position p;
    p.lineage = Lineage::postgres;
    p.server = server;
    p.offset = {timeline, lsn};
    p.copied_to = copied_to;
    try {
      check_position(*this, p);
      return "goes on";
    } catch (const Error& error) {
      CHECK(error.position() == p.text());
      CHECK_FALSE(error.hint().empty());
      return std::string(kind_name(error.kind()));
    }
  }
};

}  // namespace

TEST_CASE("where a timeline was left") {
  const char* history = "1\t0/2000\tno recovery target specified\n12\tA/3000\tx";
  CHECK(timeline_left_at(history, 1) == 0x2000);
  CHECK(timeline_left_at(history, 12) == 0xA00003000);
  CHECK_FALSE(timeline_left_at(history, 2));
  CHECK_FALSE(timeline_left_at("", 1));
  CHECK_FALSE(timeline_left_at("1\n1 0/20\n\n1\t?", 1));
}

TEST_CASE("a saved position and the server's timelines") {
  Described server;
  CHECK(server.verdict(3, 0x5000) == "goes on");
  CHECK(server.verdict(3, 0x5001) == "lineage");  // it lost the end of its log
  CHECK(server.verdict(2, 0x3000) == "goes on");
  CHECK(server.verdict(2, 0x3001) == "lineage");
  CHECK(server.verdict(1, 0x2000) == "goes on");
  CHECK(server.verdict(1, 0x2001) == "lineage");
  CHECK(server.verdict(4, 0x1000) == "lineage");
  CHECK(server.verdict(3, 0x4000, {}, "7301") == "lineage");
  CHECK(server.verdict(1, 0x1500, {1, 0x2000}) == "goes on");
  CHECK(server.verdict(1, 0x1500, {1, 0x2001}) == "lineage");  // what is copied in plain mode is ahead
  server.at.standby = true;
  CHECK(server.verdict(3, 0x5001) == "source_unavailable");  // it may come as far
  CHECK(server.verdict(4, 0x1000) == "source_unavailable");
  CHECK(server.verdict(2, 0x3001) == "lineage");
}

TEST_CASE("a saved position and the slot") {
  Described server;
  CHECK(server.verdict(3, 0x1000) == "goes on");
  CHECK(server.verdict(3, 0xfff) == "log_purged");
  server.kept.lost = "wal_removed";
  CHECK(server.verdict(3, 0x4000) == "log_purged");
  server.kept = {};
  CHECK(server.verdict(3, 0x4000) == "log_purged");
}
