// PostgreSQL's own types in SQLite, and what rules for single columns make of them.
#include <cmath>

#include "sink_fixture.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

Value of(ValueKind kind, std::string_view bytes) { return Value::of_bytes(kind, bytes); }

Column native(ValueKind kind, const char* type, uint8_t scale = 0) {
  Column c = column("c", kind, type, scale);
  c.family = TypeFamily::postgres;
  return c;
}

/// A table with one such column beside its key, under a rule.
struct OneColumn {
  explicit OneColumn(const Column& c, const ColumnRule& rule = {}, bool in_key = false) : table_(make(c, rule, in_key)) {
    sink = make_sqlite_sink(config_for(path));
    sink->open();
    sink->load_state("p");
    sink->prepare("p", {table_});
  }
  static SinkTable make(const Column& c, const ColumnRule& rule, bool in_key) {
    SinkTable out =
        sink_table(table("t", {column("id", ValueKind::int64, "int"), c}, in_key ? std::vector<uint16_t>{0, 1} : std::vector<uint16_t>{0}));
    out.rules = {ColumnRule(), rule};
    return out;
  }
  void put(const Value& value) {
    Value* row = arena.allocate_row(2);
    row[0] = Value::int64(next_id);
    row[1] = value;
    SinkBatch batch;
    batch.steps.emplace_back();
    batch.steps[0].upserts = {row};
    batch.position = position(100 * static_cast<uint64_t>(next_id));
    sink->write(batch);
    ++next_id;
  }
  /// How SQLite shows the value, once it was seen to come back as represent() says.
  std::string stored(const Value& value) {
    put(value);
    Value row[2] = {Value::int64(next_id - 1), value};
    sink->begin_read("p");
    Value found;
    sink->read_keys(0, {encode_key(*table_.schema, row)}, [&](std::unique_ptr<RowBlock> block) {
      found = block->rows.at(0)[1];
      blocks.push_back(std::move(block));
      return true;
    });
    sink->end_read();
    CHECK(found == sink->represent(0, 1, value, arena));
    return query(path, "SELECT CAST(c AS TEXT) FROM t WHERE id = " + std::to_string(next_id - 1));
  }
  Error refused(const Value& value) {
    return error_of([&] { put(value); });
  }

  TemporaryDirectory directory;
  std::string path = directory.file("sink.db");
  SinkTable table_;
  std::unique_ptr<Sink> sink;
  Arena arena;
  std::vector<std::unique_ptr<RowBlock>> blocks;
  int64_t next_id = 1;
};

}  // namespace

TEST_CASE("dates of PostgreSQL keep their years", "[postgres]") {
  OneColumn date(native(ValueKind::date, "date"));
  CHECK(date.stored(Value::date(kInfinityYear, 1, 1)) == "infinity");
  CHECK(date.stored(Value::date(-kInfinityYear, 1, 1)) == "-infinity");
  CHECK(date.stored(Value::date(0, 12, 31)) == "0001-12-31 BC");
  CHECK(date.stored(Value::date(-4712, 1, 1)) == "4713-01-01 BC");
  CHECK(date.stored(Value::date(5874897, 12, 31)) == "5874897-12-31");
  CHECK(date.stored(Value::date(2024, 2, 29)) == "2024-02-29");
  OneColumn stamp(native(ValueKind::timestamp, "timestamp with time zone", 6), {}, true);
  CHECK(stamp.stored(Value::timestamp({kInfinityYear, 1, 1, 0}, 6)) == "infinity");
  CHECK(stamp.stored(Value::timestamp({-43, 3, 15, 1}, 6)) == "0044-03-15 00:00:00.000001Z BC");
  CHECK(stamp.stored(Value::timestamp({294276, 12, 31, 86399999999}, 6)) == "294276-12-31 23:59:59.999999Z");
  OneColumn plain(native(ValueKind::datetime, "timestamp(0) without time zone", 0));
  CHECK(plain.stored(Value::datetime({2024, 1, 1, 0}, 0)) == "2024-01-01 00:00:00");
  OneColumn time(native(ValueKind::time, "time without time zone", 6));
  CHECK(time.stored(Value::time(86400000000, 6)) == "24:00:00.000000");
}

TEST_CASE("texts of PostgreSQL are kept as they are", "[postgres]") {
  const std::tuple<ValueKind, const char*, const char*> cases[] = {
      {ValueKind::decimal, "numeric", "-Infinity"},
      {ValueKind::decimal, "numeric", "NaN"},
      {ValueKind::decimal, "money", "-92233720368547758.08"},
      {ValueKind::interval, "interval", "P1Y2M3DT4H5M6.7S"},
      {ValueKind::other, "int4range", "[1,5)"},
      {ValueKind::other, "inet", "192.168.0.1/24"},
      {ValueKind::other, "bit varying(10)", "1010"},
      {ValueKind::text, "character(5)", "ab   "},
      {ValueKind::text, "public.mood", "sad"},
      {ValueKind::other, "public.pair", "(1,\"a b\")"},
      {ValueKind::json, "jsonb", "{\"a\": 1.50}"},
      {ValueKind::text, "tsvector", "'a':1A"},
  };
  for (const auto& [kind, type, text] : cases) {
    INFO(type);
    CHECK(OneColumn(native(kind, type)).stored(of(kind, text)) == text);
  }
  OneColumn oid(native(ValueKind::uint64, "oid"));
  CHECK(oid.stored(Value::uint64(4294967295u)) == "4294967295");
  CHECK(query(oid.path, "SELECT typeof(c) FROM t") == "integer");
}

TEST_CASE("arrays and hstore are JSON, but in a key, or where the user wants their own text", "[postgres]") {
  const Column numbers = native(ValueKind::array, "integer[]");
  const Value array = of(ValueKind::array, "{{1,NULL},{2,3}}"), shifted = of(ValueKind::array, "[0:1]={1,2}");
  CHECK(OneColumn(numbers).stored(array) == "[[1,null],[2,3]]");
  CHECK(OneColumn(numbers, {"TEXT", Unfit::by_default, std::nullopt}).stored(shifted) == "[0:1]={1,2}");
  CHECK(OneColumn(numbers, {}, true).stored(shifted) == "[0:1]={1,2}");
  CHECK(OneColumn(numbers).stored(shifted) == R"({"[0:1]": [1,2]})");
  CHECK(OneColumn(numbers).stored(of(ValueKind::array, "[-1:0][2:2]={{1},{2}}")) == R"({"[-1:0][2:2]": [[1],[2]]})");
  CHECK(OneColumn(numbers).refused(of(ValueKind::array, "{1")).kind() == ErrorKind::internal);
  CHECK(OneColumn(native(ValueKind::array, "text[]")).stored(of(ValueKind::array, "{\"a \\\"b\",NULL,\"NULL\"}")) ==
        R"(["a \"b",null,"NULL"])");
  const Value pairs = of(ValueKind::other, "\"a\"=>\"1\", \"b\"=>NULL");
  CHECK(OneColumn(native(ValueKind::other, "public.hstore")).stored(pairs) == R"({"a": "1", "b": null})");
  CHECK(OneColumn(native(ValueKind::other, "public.hstore"), {"TEXT", Unfit::by_default, std::nullopt}).stored(pairs) == pairs.bytes());
}

TEST_CASE("NaN is refused unless the user says what becomes of it", "[postgres]") {
  const Value nan = Value::float64(std::nan("")), single = Value::float32(std::nanf(""));
  const Column real = native(ValueKind::float64, "double precision"), narrow = native(ValueKind::float32, "real");
  CHECK(OneColumn(real).stored(Value::float64(kInfinite)) == "Inf");
  CHECK(OneColumn(real).refused(nan).kind() == ErrorKind::data);
  CHECK(OneColumn(real, {"", Unfit::clamp, std::nullopt}).refused(nan).kind() == ErrorKind::data);
  CHECK(OneColumn(real, {"", Unfit::null, std::nullopt}).stored(nan) == "NULL");
  CHECK(OneColumn(narrow, {"", Unfit::null, std::nullopt}).stored(single) == "NULL");
  OneColumn text(real, {"TEXT", Unfit::by_default, std::nullopt});
  CHECK(text.stored(nan) == "NaN");
  CHECK(text.stored(Value::float64(-kInfinite)) == "-Infinity");
  CHECK(text.stored(Value::float64(0.1)) == "0.1");
  CHECK(text.stored(Value::float64(-0.0)) == "-0");
}

TEST_CASE("columns lie where the user wants them, if they can", "[postgres]") {
  auto typed = [](const char* type, Unfit unfit = Unfit::by_default) { return ColumnRule{type, unfit, std::nullopt}; };
  const Column large = column("c", ValueKind::uint64, "bigint(20) unsigned");
  CHECK(OneColumn(large, typed("INTEGER"), true).stored(Value::uint64(INT64_MAX)) == "9223372036854775807");
  CHECK(OneColumn(large, typed("INTEGER")).refused(Value::uint64(UINT64_MAX)).kind() == ErrorKind::data);
  CHECK(OneColumn(large, typed("INTEGER", Unfit::null)).stored(Value::uint64(UINT64_MAX)) == "NULL");
  CHECK(OneColumn(large, typed("INTEGER", Unfit::clamp)).stored(Value::uint64(UINT64_MAX)) == "9223372036854775807");
  CHECK(OneColumn(column("c", ValueKind::int64, "int"), typed("TEXT"), true).stored(Value::int64(-7)) == "-7");
  OneColumn real(column("c", ValueKind::decimal, "decimal(10,2)", 2), typed("REAL"));
  CHECK(real.stored(decimal("-12.50")) == "-12.5");
  CHECK(query(real.path, "SELECT typeof(c) FROM t") == "real");
  Column bits = column("c", ValueKind::bits, "bit(10)");
  bits.length = 10;
  CHECK(OneColumn(bits, typed("INTEGER")).stored(of(ValueKind::bits, std::string_view("\x02\x01", 2))) == "513");
  bits.length = 64;
  for (const auto& [c, type, in_key] : {std::tuple{bits, "INTEGER", false},
                                        {column("c", ValueKind::text, "text"), "INTEGER", false},
                                        {column("c", ValueKind::decimal, "decimal(10,2)"), "REAL", true}}) {
    const Error error = error_of([&, &column_of = c, &type_of = type, &key = in_key] { OneColumn(column_of, typed(type_of), key); });
    CHECK(error.kind() == ErrorKind::config);
  }
}
