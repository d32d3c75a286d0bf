// Every kind of value through the sink and back: equal to represent(), and stored in the class that types.md promises.
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>

#include "sink_fixture.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

std::string uuid_bytes("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);
std::string all_bytes = [] {
  std::string s;
  for (int i = 0; i < 256; ++i) s.push_back(static_cast<char>(i));
  return s;
}();
std::string nul_text("a\0b", 3);
constexpr int64_t kTimeEdge = (838 * 3600 + 59 * 60 + 59) * int64_t{1'000'000};

struct Case {
  Column column;
  std::vector<Value> values;
  std::string storage;  // typeof() of every one of them
};

std::vector<Case> cases() {
  auto of = [](ValueKind kind, std::string_view bytes) { return Value::of_bytes(kind, bytes); };
  return {
      {column("c", ValueKind::boolean, "boolean"), {Value::boolean(false), Value::boolean(true)}, "integer"},
      {column("c", ValueKind::int64, "bigint"), {Value::int64(INT64_MIN), Value::int64(-1), Value::int64(INT64_MAX)}, "integer"},
      {column("c", ValueKind::uint64, "int unsigned"), {Value::uint64(0), Value::uint64(4294967295u)}, "integer"},
      {column("c", ValueKind::uint64, "bigint(20) unsigned"),
       {Value::uint64(0), Value::uint64(INT64_MAX), Value::uint64(uint64_t{1} << 63), Value::uint64(UINT64_MAX)},
       "text"},
      {column("c", ValueKind::float32, "float"),
       {Value::float32(0.1f), Value::float32(FLT_MAX), Value::float32(-FLT_MIN), Value::float32(1e-45f), Value::float32(16777217.0f),
        Value::float32(-0.0f)},
       "real"},
      {column("c", ValueKind::float64, "double"),
       {Value::float64(0.1), Value::float64(DBL_MAX), Value::float64(-DBL_MIN), Value::float64(5e-324), Value::float64(9007199254740993.0),
        Value::float64(-0.0), Value::float64(1e19)},
       "real"},
      {column("c", ValueKind::decimal, "decimal(65,30)", 30),
       {decimal("12345678901234567890.12345"), decimal("-0.000000000000000000000000000001"), decimal("0"), decimal("007")},
       "text"},
      {column("c", ValueKind::text, "longtext"),
       {text(""), text("007"), text("1e2"), text("дж \xf0\x9f\x8c\x8a"), text(nul_text), text(" x ")},
       "text"},
      {column("c", ValueKind::bytes, "varbinary(255)"),
       {of(ValueKind::bytes, ""), of(ValueKind::bytes, std::string_view("\0", 1)), of(ValueKind::bytes, all_bytes),
        of(ValueKind::bytes, "text")},
       "blob"},
      {column("c", ValueKind::date, "date"), {Value::date(0, 0, 0), Value::date(2023, 5, 0), Value::date(9999, 12, 31)}, "text"},
      {column("c", ValueKind::time, "time(6)", 6),
       {Value::time(kTimeEdge, 6), Value::time(-kTimeEdge, 6), Value::time(-1, 6), Value::time(0, 6)},
       "text"},
      {column("c", ValueKind::time, "time", 0), {Value::time(-kTimeEdge, 0), Value::time(0, 0)}, "text"},
      {column("c", ValueKind::datetime, "datetime(3)", 3),
       {Value::datetime({0, 0, 0, 0}, 3), Value::datetime({2023, 0, 0, 1000}, 3), Value::datetime({9999, 12, 31, 86'399'999'000}, 3)},
       "text"},
      {column("c", ValueKind::timestamp, "timestamp(6)", 6),
       {Value::timestamp({0, 0, 0, 0}, 6), Value::timestamp({2038, 1, 19, 11'647'999'999}, 6)},
       "text"},
      {column("c", ValueKind::uuid, "uuid"), {of(ValueKind::uuid, uuid_bytes)}, "text"},
      {column("c", ValueKind::json, "json"),
       {of(ValueKind::json, R"({"a": [1, 2.50, null, "\u0000"]})"), of(ValueKind::json, "1")},
       "text"},
      {column("c", ValueKind::bits, "bit(64)"),
       {of(ValueKind::bits, std::string_view("\0\0\0\0\0\0\0\0", 8)), of(ValueKind::bits, "\xff\xff\xff\xff\xff\xff\xff\xff")},
       "blob"},
      {column("c", ValueKind::vector, "vector(2)"), {of(ValueKind::vector, std::string_view("\0\0\x80\x3f\0\0\0\x40", 8))}, "blob"},
      {column("c", ValueKind::geometry, "point"), {of(ValueKind::geometry, all_bytes)}, "blob"},
      {column("c", ValueKind::interval, "interval"), {of(ValueKind::interval, "P1D")}, "text"},
      {column("c", ValueKind::array, "integer[]"), {of(ValueKind::array, "{1,2}")}, "text"},
      {column("c", ValueKind::other, "inet6"), {of(ValueKind::other, "::1")}, "text"},
  };
}

}  // namespace

TEST_CASE("every kind of value comes back as it went in") {
  for (const Case& c : cases()) {
    for (bool plain : {false, true}) {
      INFO(c.column.native_type);
      SinkFixture f({table("t", {column("id", ValueKind::int64, "int"), c.column}, {0})});
      TableStep step = f.step();
      std::vector<KeyBytes> keys;
      for (size_t i = 0; i <= c.values.size(); ++i) {
        Value v = i < c.values.size() ? c.values[i] : Value::null();
        Row row = f.row({Value::int64(static_cast<int64_t>(i)), v});
        (plain ? step.load : step.upserts).push_back(row);
        keys.push_back(encode_key(*f.tables[0].schema, row));
      }
      step.load_plain = plain;
      f.sink->write(f.batch(step));
      auto rows = f.read(0, keys);
      REQUIRE(rows.size() == keys.size());
      for (size_t i = 0; i < c.values.size(); ++i) {
        INFO("value " << i);
        CHECK(rows[i][1] == f.sink->represent(0, 1, c.values[i], f.arena));
      }
      CHECK(rows.back()[1].is_null());
      CHECK(f.sql("SELECT DISTINCT typeof(c) FROM t WHERE c IS NOT NULL") == c.storage);
    }
  }
}

TEST_CASE("represent changes only what SQLite cannot tell apart") {
  SinkFixture f({table("t", {column("id", ValueKind::int64, "int"), column("d", ValueKind::float64, "double")}, {0})});
  CHECK(f.sink->represent(0, 1, Value::float64(-0.0), f.arena) == Value::float64(0.0));
  CHECK(f.sink->represent(0, 1, Value::float64(1.5), f.arena) == Value::float64(1.5));
  CHECK(std::isnan(f.sink->represent(0, 1, Value::float64(std::nan("")), f.arena).float64()));  // it is refused, see postgres_types_test
}

TEST_CASE("every kind that can be a key finds its row, and pages walk all keys") {
  for (const Case& c : cases()) {
    INFO(c.column.native_type);
    SinkFixture f({table("t", {c.column, column("n", ValueKind::int64, "int")}, {0})});
    TableStep step = f.step();
    std::vector<KeyBytes> keys;
    for (size_t i = 0; i < c.values.size(); ++i) {
      step.upserts.push_back(f.row({c.values[i], Value::int64(static_cast<int64_t>(i))}));
      keys.push_back(encode_key(*f.tables[0].schema, step.upserts.back()));
    }
    f.sink->write(f.batch(step));
    f.sink->write(f.batch(step));  // again: updates, no second rows
    CHECK(f.sql("SELECT count(*) FROM t") == std::to_string(c.values.size()));
    CHECK(f.read(0, keys).size() == c.values.size());

    std::vector<KeyBytes> walked;
    KeyBytes after;
    for (bool more = true; more;) {
      more = false;
      f.sink->read_key_page(0, after, 2, [&](std::unique_ptr<RowBlock> block) {
        for (Row row : block->rows) {
          CHECK(row[1].is_absent());
          walked.push_back(encode_key(*f.tables[0].schema, row));
          more = true;
        }
        return true;
      });
      if (more) after = walked.back();
    }
    std::sort(walked.begin(), walked.end());
    std::sort(keys.begin(), keys.end());
    CHECK(walked == keys);

    TableStep remove = f.step();
    remove.deletes = step.upserts;
    f.sink->write(f.batch(remove));
    CHECK(f.sql("SELECT count(*) FROM t") == "0");
  }
}

TEST_CASE("what another program wrote equals nothing of the source") {
  SinkFixture f({table("t",
                       {column("id", ValueKind::int64, "int"), column("d", ValueKind::datetime, "datetime", 0),
                        column("u", ValueKind::uint64, "int unsigned"), column("f", ValueKind::float32, "float")},
                       {0})});
  f.sql("INSERT INTO t VALUES (1, 'yesterday', -5, 0.1)");
  Value* row = f.arena.allocate_row(4);
  row[0] = Value::int64(1);
  auto rows = f.read(0, {encode_key(*f.tables[0].schema, row)});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0][1].kind() == ValueKind::other);
  CHECK_FALSE(rows[0][2] == Value::uint64(static_cast<uint64_t>(-5)));
  CHECK_FALSE(rows[0][3] == Value::float32(0.1f));
}

TEST_CASE("a value of another kind than its column's is refused and nothing is written") {
  SinkFixture f({orders()});
  Error error = error_of([&] { f.upsert({{Value::int64(1), Value::int64(2), decimal("1.00")}}); });
  CHECK(error.kind() == ErrorKind::internal);
  error = error_of([&] { f.upsert({{Value::int64(1), Value::absent(), decimal("1.00")}}); });
  CHECK(error.kind() == ErrorKind::internal);
  CHECK(f.sql("SELECT count(*) FROM orders") == "0");
}
