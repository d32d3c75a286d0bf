// When a read view of the source and the sink's position speak of the same transactions.
#include "runtime/verify_sides.h"
#include "support/catch.h"

using namespace tidemark;

namespace {

Position at(uint64_t byte, std::vector<uint64_t> unseen = {}) {
  Position p;
  p.lineage = Lineage::postgres;
  p.server = "7300";
  p.offset = {1, byte};
  p.unseen = std::move(unseen);
  return p;
}

}  // namespace

TEST_CASE("a snapshot is compared with where the sink stood before it", "[verify]") {
  ViewPlace view;
  view.high = {1, 500};
  view.visibility.by = Visibility::By::snapshot;
  view.visibility.txid_end = 80;
  view.visibility.in_progress = {71};
  CHECK(view.same_as(at(500), at(500)));
  CHECK(view.same_as(at(500), at(500, {70})));
  CHECK_FALSE(view.same_as(at(500), at(500, {71})));  // committed, and not visible to the view
  CHECK_FALSE(view.same_as(at(500), at(400)));        // 71 may be in between, and forgotten since
  CHECK_FALSE(view.same_as(at(500), {}));
  CHECK_FALSE(view.same_as(at(600), at(600)));
  CHECK_FALSE(view.same_as({}, {}));
}

TEST_CASE("a place in the log is compared with where the sink stands", "[verify]") {
  ViewPlace view;
  view.high = view.visibility.offset = {1, 500};
  CHECK(view.same_as(at(500), {}));
  CHECK_FALSE(view.same_as(at(600), {}));
  view.visibility.offset = {1, 400};
  CHECK_FALSE(view.same_as(at(500), at(500)));
}
