// Commits between log and visibility (stalled_commits.h) at PostgreSQL, whose commits wait for a synchronous standby.
#include "integration/pairs/pair.h"
#include "integration/stalled_commits.h"

using namespace tidemark::test;

TEST_CASE("PostgreSQL: a commit is held between log and visibility", "[visibility]") {
  every_stall([] { return make_source("postgres", {}, CommitStall::postgres_options()); });
}
