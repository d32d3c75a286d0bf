// What the core makes of row images that lack columns: completed where that is certain, refused where it would be a guess.
#include "pipeline/row_images.h"

#include <algorithm>

#include "pipeline/row_ops.h"
#include "support/catch.h"
#include "tidemark/error.h"
#include "tidemark/key.h"

using namespace tidemark;

namespace {

std::string encoded(const Value& value) {
  std::string out;
  encode_value(value, out);
  return out;
}

// id, n DEFAULT 7, t TIME(3) DEFAULT, dt DATETIME(1) DEFAULT, ts TIMESTAMP(6) DEFAULT, v without a known default
struct Fixture {
  Fixture() {
    schema.name = {"d", "t"};
    schema.columns.resize(6);
    const char* names[] = {"id", "n", "t", "dt", "ts", "v"};
    for (size_t i = 0; i < 6; ++i) schema.columns[i].name = names[i];
    schema.columns[1].default_value = encoded(Value::int64(7));
    schema.columns[2].default_value = encoded(Value::time(5000000, 0));
    schema.columns[2].scale = 3;
    schema.columns[3].default_value = encoded(Value::datetime(civil, 0));
    schema.columns[3].scale = 1;
    schema.columns[4].default_value = encoded(Value::timestamp(civil, 0));
    schema.columns[4].scale = 6;
    schema.key = {0};
  }
  Value* row(std::initializer_list<Value> values) {
    Value* r = arena.allocate_row(6);
    std::copy(values.begin(), values.end(), r);
    return r;
  }
  std::string refusal(const Change& change) {
    try {
      completed_images(schema, change, arena);
      return "";
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::unsupported);
      CHECK_FALSE(error.hint().empty());
      return error.what();
    }
  }
  Civil civil{2023, 1, 2, 3000000};
  TableSchema schema;
  Arena arena;
};

const Value kNone = Value::absent();

}  // namespace

TEST_CASE("an inserted row gets the constant defaults that its image leaves out, in the column's own precision") {
  Fixture f;
  const Change full =
      completed_images(f.schema, {Op::insert, 0, nullptr, f.row({Value::int64(1), kNone, kNone, kNone, kNone, Value::int64(9)})}, f.arena);
  CHECK_FALSE(has_absent(f.schema, full.after));
  CHECK(full.after[1].int64() == 7);
  CHECK(full.after[2].int64() == 5000000);
  CHECK(full.after[2].fsp() == 3);
  CHECK(full.after[3].kind() == ValueKind::datetime);
  CHECK(full.after[3].fsp() == 1);
  CHECK(full.after[4].kind() == ValueKind::timestamp);
  CHECK(full.after[4].fsp() == 6);
  CHECK(full.after[4].civil().micros == 3000000);
  CHECK(full.after[5].int64() == 9);
}

TEST_CASE("images that lack what cannot be known are refused") {
  Fixture f;
  const Value* with_key = f.row({Value::int64(1)});
  const Value* without_key = f.row({kNone, Value::int64(1)});
  CHECK(f.refusal({Op::insert, 0, nullptr, with_key}).find("lacks column v, whose default is not known") != std::string::npos);
  CHECK(f.refusal({Op::remove, 0, without_key, nullptr}).find("the row image lacks key columns") != std::string::npos);
  CHECK(f.refusal({Op::update, 0, without_key, with_key}).find("the row image lacks key columns") != std::string::npos);
  CHECK(f.refusal({Op::remove, 0, with_key, nullptr}).empty());
  f.schema.key.clear();
  CHECK(f.refusal({Op::remove, 0, with_key, nullptr}).find("lacks columns of a table without key") != std::string::npos);
}

TEST_CASE("an update is completed by the row before it, or at least by its key") {
  Fixture f;
  const Value* whole = f.row({Value::int64(1), Value::int64(2), Value::null(), Value::null(), Value::null(), Value::int64(3)});
  const Value* part = f.row({kNone, Value::int64(5)});
  const Change completed = completed_images(f.schema, {Op::update, 0, whole, part}, f.arena);
  CHECK(completed.after[0].int64() == 1);
  CHECK(completed.after[1].int64() == 5);
  CHECK(completed.after[5].int64() == 3);
  CHECK_FALSE(moves_partial_row(f.schema, completed));

  const Value* key = f.row({Value::int64(1)});
  const Change keyed = completed_images(f.schema, {Op::update, 0, key, part}, f.arena);
  CHECK(keyed.after[0].int64() == 1);
  CHECK(keyed.after[5].is_absent());
  CHECK_FALSE(moves_partial_row(f.schema, keyed));

  const Change moved = completed_images(f.schema, {Op::update, 0, key, f.row({Value::int64(2)})}, f.arena);
  CHECK(moved.after[0].int64() == 2);
  CHECK(moves_partial_row(f.schema, moved));
  f.schema.key.clear();
  CHECK_FALSE(moves_partial_row(f.schema, moved));
}
