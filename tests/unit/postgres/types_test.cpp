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
