// A table with a column of every kind that MySQL and MariaDB have, and rows of extreme values for it.
#pragma once

#include "integration/sink_fixture.h"

namespace tidemark::test {

inline std::vector<Column> every_column(bool with_vector) {
  Column label = column("e", ValueKind::text, "enum('a','b')");
  label.labels = {"a", "b"};
  Column u64 = column("u64", ValueKind::uint64, "bigint(20) unsigned");
  u64.is_unsigned = true;
  std::vector<Column> columns = {
      column("id", ValueKind::int64, "bigint(20)"),
      column("i8", ValueKind::int64, "tinyint(4)"),
      column("i32", ValueKind::int64, "int(11)"),
      u64,
      column("f", ValueKind::float32, "float"),
      column("d", ValueKind::float64, "double"),
      column("n", ValueKind::decimal, "decimal(65,30)", 65, 30),
      column("v", ValueKind::text, "varchar(20)", 20),
      column("t", ValueKind::text, "longtext"),
      label,
      column("b", ValueKind::bytes, "varbinary(20)", 20),
      column("da", ValueKind::date, "date"),
      column("ti", ValueKind::time, "time(6)", 0, 6),
      column("dt", ValueKind::datetime, "datetime(6)", 0, 6),
      column("ts", ValueKind::timestamp, "timestamp(3)", 0, 3),
      column("uu", ValueKind::uuid, "uuid"),
      column("j", ValueKind::json, "json"),
      column("bi", ValueKind::bits, "bit(10)", 10),
      column("g", ValueKind::geometry, "point"),
      column("ip", ValueKind::text, "inet6"),
  };
  if (with_vector) columns.push_back(column("ve", ValueKind::vector, "vector(2)", 2));
  return columns;
}

inline Row every_value(Rows& rows, int64_t id, bool with_vector, bool extreme) {
  std::vector<Value> v = {
      Value::int64(id),
      Value::int64(extreme ? -128 : 127),
      Value::int64(extreme ? INT32_MIN : INT32_MAX),
      Value::uint64(extreme ? UINT64_MAX : 0),
      Value::float32(extreme ? -3.4028235e38f : 0.1f),
      Value::float64(extreme ? 5e-324 : -0.0),
      rows.bytes(ValueKind::decimal,
                 extreme ? "-99999999999999999999999999999999999.999999999999999999999999999999" : "0.000000000000000000000000000001"),
      rows.text(extreme ? "日本語 😀 'quote' \\ " : ""),
      rows.text("line\none"),
      rows.text(extreme ? "b" : "a"),
      rows.bytes(ValueKind::bytes, extreme ? std::string_view("\0\377\0", 3) : std::string_view()),
      extreme ? Value::date(9999, 12, 31) : Value::date(1000, 1, 1),
      Value::time(extreme ? -3020399999999LL : 3020399999999LL, 6),
      Value::datetime(extreme ? Civil{9999, 12, 31, 86399999999LL} : Civil{1, 1, 1, 1}, 6),
      Value::timestamp(extreme ? Civil{2038, 1, 19, 11647999000LL} : Civil{1970, 1, 1, 1000000}, 3),
      rows.bytes(ValueKind::uuid, std::string_view("\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef", 16)),
      rows.bytes(ValueKind::json, extreme ? "{\"b\": 1.50, \"a\": [1e2, \"\\u00e9\\n\"], \"b\": -0.0}" : "null"),
      rows.bytes(ValueKind::bits, extreme ? std::string_view("\x03\xff", 2) : std::string_view("\x02\x01", 2)),
      rows.bytes(ValueKind::geometry, std::string_view("\0\0\0\0\1\1\0\0\0\0\0\0\0\0\0\360?\0\0\0\0\0\0\0@", 25)),
      rows.text(extreme ? "2001:db8::1" : "::"),
  };
  if (with_vector) v.push_back(rows.bytes(ValueKind::vector, std::string_view("\0\0\200?\0\0\0\300", 8)));
  return rows.row(v);
}

}  // namespace tidemark::test
