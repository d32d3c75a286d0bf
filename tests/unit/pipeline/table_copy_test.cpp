// What a table's copy makes of the finish records that the sink has: gaps are read, chunks of one key go on, nothing is read twice.
#include "pipeline/table_copy.h"

#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;

namespace {

using State = Segment::State;

SchemaRef one_key(bool provable) {
  auto schema = std::make_shared<TableSchema>();
  schema->columns.resize(1);
  schema->columns[0].kind = ValueKind::int64;
  schema->columns[0].order_known = provable;
  schema->key = {0};
  return schema;
}

KeyBytes key(int64_t id) {
  const Value row[1] = {Value::int64(id)};
  return encode_key(*one_key(true), row);
}

ChunkRecord range(std::optional<int64_t> after, std::optional<int64_t> upto) {
  ChunkRecord record;
  if (after) record.range.after = key(*after);
  if (upto) record.range.upto = key(*upto);
  return record;
}

ChunkRecord single(int64_t id, bool done) {
  ChunkRecord record;
  record.range.only = key(id);
  record.done = done;
  return record;
}

}  // namespace

TEST_CASE("a copy goes on between its finish records, and reads a key's own chunk first") {
  TableCopy copy(one_key(true), true, {range(20, 30), range({}, 10), single(5, false), single(25, true)});
  auto state = [&](int64_t id) {
    const Value row[1] = {Value::int64(id)};
    return copy.segment_of(row).state;
  };
  auto make = [&](int64_t id) {
    const Value row[1] = {Value::int64(id)};
    return copy.make_single(row);
  };
  CHECK_FALSE(copy.done());
  CHECK(state(3) == State::emitted);
  CHECK(state(5) == State::unopened);
  CHECK(state(10) == State::emitted);
  CHECK(state(11) == State::unopened);
  CHECK(state(25) == State::emitted);
  CHECK(state(31) == State::unopened);
  CHECK(copy.reserve()->range.only == key(5));
  Segment* gap = copy.reserve();
  CHECK(gap->range.after == key(10));
  CHECK(gap->range.upto == key(20));
  CHECK(make(5) == nullptr);   // about to be read
  CHECK(make(15) == nullptr);  // likewise, with its neighbours
  CHECK(make(3) != nullptr);
  CHECK(make(25) != nullptr);  // once more
  CHECK(state(25) == State::unopened);
  CHECK(copy.reserve()->range.only == key(25));  // in turns, so that neither waits for ever
  CHECK(copy.reserve()->range.after == key(30));
  CHECK(copy.reserve()->range.only == key(3));
  CHECK(copy.reserve() == nullptr);
}

TEST_CASE("a copy whose records cover everything is done, whatever is known of the keys' order") {
  CHECK(TableCopy(one_key(true), true, {range(10, {}), range({}, 10)}).done());
  CHECK(TableCopy(one_key(false), true, {range(10, {}), range({}, 10)}).done());
  CHECK(TableCopy(one_key(true), false, {}).done());
  ChunkRecord unfinished = range({}, 10);
  unfinished.done = false;
  TableCopy copy(one_key(true), true, {range(10, {}), unfinished});
  CHECK(copy.reserve()->range == range({}, 10).range);
}

TEST_CASE("a segment is cut at a bound within it, and a chunk of one key is whole") {
  TableCopy copy(one_key(true), true, {single(5, false)});
  Segment* own = copy.reserve();
  copy.cut(*own, key(7));
  CHECK_FALSE(own->range.upto);
  Segment* first = copy.reserve();
  copy.cut(*first, std::nullopt);
  CHECK(copy.reserve() == nullptr);
  copy.cut(*first, key(10));
  CHECK(first->range == range({}, 10).range);
  copy.cut(*first, key(10));  // a read that ended early just at its bound
  Segment* rest = copy.reserve();
  REQUIRE(rest != nullptr);
  CHECK(rest->range == range(10, {}).range);
  CHECK(copy.reserve() == nullptr);
}

TEST_CASE("without the keys' order the copy goes on at the end of the chain, one segment after the other") {
  TableCopy copy(one_key(false), true, {range({}, 10), range(20, 30)});
  Segment* rest = copy.reserve();
  REQUIRE(rest != nullptr);
  CHECK(rest->range.after == key(10));
  CHECK_FALSE(rest->range.upto);
  CHECK(copy.reserve() == nullptr);
  const Value row[1] = {Value::int64(1)};
  CHECK_THROWS_AS(copy.segment_of(row), Error);
  CHECK(copy.find(rest->id) == rest);
  Segment* own = copy.make_single(row);
  REQUIRE(own != nullptr);
  CHECK(copy.find(own->id) == own);
  CHECK(copy.find(own->id + 1) == nullptr);
}
