// SQL text: names and literals that no server setting can change the meaning of, and predicates that are exactly one key range.
#include "engine/mysql/dialect.h"

#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::mysql;

namespace {

Column column(std::string name, ValueKind kind, std::string native = "int") {
  Column c;
  c.name = std::move(name);
  c.kind = kind;
  c.native_type = std::move(native);
  return c;
}

TableSchema table(std::vector<Column> columns, std::vector<uint16_t> key) {
  TableSchema t;
  t.name = {"shop", "orders"};
  t.columns = std::move(columns);
  t.key = std::move(key);
  return t;
}

Value text(std::string_view s) { return Value::of_bytes(ValueKind::text, s); }

}  // namespace

TEST_CASE("names and texts survive every hostile character") {
  CHECK(quote_name("plain") == "`plain`");
  CHECK(quote_name("a`b``c") == "`a``b````c`");
  CHECK(quote_name(TableName{"da.ta", "ta\nble"}) == "`da.ta`.`ta\nble`");
  CHECK(quote_text("it's a \\ back") == "'it''s a \\\\ back'");
  CHECK(hex_literal("\xc3\xa9'", true) == "_utf8mb4 X'C3A927'");
  CHECK(hex_literal(std::string_view("\0\xff", 2), false) == "X'00FF'");
  CHECK(hex_literal("", true) == "_utf8mb4 X''");
}

TEST_CASE("literals are exact") {
  CHECK(literal(column("a", ValueKind::int64), Value::int64(INT64_MIN)) == "-9223372036854775808");
  CHECK(literal(column("a", ValueKind::uint64), Value::uint64(UINT64_MAX)) == "18446744073709551615");
  CHECK(literal(column("a", ValueKind::int64, "year"), Value::int64(0)) == "'0000'");
  CHECK(std::stod(literal(column("a", ValueKind::float32), Value::float32(0.1F))) == static_cast<double>(0.1F));
  CHECK(std::stod(literal(column("a", ValueKind::float64), Value::float64(-1.7976931348623157e308))) == -1.7976931348623157e308);
  CHECK(literal(column("a", ValueKind::decimal), Value::of_bytes(ValueKind::decimal, "-0.50")) == "-0.50");
  CHECK(literal(column("a", ValueKind::bits, "bit(12)"), Value::of_bytes(ValueKind::bits, {"\x0f\xff", 2})) == "4095");
  CHECK(literal(column("a", ValueKind::date), Value::date(0, 0, 0)) == "'0000-00-00'");
  CHECK(literal(column("a", ValueKind::time), Value::time(-1, 6)) == "'-00:00:00.000001'");
  CHECK(literal(column("a", ValueKind::timestamp), Value::timestamp({2038, 1, 19, 11647999000}, 3)) == "'2038-01-19 03:14:07.999'");
  CHECK(literal(column("a", ValueKind::uuid),
                Value::of_bytes(ValueKind::uuid, {"\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x55\x44\x00\x01", 16})) ==
        "'123e4567-e89b-12d3-a456-426655440001'");
  Column set = column("s", ValueKind::text, "set('a','b','c')");
  set.labels = {"a", "b", "c"};
  set.is_set = true;
  CHECK(literal(set, text("a,c")) == "5");
  CHECK(literal(set, text("")) == "0");
  CHECK_THROWS_AS(literal(column("a", ValueKind::geometry), Value::of_bytes(ValueKind::geometry, "x")), Error);
}

TEST_CASE("a range on one column") {
  const TableSchema t = table({column("id", ValueKind::int64)}, {0});
  const Value low[] = {Value::int64(5)}, high[] = {Value::int64(9)};
  CHECK(range_predicate(t, nullptr, nullptr).empty());
  CHECK(range_predicate(t, low, nullptr) == "`id` > 5");
  CHECK(range_predicate(t, nullptr, high) == "`id` <= 9");
  CHECK(range_predicate(t, low, high) == "`id` > 5 AND `id` <= 9");
  CHECK(equal_predicate(t, low) == "`id` = 5");
}

TEST_CASE("a range on a composite key is spelled out part by part, in key order") {
  const TableSchema t =
      table({column("x", ValueKind::int64), column("b", ValueKind::text, "varchar(9)"), column("a", ValueKind::int64)}, {2, 1});
  const Value low[] = {Value::int64(1), text("k")}, high[] = {Value::int64(4), text("z")};
  CHECK(key_columns(t) == "`a`, `b`");
  CHECK(range_predicate(t, low, high) ==
        "(`a` > 1 OR (`a` = 1 AND `b` > _utf8mb4 X'6B')) AND (`a` < 4 OR (`a` = 4 AND `b` <= _utf8mb4 X'7A'))");
  CHECK(equal_predicate(t, low) == "`a` = 1 AND `b` = _utf8mb4 X'6B'");
}

TEST_CASE("ENUM ranges go by the members' order, not by their text") {
  Column e = column("e", ValueKind::text, "enum('z','a','m')");
  e.labels = {"z", "a", "m"};
  const TableSchema t = table({e}, {0});
  const Value z[] = {text("z")}, a[] = {text("a")}, m[] = {text("m")}, none[] = {text("")};
  CHECK(range_predicate(t, z, nullptr) == "`e` IN (_utf8mb4 X'61',_utf8mb4 X'6D')");
  CHECK(range_predicate(t, m, nullptr) == "FALSE");
  CHECK(range_predicate(t, nullptr, a) == "(`e` IN (_utf8mb4 X'7A',_utf8mb4 X'61') OR `e` = 0)");
  CHECK(range_predicate(t, nullptr, none) == "`e` = 0");
  CHECK(equal_predicate(t, none) == "`e` = 0");
  CHECK(equal_predicate(t, a) == "`e` = _utf8mb4 X'61'");
}
