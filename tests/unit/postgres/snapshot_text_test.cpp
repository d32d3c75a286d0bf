// What pg_current_snapshot() prints, and what it does not.
#include "engine/postgres/snapshot_text.h"

#include <string>

#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::postgres;

TEST_CASE("a snapshot sees what is below its end, but not what is in progress") {
  const std::optional<Visibility> seen = parse_snapshot("733:737:733,4294967296000");
  REQUIRE(seen);
  CHECK(seen->by == Visibility::By::snapshot);
  CHECK(seen->exact);
  CHECK(seen->txid_end == 737);
  CHECK(seen->in_progress == std::vector<uint64_t>{733, 4294967296000});
  CHECK(seen->sees_txid(732));
  CHECK_FALSE(seen->sees_txid(733));
  CHECK(seen->sees_txid(736));
  CHECK_FALSE(seen->sees_txid(737));
  CHECK(parse_snapshot("10:10:")->in_progress.empty());
}

TEST_CASE("what is no snapshot is none") {
  for (const char* text : {"", "1", "1:2", ":2:", "1::", "1:2:x", "1:2:1,", "1:2:,1", "1:2:2,1", "1:2:1 ",
                           "x:2:", "1:2x:", "-1:2:", "1:99999999999999999999:"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_snapshot(text));
  }
}
