// Which type a column gets, and which existing type may hold it.
#include "engine/postgres/types.h"

#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::postgres;

namespace {

Column column(ValueKind kind, const char* native, uint32_t length = 0, uint8_t scale = 0) {
  Column c;
  c.kind = kind;
  c.native_type = native;
  c.length = length;
  c.scale = scale;
  return c;
}

SinkType type(Oid oid, int32_t modifier = -1) {
  SinkType t;
  t.oid = oid;
  t.wire = wire_type_of(oid);
  t.modifier = modifier;
  t.is_blank_padded = oid == 1042;
  return t;
}

constexpr int32_t numeric_modifier(int precision, int scale) { return (precision << 16 | (scale & 0x7ff)) + 4; }

}  // namespace

TEST_CASE("default types lose nothing") {
  CHECK(default_sql_type(column(ValueKind::int64, "tinyint(4)")) == "smallint");
  CHECK(default_sql_type(column(ValueKind::uint64, "tinyint(3) unsigned")) == "smallint");
  CHECK(default_sql_type(column(ValueKind::int64, "year(4)")) == "smallint");
  CHECK(default_sql_type(column(ValueKind::int64, "smallint(6)")) == "smallint");
  CHECK(default_sql_type(column(ValueKind::uint64, "smallint(5) unsigned")) == "integer");
  CHECK(default_sql_type(column(ValueKind::uint64, "mediumint(8) unsigned")) == "integer");
  CHECK(default_sql_type(column(ValueKind::int64, "int(11)")) == "integer");
  CHECK(default_sql_type(column(ValueKind::uint64, "int(10) unsigned")) == "bigint");
  CHECK(default_sql_type(column(ValueKind::int64, "bigint(20)")) == "bigint");
  CHECK(default_sql_type(column(ValueKind::uint64, "bigint(20) unsigned")) == "numeric(20,0)");
  CHECK(default_sql_type(column(ValueKind::decimal, "decimal(65,30)", 65, 30)) == "numeric(65,30)");
  CHECK(default_sql_type(column(ValueKind::text, "varchar(255)", 255)) == "varchar(255)");
  CHECK(default_sql_type(column(ValueKind::text, "char(0)")) == "text");
  CHECK(default_sql_type(column(ValueKind::text, "tinytext", 255)) == "text");
  CHECK(default_sql_type(column(ValueKind::time, "time(3)", 0, 3)) == "interval(3)");
  CHECK(default_sql_type(column(ValueKind::timestamp, "timestamp")) == "timestamptz(0)");
  CHECK(default_sql_type(column(ValueKind::bits, "bit(10)", 10)) == "bit(10)");
  CHECK(default_sql_type(column(ValueKind::json, "json")) == "jsonb");
  CHECK(default_sql_type(column(ValueKind::json, "longtext")) == "json");
  CHECK(default_sql_type(column(ValueKind::vector, "vector(3)", 3)) == "real[]");
  CHECK(default_sql_type(column(ValueKind::text, "inet6")) == "inet");
}

TEST_CASE("an existing type fits when it is the same or wider") {
  struct Case {
    Column source;
    SinkType target;
    bool fits;
  };
  const std::vector<Case> cases = {
      {column(ValueKind::int64, "int(11)"), type(20), true},
      {column(ValueKind::int64, "int(11)"), type(21), false},
      {column(ValueKind::uint64, "int(10) unsigned"), type(23), false},
      {column(ValueKind::uint64, "bigint(20) unsigned"), type(20), false},
      {column(ValueKind::uint64, "bigint(20) unsigned"), type(1700, numeric_modifier(20, 0)), true},
      {column(ValueKind::uint64, "bigint(20) unsigned"), type(1700, numeric_modifier(19, 0)), false},
      {column(ValueKind::int64, "tinyint(1)"), type(16), true},
      {column(ValueKind::int64, "tinyint(4)"), type(16), false},
      {column(ValueKind::decimal, "decimal(10,2)", 10, 2), type(1700, numeric_modifier(11, 3)), true},
      {column(ValueKind::decimal, "decimal(10,2)", 10, 2), type(1700, numeric_modifier(10, 3)), false},
      {column(ValueKind::decimal, "decimal(10,2)", 10, 2), type(1700), true},
      {column(ValueKind::decimal, "decimal(10,2)", 10, 2), type(701), false},
      {column(ValueKind::float64, "double"), type(700), false},
      {column(ValueKind::float32, "float"), type(701), true},
      {column(ValueKind::text, "varchar(20)", 20), type(1043, 24), true},
      {column(ValueKind::text, "varchar(20)", 20), type(1043, 23), false},
      {column(ValueKind::text, "text", 0), type(1043, 24), false},
      {column(ValueKind::text, "varchar(20)", 20), type(1042, 24), false},
      {column(ValueKind::datetime, "datetime(6)", 0, 6), type(1114, 3), false},
      {column(ValueKind::datetime, "datetime(3)", 0, 3), type(1114, 3), true},
      {column(ValueKind::datetime, "datetime", 0, 0), type(1184), false},
      {column(ValueKind::bits, "bit(8)", 8), type(1560, 8), true},
      {column(ValueKind::bits, "bit(8)", 8), type(1560, 9), false},
      {column(ValueKind::bytes, "blob"), type(25), false},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    INFO("case " << i);
    CHECK(misfit(cases[i].source, cases[i].target).has_value() != cases[i].fits);
  }
}

TEST_CASE("NOT NULL is dropped where a zero date may become NULL") {
  Column c = column(ValueKind::date, "date");
  c.nullable = false;
  CHECK_FALSE(keeps_not_null(c, {}, ZeroDatePolicy::null, false));
  CHECK(keeps_not_null(c, {}, ZeroDatePolicy::null, true));
  CHECK(keeps_not_null(c, {}, ZeroDatePolicy::error, false));
}

TEST_CASE("columns of PostgreSQL go into the same type, or a wider one") {
  struct Case {
    Column source;
    const char* sql;
    Oid oid;
    int32_t modifier;
    bool fits;
  };
  const std::vector<Case> cases = {
      {column(ValueKind::int64, "integer"), "bigint", 20, -1, true},
      {column(ValueKind::int64, "bigint"), "integer", 23, -1, false},
      {column(ValueKind::int64, "public.positive"), "bigint", 20, -1, true},
      {column(ValueKind::uint64, "oid"), "oid", 26, -1, true},
      {column(ValueKind::uint64, "oid"), "integer", 23, -1, false},
      {column(ValueKind::decimal, "numeric(10,2)", 10, 2), "numeric", 1700, -1, true},
      {column(ValueKind::decimal, "numeric(10,2)", 10, 2), "numeric(9,2)", 1700, numeric_modifier(9, 2), false},
      {column(ValueKind::decimal, "numeric"), "numeric(10,2)", 1700, numeric_modifier(10, 2), false},
      {column(ValueKind::decimal, "numeric(3,-2)"), "numeric(3,-2)", 1700, numeric_modifier(3, -2), true},
      {column(ValueKind::text, "character varying(5)", 5), "text", 25, -1, true},
      {column(ValueKind::text, "character varying(5)", 5), "character varying(4)", 1043, 8, false},
      {column(ValueKind::text, "text"), "character varying(4)", 1043, 8, false},
      {column(ValueKind::text, "public.citext"), "text", 25, -1, true},
      {column(ValueKind::datetime, "timestamp(3) without time zone", 0, 3), "timestamp without time zone", 1114, -1, true},
      {column(ValueKind::timestamp, "timestamp with time zone", 0, 6), "timestamp without time zone", 1114, -1, false},
      {column(ValueKind::time, "time without time zone", 0, 6), "interval", 1186, -1, false},
      {column(ValueKind::interval, "interval"), "interval", 1186, -1, true},
      {column(ValueKind::array, "integer[]"), "integer[]", 1007, -1, true},
      {column(ValueKind::array, "integer[]"), "bigint[]", 1016, -1, false},
      {column(ValueKind::array, "numeric(10,2)[]"), "numeric[]", 1231, -1, true},
      {column(ValueKind::other, "int4range"), "text", 25, -1, true},
      {column(ValueKind::other, "int4range"), "int8range", 3926, -1, false},
      {column(ValueKind::json, "jsonb"), "json", 114, -1, true},
  };
  for (Case c : cases) {
    SinkType target = type(c.oid, c.modifier);
    target.sql = c.sql;
    c.source.family = TypeFamily::postgres;
    INFO(c.source.native_type << " into " << c.sql);
    CHECK(misfit(c.source, target).has_value() != c.fits);
    CHECK(default_sql_type(c.source) == c.source.native_type);
  }
}

TEST_CASE("a domain that the target lacks gives way to what its values are") {
  CHECK(base_sql_type(column(ValueKind::int64, "public.d")) == "bigint");
  CHECK(base_sql_type(column(ValueKind::text, "public.d", 5)) == "character varying(5)");
  CHECK(base_sql_type(column(ValueKind::decimal, "public.d", 10, 2)) == "numeric(10,2)");
  CHECK(base_sql_type(column(ValueKind::bits, "public.d", 3)) == "bit(3)");
  CHECK(base_sql_type(column(ValueKind::timestamp, "public.d", 0, 3)) == "timestamptz(3)");
  for (const char* name : {"public.citext", "ltree"}) CHECK(base_sql_type(column(ValueKind::text, name)).empty());
  CHECK(base_sql_type(column(ValueKind::array, "public.d")).empty());
  CHECK(base_sql_type(column(ValueKind::other, "public.d")).empty());
}
