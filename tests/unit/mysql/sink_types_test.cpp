// Which type a column gets at a MySQL or MariaDB sink, and which existing type may hold it.
#include "engine/mysql/sink_types.h"

#include <algorithm>

#include "engine/mysql/sink_collation.h"
#include "engine/mysql/sink_type_rules.h"
#include "engine/mysql/sink_type_size.h"
#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::mysql;

namespace {

const ServerFlavour kMysql{Flavour::mysql, 90704}, kMariadb{Flavour::mariadb, 101119}, kOldMariadb{Flavour::mariadb, 100600};

Column postgres(ValueKind kind, const char* native, uint32_t length = 0, uint8_t scale = 0) {
  Column c;
  c.family = TypeFamily::postgres;
  c.kind = kind;
  c.native_type = native;
  c.length = length;
  c.scale = scale;
  return c;
}

Column own(const char* data_type, const char* column_type, const char* charset = "", const char* collation = "", uint64_t length = 0) {
  ColumnFacts facts;
  facts.name = "c";
  facts.data_type = data_type;
  facts.column_type = column_type;
  facts.charset = charset;
  facts.collation = collation;
  if (length > 0) facts.character_length = length;
  return make_column(facts, "c");
}

TargetColumn target(const char* data_type, const char* column_type, const char* charset = "", const char* collation = "",
                    uint64_t length = 0, uint64_t precision = 0, uint64_t scale = 0) {
  ColumnFacts facts;
  facts.name = "c";
  facts.data_type = data_type;
  facts.column_type = column_type;
  facts.charset = charset;
  facts.collation = collation;
  if (length > 0) facts.character_length = length;
  if (precision > 0) facts.numeric_precision = precision, facts.numeric_scale = scale;
  facts.datetime_precision = scale;
  return make_target_column(facts);
}

}  // namespace

TEST_CASE("every rule of PostgreSQL's types gives a type") {
  for (const PostgresRule& rule : postgres_rules()) {
    for (const ServerFlavour& server : {kMysql, kMariadb}) {
      const Column column = postgres(rule.kind, std::string(rule.source).c_str(), 3, 2);
      const std::string type = sink_column_type(column, false, server);
      INFO(rule.source << " -> " << type);
      CHECK(type.find('{') == std::string::npos);
      CHECK(size_of_type(type).row_bytes > 0);
    }
  }
}

TEST_CASE("types of PostgreSQL's columns") {
  CHECK(sink_column_type(postgres(ValueKind::decimal, "numeric(65,30)", 65, 30), false, kMysql) == "decimal(65,30)");
  CHECK(sink_column_type(postgres(ValueKind::decimal, "numeric(66,30)", 66, 30), false, kMysql) ==
        "varchar(69) CHARACTER SET ascii COLLATE ascii_bin");
  CHECK(sink_column_type(postgres(ValueKind::decimal, "numeric(5,-2)"), false, kMysql) == "decimal(7,0)");
  CHECK(sink_column_type(postgres(ValueKind::decimal, "numeric(3,5)", 3, 5), false, kMysql) == "decimal(5,5)");
  CHECK(sink_column_type(postgres(ValueKind::decimal, "numeric"), false, kMysql) == "decimal(65,30)");
  CHECK(sink_column_type(postgres(ValueKind::bits, "bit(64)", 64), false, kMysql) == "bit(64)");
  CHECK(sink_column_type(postgres(ValueKind::bits, "bit(65)", 65), false, kMysql) == "varbinary(9)");
  CHECK(sink_column_type(postgres(ValueKind::text, "character varying(16383)", 16383), false, kMysql) ==
        "varchar(16383) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin");
  CHECK(sink_column_type(postgres(ValueKind::text, "character varying(16384)", 16384), false, kMysql) ==
        "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin");
  CHECK(sink_column_type(postgres(ValueKind::text, "text"), true, kMysql) == "varchar(768) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin");
  CHECK(sink_column_type(postgres(ValueKind::text, "public.citext"), true, kMariadb) ==
        "varchar(768) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin");
  CHECK(sink_column_type(postgres(ValueKind::text, "citext"), false, kMysql) ==
        "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_ci");
  CHECK(sink_column_type(postgres(ValueKind::bytes, "bytea"), true, kMysql) == "varbinary(3072)");
  CHECK(sink_column_type(postgres(ValueKind::uuid, "uuid"), false, kMariadb) == "char(36) CHARACTER SET ascii COLLATE ascii_bin");
  for (const char* type : {"integer[]", "jsonb", "public.hstore"}) {
    const ValueKind kind = type[0] == 'j' ? ValueKind::json : type[0] == 'i' ? ValueKind::array : ValueKind::other;
    CHECK(sink_column_type(postgres(kind, type), false, kMysql) == "json");
    CHECK(sink_column_type(postgres(kind, type), true, kMysql) == sink_column_type(postgres(ValueKind::text, "text"), true, kMysql));
  }
  CHECK(sink_column_type(postgres(ValueKind::uuid, "uuid"), false, kOldMariadb) == "char(36) CHARACTER SET ascii COLLATE ascii_bin");
  CHECK(sink_column_type(postgres(ValueKind::other, "public.vector(3)"), false, kMysql) == "vector(3)");
  CHECK(sink_column_type(postgres(ValueKind::other, "vector(3)"), false, kMariadb) == "json");
  CHECK(sink_column_type(postgres(ValueKind::datetime, "birthday", 0, 6), false, kMysql) == "datetime(6)");  // a domain
  CHECK(sink_column_type(postgres(ValueKind::other, "numrange"), false, kMysql) ==
        "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin");
}

TEST_CASE("types of MySQL's and MariaDB's columns are their own, or what stands in") {
  CHECK(sink_column_type(own("int", "int(10) unsigned"), false, kMysql) == "int(10) unsigned");
  CHECK(sink_column_type(own("json", "json"), false, kMariadb) == "json");
  CHECK(sink_column_type(own("varchar", "varchar(9)", "latin1", "latin1_swedish_ci", 9), false, kMariadb) ==
        "varchar(9) CHARACTER SET latin1 COLLATE latin1_swedish_ci");
  CHECK(sink_column_type(own("varchar", "varchar(9)", "utf8mb4", "utf8mb4_sv_0900_ai_ci", 9), false, kMariadb) ==
        "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_swedish_nopad_ai_ci");
  CHECK(sink_column_type(own("varchar", "varchar(9)", "utf8mb4", "utf8mb4_0900_ai_ci", 9), true, kMariadb) ==
        "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin");
  CHECK(sink_column_type(own("varchar", "varchar(9)", "utf8mb4", "utf8mb4_uca1400_swedish_as_cs", 9), false, kMysql) ==
        "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_sv_0900_as_cs");
  CHECK(sink_column_type(own("varchar", "varchar(9)", "latin1", "latin1_swedish_nopad_ci", 9), false, kMysql) ==
        "varchar(9) CHARACTER SET latin1 COLLATE latin1_swedish_ci");
  CHECK(sink_column_type(own("varchar", "varchar(9)", "utf8mb3", "utf8mb3_general_ci", 9), false, {Flavour::mariadb, 100500}) ==
        "varchar(9) CHARACTER SET utf8 COLLATE utf8_general_ci");
  CHECK(sink_column_type(own("enum", "enum('a','it''s','b\\\\c')", "utf8mb4", "utf8mb4_bin"), false, kMysql) ==
        "enum('a','it''s','b\\\\c') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
  CHECK(sink_column_type(own("uuid", "uuid"), false, kMysql) == "char(36) CHARACTER SET ascii COLLATE ascii_bin");
  CHECK(sink_column_type(own("inet6", "inet6"), false, kMysql) == "varchar(45) CHARACTER SET ascii COLLATE ascii_bin");
  CHECK(sink_column_type(own("geomcollection", "geomcollection"), false, kMariadb) == "geometrycollection");
}

TEST_CASE("keys share what an index may have, and rows what they may") {
  TableSchema schema;
  schema.columns = {postgres(ValueKind::text, "text"), postgres(ValueKind::int64, "bigint"), postgres(ValueKind::bytes, "bytea")};
  schema.key = {0, 1, 2};
  const auto types = sink_column_types(schema, kMysql);
  CHECK(types[0] == "varchar(383) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin");
  CHECK(types[2] == "varbinary(1532)");

  schema.columns.assign(3, postgres(ValueKind::text, "character varying(9000)", 9000));
  schema.key = {};
  const auto wide = sink_column_types(schema, kMysql);
  CHECK(std::count_if(wide.begin(), wide.end(), [](const std::string& t) { return t.rfind("text ", 0) == 0; }) == 2);
  CHECK(sink_column_types(schema, kMysql, {"varchar(5)", "", ""})[0] == "varchar(5)");
}

TEST_CASE("what follows the type") {
  TableSchema schema;
  schema.columns = {own("bigint", "bigint(20)"), own("timestamp", "timestamp(3)")};
  schema.columns[1].scale = 3;
  for (Column& column : schema.columns) column.nullable = false;
  schema.columns[0].auto_increment = true;
  schema.key = {0};
  CHECK(sink_column_attributes(schema, 0, "bigint(20)", false) == " NOT NULL AUTO_INCREMENT");
  CHECK(sink_column_attributes(schema, 0, "varchar(20)", false) == " NOT NULL");
  CHECK(sink_column_attributes(schema, 1, "timestamp(3)", false) == " NOT NULL DEFAULT CURRENT_TIMESTAMP(3)");
  CHECK(sink_column_attributes(schema, 1, "timestamp(3)", true) == " NULL DEFAULT NULL");
  schema.key = {};
  CHECK(sink_column_attributes(schema, 0, "bigint(20)", false) == " NOT NULL");
}

TEST_CASE("an existing column fits when it is the same or wider") {
  struct Case {
    Column source;
    TargetColumn target;
    bool fits;
  };
  const Column utf8 = own("varchar", "varchar(20)", "utf8mb4", "utf8mb4_bin", 20),
               latin1 = own("varchar", "varchar(20)", "latin1", "latin1_bin", 20);
  const Column tiny_text = own("tinytext", "tinytext", "utf8mb4", "utf8mb4_bin");
  const std::vector<Case> cases = {
      {own("int", "int"), target("bigint", "bigint"), true},
      {own("int", "int"), target("int", "int unsigned"), false},
      {own("int", "int unsigned"), target("int", "int"), false},
      {own("int", "int unsigned"), target("bigint", "bigint"), true},
      {own("bigint", "bigint unsigned"), target("decimal", "decimal(20,0)", "", "", 0, 20, 0), true},
      {own("bigint", "bigint unsigned"), target("decimal", "decimal(20,1)", "", "", 0, 20, 1), false},
      {postgres(ValueKind::boolean, "boolean"), target("tinyint", "tinyint(1)"), true},
      {postgres(ValueKind::decimal, "numeric"), target("decimal", "decimal(65,30)", "", "", 0, 65, 30), true},
      {postgres(ValueKind::decimal, "numeric"), target("decimal", "decimal(65,10)", "", "", 0, 65, 10), false},
      {postgres(ValueKind::decimal, "numeric(10,2)", 10, 2), target("decimal", "decimal(11,3)", "", "", 0, 11, 3), true},
      {postgres(ValueKind::decimal, "numeric(10,2)", 10, 2), target("double", "double"), false},
      {postgres(ValueKind::float64, "double precision"), target("float", "float"), false},
      {utf8, target("varchar", "varchar(20)", "utf8mb4", "utf8mb4_bin", 20), true},
      {utf8, target("varchar", "varchar(19)", "utf8mb4", "utf8mb4_bin", 19), false},
      {utf8, target("varchar", "varchar(20)", "latin1", "latin1_bin", 20), false},
      {latin1, target("varchar", "varchar(20)", "utf8mb3", "utf8mb3_bin", 20), true},
      {utf8, target("char", "char(20)", "utf8mb4", "utf8mb4_bin", 20), false},
      {tiny_text, target("tinytext", "tinytext", "utf8mb4", "utf8mb4_bin"), true},
      {own("tinytext", "tinytext", "latin1", "latin1_bin"), target("tinytext", "tinytext", "utf8mb4", "utf8mb4_bin"), false},
      {postgres(ValueKind::text, "text"), target("text", "text", "utf8mb4", "utf8mb4_bin"), false},
      {postgres(ValueKind::text, "text"), target("longtext", "longtext", "utf8mb4", "utf8mb4_bin"), true},
      {postgres(ValueKind::datetime, "timestamp without time zone", 0, 6), target("datetime", "datetime(3)", "", "", 0, 0, 3), false},
      {postgres(ValueKind::timestamp, "timestamp with time zone", 0, 6), target("timestamp", "timestamp(6)", "", "", 0, 0, 6), false},
      {postgres(ValueKind::timestamp, "timestamp with time zone", 0, 6), target("datetime", "datetime(6)", "", "", 0, 0, 6), true},
      {own("enum", "enum('a','b')", "utf8mb4", "utf8mb4_bin"), target("enum", "enum('b','c','a')", "utf8mb4", "utf8mb4_bin"), true},
      {own("set", "set('a','b')", "utf8mb4", "utf8mb4_bin"), target("set", "set('b','a')", "utf8mb4", "utf8mb4_bin"), false},
      {own("enum", "enum('a','b')", "utf8mb4", "utf8mb4_bin"), target("varchar", "varchar(1)", "utf8mb4", "utf8mb4_bin", 1), true},
      {own("blob", "blob"), target("mediumblob", "mediumblob"), true},
      {own("blob", "blob"), target("varbinary", "varbinary(60000)", "", "", 60000), false},
      {own("binary", "binary(4)", "", "", 4), target("binary", "binary(5)", "", "", 5), false},
      {own("json", "json"), target("json", "json"), true},
      {postgres(ValueKind::array, "integer[]"), target("json", "json"), true},
      {postgres(ValueKind::bits, "bit(8)", 8), target("bit", "bit(7)"), false},
      {postgres(ValueKind::uuid, "uuid"), target("binary", "binary(16)", "", "", 16), true},
      {postgres(ValueKind::other, "inet"), target("varchar", "varchar(42)", "ascii", "ascii_bin", 42), false},
      {own("int", "int"), target("mystery", "mystery"), false},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    INFO("case " << i << ": " << misfit(cases[i].source, cases[i].target, false).value_or("fits"));
    CHECK(misfit(cases[i].source, cases[i].target, false).has_value() != cases[i].fits);
  }
}

TEST_CASE("a key's collation must tell apart what the source tells apart") {
  const auto key = [](const char* collation) { return target("varchar", "varchar(20)", "utf8mb4", collation, 20); };
  const Column free_text = postgres(ValueKind::text, "character varying(20)", 20);
  CHECK_FALSE(key_misfit(free_text, key("utf8mb4_0900_bin")).has_value());
  CHECK(key_misfit(free_text, key("utf8mb4_bin")).has_value());  // pads
  CHECK(key_misfit(free_text, key("utf8mb4_0900_ai_ci")).has_value());
  const Column own_text = own("varchar", "varchar(20)", "utf8mb4", "utf8mb4_general_ci", 20);
  CHECK_FALSE(key_misfit(own_text, key("utf8mb4_general_ci")).has_value());
  CHECK_FALSE(key_misfit(own_text, key("utf8mb4_bin")).has_value());
  CHECK(key_misfit(own_text, key("utf8mb4_0900_ai_ci")).has_value());
  CHECK(tells_as_much_apart("utf8mb4_0900_ai_ci", "utf8mb4_uca1400_nopad_as_cs"));
  CHECK_FALSE(tells_as_much_apart("utf8mb4_0900_as_cs", "utf8mb4_uca1400_nopad_ai_ci"));
  CHECK_FALSE(tells_as_much_apart("utf8mb4_0900_ai_ci", "utf8mb4_uca1400_ai_ci"));
}
