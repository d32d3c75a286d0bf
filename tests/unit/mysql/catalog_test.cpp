// From information_schema to columns and keys.
#include "engine/mysql/catalog.h"

#include "engine/mysql/types.h"
#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::mysql;

namespace {

ColumnFacts facts(std::string type, std::string full, std::string charset = {}, std::string collation = {}) {
  ColumnFacts f;
  f.name = "c";
  f.data_type = std::move(type);
  f.column_type = std::move(full);
  f.charset = std::move(charset);
  f.collation = std::move(collation);
  return f;
}

Column make(const ColumnFacts& f) { return make_column(f, "column c of t"); }

TableSchema three_columns() {
  TableSchema t;
  t.name = {"d", "t"};
  for (const char* name : {"a", "b", "n"}) {
    Column c;
    c.name = name;
    c.kind = ValueKind::int64;
    c.native_type = "int";
    c.nullable = name[0] == 'n';
    t.columns.push_back(c);
  }
  return t;
}

}  // namespace

TEST_CASE("numbers") {
  CHECK(make(facts("int", "int(11)")).kind == ValueKind::int64);
  const Column zerofill = make(facts("int", "int(10) unsigned zerofill"));
  CHECK(zerofill.kind == ValueKind::uint64);
  CHECK(zerofill.is_unsigned);
  CHECK(make(facts("year", "year(4)")).kind == ValueKind::int64);
  ColumnFacts decimal = facts("decimal", "decimal(65,30)");
  decimal.numeric_precision = 65;
  decimal.numeric_scale = 30;
  const Column d = make(decimal);
  CHECK(d.kind == ValueKind::decimal);
  CHECK(d.length == 65);
  CHECK(d.scale == 30);
  CHECK_FALSE(d.order_known);
  CHECK(make(facts("bit", "bit(12)")).length == 12);
  CHECK(make(facts("float", "float")).kind == ValueKind::float32);
}

TEST_CASE("an ENUM member called unsigned makes nothing unsigned") {
  const Column e = make(facts("enum", "enum('unsigned','x')", "utf8mb4", "utf8mb4_bin"));
  CHECK_FALSE(e.is_unsigned);
  CHECK(e.labels == std::vector<std::string>{"unsigned", "x"});
  CHECK_FALSE(e.order_known);
}

TEST_CASE("labels with quotes, backslashes, commas, brackets and newlines") {
  CHECK(parse_labels(R"(enum('z','b''c','a\\b','n\nl',',',')',''))") == std::vector<std::string>{"z", "b'c", "a\\b", "n\nl", ",", ")", ""});
  CHECK(parse_labels("set('a')") == std::vector<std::string>{"a"});
  CHECK(parse_labels("int").empty());
  CHECK(parse_labels("enum('a").size() == 1);  // cut off: no crash
}

TEST_CASE("order is known only where the server compares bytes") {
  CHECK(make(facts("varchar", "varchar(9)", "utf8mb4", "utf8mb4_0900_bin")).order_known);
  CHECK_FALSE(make(facts("char", "char(9)", "utf8mb4", "utf8mb4_0900_bin")).order_known);
  CHECK_FALSE(make(facts("varchar", "varchar(9)", "utf8mb4", "utf8mb4_bin")).order_known);
  CHECK_FALSE(make(facts("varchar", "varchar(9)", "latin1", "latin1_bin")).order_known);
  CHECK_FALSE(make(facts("varchar", "varchar(9)", "utf8mb4", "utf8mb4_0900_ai_ci")).order_known);
  CHECK(make(facts("varbinary", "varbinary(9)")).order_known);
  CHECK(make(facts("binary", "binary(9)")).order_known);
  CHECK_FALSE(make(facts("blob", "blob")).order_known);
  for (const char* type : {"date", "datetime", "timestamp", "time", "year", "bigint"}) CHECK(make(facts(type, type)).order_known);
  CHECK_FALSE(make(facts("uuid", "uuid")).order_known);
  CHECK_FALSE(make(facts("bit", "bit(3)")).order_known);
}

TEST_CASE("types that only one of the servers has") {
  ColumnFacts json = facts("longtext", "longtext", "utf8mb4", "utf8mb4_bin");
  CHECK(make(json).kind == ValueKind::text);
  json.json_checked = true;
  CHECK(make(json).kind == ValueKind::json);
  CHECK(make(json).native_type == "longtext");
  CHECK(make(facts("json", "json")).kind == ValueKind::json);
  CHECK(make(facts("varchar", "varchar(9) /*M!100301 COMPRESSED*/", "latin1", "latin1_bin")).native_type == "varchar(9)");
  CHECK(make(facts("vector", "vector(3)")).length == 3);
  CHECK(make(facts("geomcollection", "geomcollection")).kind == ValueKind::geometry);
  CHECK(make(facts("inet6", "inet6")).kind == ValueKind::text);
  CHECK_THROWS_AS(make(facts("hologram", "hologram")), Error);
  CHECK_THROWS_AS(make(facts("varchar", "varchar(9)", "klingon", "klingon_bin")), Error);
}

TEST_CASE("generated columns are told from generated defaults") {
  ColumnFacts f = facts("int", "int");
  CHECK_FALSE(is_generated(f));
  f.extra = "DEFAULT_GENERATED";
  CHECK_FALSE(is_generated(f));
  f.extra = "VIRTUAL GENERATED INVISIBLE";
  CHECK(is_generated(f));
  f.extra = "STORED GENERATED";
  CHECK(is_generated(f));
}

TEST_CASE("the key: primary, else the smallest unique one without NULL, else none") {
  TableSchema t = three_columns();
  choose_key(t, {{"PRIMARY", {"b", "a"}, true}, {"u", {"a"}, true}}, nullptr);
  CHECK(t.key == std::vector<uint16_t>{1, 0});
  CHECK(t.key_origin == KeyOrigin::primary);

  t = three_columns();
  choose_key(t, {{"u1", {"n"}, true}, {"u2", {"a", "b"}, true}, {"u3", {"b"}, true}, {"u4", {"a"}, false}}, nullptr);
  CHECK(t.key == std::vector<uint16_t>{1});
  CHECK(t.key_origin == KeyOrigin::unique);

  t = three_columns();
  choose_key(t, {{"u1", {"n"}, true}, {"u2", {"generated"}, true}}, nullptr);
  CHECK_FALSE(t.has_key());
  CHECK(t.key_origin == KeyOrigin::none);
}

TEST_CASE("a configured key wins, and must fit") {
  TableSchema t = three_columns();
  const std::vector<std::string> good{"b"}, nullable{"n"}, missing{"nope"};
  choose_key(t, {{"PRIMARY", {"a"}, true}}, &good);
  CHECK(t.key == std::vector<uint16_t>{1});
  CHECK(t.key_origin == KeyOrigin::configured);
  TableSchema u = three_columns();
  CHECK_THROWS_AS(choose_key(u, {}, &nullable), Error);
  CHECK_THROWS_AS(choose_key(u, {}, &missing), Error);
}
