// From the facts of pg_type to a Column.
#include "engine/postgres/source_types.h"

#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::postgres;

namespace {

TypeFacts facts(const std::string& name, Oid oid, int32_t modifier = -1, const std::string& base = "") {
  TypeFacts type;
  type.name = name;
  type.oid = oid;
  type.modifier = modifier;
  type.base_name = base;
  return type;
}

Column of(const std::string& name, Oid oid, int32_t modifier = -1, const std::string& base = "") {
  return column_of(facts(name, oid, modifier, base));
}

/// What numeric(p,s) has as its modifier.
int32_t numeric_modifier(int32_t precision, int32_t scale) { return ((precision << 16) | (scale & 0x7ff)) + 4; }

}  // namespace

TEST_CASE("each type of a PostgreSQL source has its kind") {
  struct Case {
    Oid oid;
    ValueKind kind;
  };
  for (const auto& [oid, kind] :
       std::vector<Case>{{16, ValueKind::boolean},    {21, ValueKind::int64},       {23, ValueKind::int64},    {20, ValueKind::int64},
                         {26, ValueKind::uint64},     {700, ValueKind::float32},    {701, ValueKind::float64}, {1700, ValueKind::decimal},
                         {790, ValueKind::decimal},   {25, ValueKind::text},        {1043, ValueKind::text},   {1042, ValueKind::text},
                         {19, ValueKind::text},       {142, ValueKind::text},       {3614, ValueKind::text},   {17, ValueKind::bytes},
                         {2950, ValueKind::uuid},     {114, ValueKind::json},       {3802, ValueKind::json},   {1082, ValueKind::date},
                         {1114, ValueKind::datetime}, {1184, ValueKind::timestamp}, {1083, ValueKind::time},   {1266, ValueKind::other},
                         {1186, ValueKind::interval}, {1562, ValueKind::other},     {869, ValueKind::other},   {600, ValueKind::other},
                         {3904, ValueKind::other},    {18, ValueKind::other},       {90000, ValueKind::other}}) {
    INFO(oid);
    CHECK(of("x", oid).kind == kind);
    CHECK(of("x", oid).family == TypeFamily::postgres);
  }
  CHECK(of("public.citext", 90000, -1, "citext").kind == ValueKind::text);
  CHECK(of("public.ltree", 90000, -1, "ltree").kind == ValueKind::text);
  CHECK(of("bit(3)", 1560, 3).kind == ValueKind::bits);
  CHECK(of("\"bit\"", 1560).kind == ValueKind::other);
}

TEST_CASE("modifiers become length and scale") {
  CHECK(of("character varying(20)", 1043, 24).length == 20);
  CHECK_FALSE(of("character varying(20)", 1043, 24).fixed_length);
  CHECK(of("character(5)", 1042, 9).length == 5);
  CHECK(of("character(5)", 1042, 9).fixed_length);
  CHECK_FALSE(of("bpchar", 1042).fixed_length);
  CHECK(of("name", 19).length == 63);
  CHECK(of("bit(10)", 1560, 10).length == 10);
  CHECK(of("timestamp(3) without time zone", 1114, 3).scale == 3);
  CHECK(of("timestamp without time zone", 1114).scale == 6);
  CHECK(of("time(0) without time zone", 1083, 0).scale == 0);
  CHECK(of("interval second(2)", 1186, (0x1000 << 16) | 2).scale == 2);
  CHECK(of("interval day to second", 1186, (0x1c08 << 16) | 0xffff).scale == 6);
  const Column price = of("numeric(10,2)", 1700, numeric_modifier(10, 2));
  CHECK(price.length == 10);
  CHECK(price.scale == 2);
  CHECK(price.native_type == "numeric(10,2)");
  CHECK(of("numeric(3,5)", 1700, numeric_modifier(3, 5)).length == 5);
  CHECK(of("numeric(3,5)", 1700, numeric_modifier(3, 5)).scale == 5);
  for (const int32_t scale : {-3, 300}) {
    const Column unbounded = of("numeric(1000,...)", 1700, numeric_modifier(1000, scale));
    CHECK(unbounded.length == 0);
    CHECK(unbounded.scale == 0);
  }
  CHECK(of("numeric", 1700).length == 0);
  CHECK(of("money", 790).length == 19);
  CHECK(of("money", 790).scale == 2);
}

TEST_CASE("enums, arrays and domains") {
  TypeFacts mood = facts("public.mood", 90000, -1, "mood");
  mood.is_enum = true;
  mood.labels = {"sad", "ok"};
  CHECK(column_of(mood).kind == ValueKind::text);
  CHECK(column_of(mood).labels == std::vector<std::string>{"sad", "ok"});
  CHECK_FALSE(column_of(mood).is_set);
  TypeFacts numbers = facts("integer[]", 1007, -1, "_int4");
  numbers.is_array = true;
  CHECK(column_of(numbers).kind == ValueKind::array);
  // a domain: its own name, the rest as of its base
  const Column domain = of("public.postcode", 1043, 9, "varchar");
  CHECK(domain.native_type == "public.postcode");
  CHECK(domain.kind == ValueKind::text);
  CHECK(domain.length == 5);
  // a type that is gone
  CHECK(column_of(TypeFacts{}).kind == ValueKind::other);
}

TEST_CASE("only orders that are reproduced exactly are known") {
  const auto known = [](const TypeFacts& type, bool bytewise = false) { return order_reproduced(column_of(type), type, bytewise); };
  for (const Oid oid : {20u, 21u, 23u, 17u, 2950u, 1082u, 1083u, 1114u, 1184u}) CHECK(known(facts("x", oid)));
  for (const Oid oid : {16u, 26u, 700u, 701u, 1700u, 790u, 1042u, 1186u, 1266u, 3802u, 1560u, 869u})
    CHECK_FALSE(known(facts("x", oid), true));
  for (const Oid oid : {25u, 1043u, 19u}) {
    CHECK(known(facts("x", oid), true));
    CHECK_FALSE(known(facts("x", oid), false));
  }
  CHECK_FALSE(known(facts("public.citext", 90000, -1, "citext"), true));
  TypeFacts mood = facts("public.mood", 90000);
  mood.is_enum = true;
  CHECK_FALSE(known(mood, true));
}
