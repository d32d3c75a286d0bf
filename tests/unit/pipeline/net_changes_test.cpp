#include "pipeline/net_changes.h"

#include "support/catch.h"

using namespace tidemark;

namespace {

struct Fixture {
  explicit Fixture(bool provable = false) {
    auto s = std::make_shared<TableSchema>();
    s->columns.resize(3);
    for (Column& c : s->columns) {
      c.kind = ValueKind::int64;
      c.order_known = provable;
    }
    s->key = {0};
    schema = s;
  }
  Value* row(int64_t key, int64_t a = -1, int64_t b = -1) {
    Value* r = arena.allocate_row(3);
    r[0] = Value::int64(key);
    if (a >= 0) r[1] = Value::int64(a);
    if (b >= 0) r[2] = Value::int64(b);
    return r;
  }
  Arena arena;
  SchemaRef schema;
};

}  // namespace

TEST_CASE("net changes: nothing is left of what came before the table was emptied") {
  Fixture f;
  NetChanges net(f.schema);
  net.upsert(f.row(1, 1, 1));
  net.patch(f.row(2), f.row(2, 5), f.arena);
  net.truncate();
  CHECK_FALSE(net.empty());
  net.upsert(f.row(3, 1, 1));
  TableStep step;
  net.take(step);
  CHECK(step.empty_first);
  REQUIRE(step.upserts.size() == 1);
  CHECK(step.upserts[0][0].int64() == 3);
  CHECK(step.patches.empty());
  CHECK(net.empty());
  net.upsert(f.row(4, 1, 1));
  TableStep next;
  net.take(next);
  CHECK_FALSE(next.empty_first);
}

TEST_CASE("net changes: one entry a key, the last wins") {
  Fixture f;
  NetChanges net(f.schema);
  net.upsert(f.row(1, 1, 1));
  net.remove(f.row(1));
  net.upsert(f.row(1, 2, 2));
  net.upsert(f.row(2, 1, 1));
  net.remove(f.row(2));
  net.patch(f.row(3), f.row(3, 5), f.arena);
  net.patch(f.row(3), f.row(3, -1, 6), f.arena);
  net.upsert(f.row(4, 1, 1));
  net.patch(f.row(4), f.row(4, 9), f.arena);
  net.remove(f.row(5));
  net.patch(f.row(5), f.row(5, 9), f.arena);
  TableStep step;
  net.take(step);
  REQUIRE(step.upserts.size() == 2);
  CHECK(step.upserts[0][1].int64() == 2);
  CHECK(step.upserts[1][1].int64() == 9);
  CHECK(step.upserts[1][2].int64() == 1);
  REQUIRE(step.deletes.size() == 2);
  CHECK(step.deletes[0][0].int64() == 2);
  CHECK(step.deletes[1][0].int64() == 5);
  REQUIRE(step.patches.size() == 1);
  CHECK(step.patches[0].row[1].int64() == 5);
  CHECK(step.patches[0].row[2].int64() == 6);
  CHECK(net.empty());
}

TEST_CASE("net changes: many keys") {
  Fixture f;
  NetChanges net(f.schema);
  for (int round = 0; round < 3; ++round) {
    for (int64_t k = 0; k < 10000; ++k) net.upsert(f.row(k, round, k));
  }
  CHECK(net.size() == 10000);
  TableStep step;
  net.take(step);
  REQUIRE(step.upserts.size() == 10000);
  for (int64_t k = 0; k < 10000; ++k) {
    CHECK(step.upserts[static_cast<size_t>(k)][0].int64() == k);
    CHECK(step.upserts[static_cast<size_t>(k)][1].int64() == 2);
  }
}

TEST_CASE("net changes: many rows come in key order where that is known, and the object begins anew however large it was") {
  const bool provable = GENERATE(false, true);
  Fixture f(provable);
  NetChanges net(f.schema);
  TableStep step;
  for (int64_t k = 40000; k > 0; --k) net.upsert(f.row(k, 1, 1));
  net.take(step);
  REQUIRE(step.upserts.size() == 40000);
  CHECK(step.upserts.front()[0].int64() == (provable ? 1 : 40000));
  CHECK(step.upserts.back()[0].int64() == (provable ? 40000 : 1));
  TableStep next;
  for (int64_t k = 20; k > 0; --k) net.upsert(f.row(k, 2, 2));
  net.upsert(f.row(7, 3, 3));
  net.take(next);
  CHECK(next.upserts.size() == 20);
  CHECK(next.upserts.front()[0].int64() == 20);  // few: they cost a sink nothing
}
