#include "pipeline/chunk_buffer.h"

#include <set>

#include "support/catch.h"

using namespace tidemark;

namespace {

SchemaRef two_columns() {
  auto s = std::make_shared<TableSchema>();
  s->columns.resize(2);
  s->columns[0].kind = s->columns[1].kind = ValueKind::int64;
  s->key = {0};
  return s;
}

Value* row(Arena& arena, int64_t key, int64_t v) {
  Value* r = arena.allocate_row(2);
  r[0] = Value::int64(key);
  r[1] = Value::int64(v);
  return r;
}

}  // namespace

TEST_CASE("chunk buffer: insert, replace, delete and patch by key, also while the index grows") {
  Arena arena;
  ChunkBuffer buffer(two_columns());
  auto block = std::make_unique<RowBlock>();
  for (int64_t i = 0; i < 100; ++i) block->rows.push_back(row(block->arena, i, i));
  buffer.add_block(std::move(block));
  for (int64_t i = 0; i < 100; i += 2) buffer.remove(row(arena, i, 0));
  for (int64_t i = 100; i < 1000; ++i) buffer.put(row(arena, i, i));
  buffer.put(row(arena, 1, 77));
  buffer.put(row(arena, 2, 78));  // deleted before, comes back
  Value* patch = arena.allocate_row(2);
  patch[0] = Value::int64(3);
  CHECK(buffer.patch(patch, patch));  // nothing present but the key
  patch[1] = Value::int64(79);
  CHECK(buffer.patch(patch, patch));
  patch[0] = Value::int64(4);
  CHECK_FALSE(buffer.patch(patch, patch));
  CHECK(buffer.row_count() == 50 + 900 + 1);
  CHECK(buffer.get(row(arena, 3, 0))[1].int64() == 79);
  CHECK(buffer.get(row(arena, 4, 0)) == nullptr);
  std::set<std::pair<int64_t, int64_t>> rows;
  for (Row r : buffer.take_rows()) rows.emplace(r[0].int64(), r[1].int64());
  CHECK(rows.size() == 951);
  CHECK(rows.count({1, 77}) == 1);
  CHECK(rows.count({2, 78}) == 1);
  CHECK(rows.count({3, 79}) == 1);
  CHECK(rows.count({4, 4}) == 0);
  CHECK(rows.count({999, 999}) == 1);
}
