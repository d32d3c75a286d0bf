// Constant defaults: the texts of information_schema as MariaDB and MySQL write them, and those that say too little.
#include "engine/mysql/default_value.h"

#include "support/catch.h"
#include "tidemark/key.h"

using namespace tidemark;
using namespace tidemark::mysql;

namespace {

struct Defined {
  const char *data_type, *column_type;
  bool nullable = true;
  std::optional<uint64_t> length = {}, precision = {}, scale = {}, fraction = {};
};

/// The default's value, or kind absent when it is not known.
Value default_of(const Defined& column, std::optional<std::string> text, bool is_mariadb, Arena& arena, const std::string& extra = "") {
  ColumnFacts facts;
  facts.name = "c";
  facts.data_type = column.data_type;
  facts.column_type = column.column_type;
  facts.nullable = column.nullable;
  facts.character_length = column.length;
  facts.numeric_precision = column.precision;
  facts.numeric_scale = column.scale;
  facts.datetime_precision = column.fraction;
  facts.charset = std::string(column.data_type) == "varchar" ? "latin1" : "";
  facts.default_text = std::move(text);
  facts.extra = extra;
  const std::string encoded = constant_default(facts, make_column(facts, "c"), is_mariadb);
  return encoded.empty() ? Value::absent() : decode_key(encoded, arena).front();
}

}  // namespace

TEST_CASE("defaults that both servers write alike") {
  Arena arena;
  for (const bool is_mariadb : {true, false}) {
    const auto of = [&](const Defined& column, const char* text) { return default_of(column, text, is_mariadb, arena); };
    CHECK(of({"int", "int(11)"}, "-5") == Value::int64(-5));
    CHECK(of({"bigint", "bigint(20) unsigned"}, "18446744073709551615") == Value::uint64(UINT64_MAX));
    CHECK(of({"decimal", "decimal(8,2)", true, {}, 8, 2}, "-1.50").bytes() == "-1.50");
    CHECK(of({"decimal", "decimal(8,2) zerofill", true, {}, 8, 2}, "000001.50").bytes() == "1.50");
    CHECK(of({"decimal", "decimal(8,2)", true, {}, 8, 2}, "-0.00").bytes() == "0.00");
    CHECK(of({"decimal", "decimal(8,0)", true, {}, 8, 0}, "12").bytes() == "12");
    CHECK(of({"bit", "bit(9)"}, "b'100000101'").bytes() == std::string("\x01\x05", 2));
    CHECK(of({"float", "float"}, "0.3").is_absent());
    CHECK(of({"timestamp", "timestamp"}, "2020-01-01 00:00:00").is_absent());
    CHECK(of({"datetime", "datetime"}, "current_timestamp()").is_absent());
    CHECK(of({"int", "int(11)"}, "(1 + `a`)").is_absent());
  }
}

TEST_CASE("no default is NULL where the column may be NULL, and not known where it may not") {
  Arena arena;
  const Defined nullable{"int", "int(11)"}, required{"int", "int(11)", false};
  CHECK(default_of(nullable, "NULL", true, arena).is_null());
  CHECK(default_of(nullable, std::nullopt, false, arena).is_null());
  CHECK(default_of(required, std::nullopt, true, arena).is_absent());
  CHECK(default_of(required, std::nullopt, false, arena).is_absent());
  CHECK(default_of(required, std::nullopt, false, arena, "auto_increment").is_absent());
}

TEST_CASE("text, times and bytes") {
  Arena arena;
  const Defined varchar{"varchar", "varchar(20)", true, 20}, binary{"binary", "binary(4)", true, 4};
  CHECK(default_of(varchar, "'it''s \\\\ ναι'", true, arena).bytes() == "it's \\ ναι");
  CHECK(default_of(varchar, "it's \\ ναι", false, arena).bytes() == "it's \\ ναι");
  CHECK(default_of(varchar, "''", true, arena).bytes().empty());
  CHECK(default_of(varchar, "'NULL'", true, arena).bytes() == "NULL");
  CHECK(default_of(varchar, "NULL", false, arena).bytes() == "NULL");
  CHECK(default_of(varchar, "uuid()", true, arena).is_absent());
  CHECK(default_of(varchar, "uuid()", false, arena, "DEFAULT_GENERATED").is_absent());
  CHECK(default_of(binary, "0x6162", false, arena).bytes() == std::string("ab\0\0", 4));
  CHECK(default_of({"time", "time(3)", true, {}, {}, {}, 3}, "'-101:02:03.500'", true, arena) ==
        Value::time(-((101LL * 60 + 2) * 60 + 3) * 1000000 - 500000, 3));
  CHECK(default_of({"datetime", "datetime(3)", true, {}, {}, {}, 3}, "2020-02-29 23:59:59.123", false, arena) ==
        Value::datetime({2020, 2, 29, 86399123000}, 3));
  CHECK(default_of({"date", "date"}, "'0000-00-00'", true, arena) == Value::date(0, 0, 0));
}
