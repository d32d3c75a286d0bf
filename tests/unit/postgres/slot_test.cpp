// What is said of a replication slot before it is lost.
#include "engine/postgres/slot.h"

#include "support/catch.h"

using namespace tidemark::postgres;

TEST_CASE("a slot that may be lost warns in time, with the cure") {
  SlotState slot;
  CHECK(retention_warning(slot, "s") == "replication slot s is gone: the pipeline needs a new copy");
  slot.exists = true;
  slot.retained_bytes = 75 << 20;
  CHECK(retention_warning(slot, "s").empty());  // without a limit there is nothing to warn of
  slot.safe_bytes = 26 << 20;
  CHECK(retention_warning(slot, "s").empty());
  slot.safe_bytes = 25 << 20;
  const std::string near = retention_warning(slot, "s");
  CHECK(near.find("replication slot s holds back 75 MB of the log and is lost after 25 MB more; ") == 0);
  CHECK(near.find("ALTER SYSTEM SET max_slot_wal_keep_size") != std::string::npos);
  slot.at_risk = true;
  CHECK(retention_warning(slot, "s").find("lost with the next checkpoint") != std::string::npos);
  slot.lost = "wal_removed";
  CHECK(retention_warning(slot, "s") == "replication slot s is lost (wal_removed): the pipeline needs a new copy");
  CHECK(slot_text(slot) == "idle, holds back 75 MB of the log");
}

TEST_CASE("only names of tidemark's make are its own to drop") {
  CHECK(named_by_tidemark("tidemark_shop"));
  CHECK_FALSE(named_by_tidemark("shop"));
  CHECK_FALSE(named_by_tidemark("my_tidemark_shop"));
}
