// TABLE_MAP: its metadata, the schema made from it, and its agreement with a schema known from elsewhere.
#include "engine/mysql/table_map.h"

#include "engine/mysql/row_decoder.h"
#include "engine/mysql/table_agreement.h"
#include "golden_events.h"
#include "row_text.h"
#include "support/catch.h"

namespace tidemark::mysql {

namespace {

TableMap map_of(const char* file, Flavour flavour, const std::string& table) {
  for (const std::string& event : read_golden(file)) {
    if (event[4] != 19) continue;
    TableMap map;
    std::string why;
    ByteCursor body(std::string_view(event).substr(19, event.size() - 23));
    REQUIRE(parse_table_map(body, flavour, map, why));
    if (map.table == table) return map;
  }
  FAIL("no such table map");
  return {};
}

TableMap mysql_types() { return map_of("mysql-9.7.events", Flavour::mysql, "ty"); }

std::string disagreement(const TableMap& map, const TableSchema& schema, const ServerKind& server = kMysql97) {
  try {
    check_agreement(map, schema, server);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::schema_changed);
    CHECK_FALSE(error.hint().empty());
    return error.what();
  }
  return {};
}

/// What the schema would be after `change`, against the log that is still the old one.
template <typename Change>
std::string after(Change change) {
  TableMap map = mysql_types();
  TableSchema schema = *schema_from_table_map(map, Flavour::mysql);
  change(schema);
  return disagreement(map, schema);
}

}  // namespace

TEST_CASE("metadata of MySQL's full table maps") {
  TableMap map = mysql_types();
  CHECK(map.database == "t");
  CHECK(map.columns.size() == 25);
  CHECK((map.has_signedness && map.has_names && map.has_charsets && map.has_label_charsets && map.has_labels && map.has_visibility));
  REQUIRE(map.primary_key.size() == 1);
  CHECK(map.primary_key[0] == std::pair<uint16_t, uint32_t>(0, 0));
  CHECK(map.columns[0].name == "id");
  CHECK(map.columns[0].is_unsigned);
  CHECK_FALSE(map.columns[0].nullable);
  CHECK_FALSE(map.columns[2].is_unsigned);  // after YEAR, which has a bit of its own
  CHECK(map.columns[4].is_unsigned);
  CHECK(map.columns[6].meta == (12 << 8 | 3));
  CHECK(map.columns[10].type == ColumnType::enumeration);
  CHECK(map.columns[10].labels == std::vector<std::string>{"a", "b", "\xE9"});
  CHECK(map.columns[13].meta == 400);  // CHAR(100) in utf8mb4: the length's high bits are in the type byte
  CHECK(collation_by_id(map.columns[14].collation).charset->name() == "gbk");
  CHECK(collation_by_id(map.columns[15].collation).charset->is_binary());
}

TEST_CASE("metadata of MariaDB's full table maps") {
  TableMap map = map_of("mariadb-10.11.events", Flavour::mariadb, "ty");
  CHECK(map.columns.size() == 25);
  CHECK(map.columns[0].is_unsigned);
  CHECK(map.columns[24].name == "j");
  CHECK(collation_by_id(map.columns[17].collation).charset->name() == "sjis");
  CHECK(map.columns[24].type == ColumnType::blob);
  CHECK(collation_by_id(map.columns[24].collation).charset->name() == "utf8mb4");
}

TEST_CASE("the head alone") {
  std::string event = read_golden("mysql-9.7.events")[0];
  TableMapHead head;
  REQUIRE(parse_table_map_head(ByteCursor(std::string_view(event).substr(19)), head));
  CHECK(head.database == "t");
  CHECK(head.table == "ty");
  CHECK_FALSE(parse_table_map_head(ByteCursor(std::string_view(event).substr(19, 12)), head));
}

TEST_CASE("a schema from the log alone") {
  SchemaRef schema = schema_from_table_map(mysql_types(), Flavour::mysql);
  CHECK(schema->name == TableName{"t", "ty"});
  CHECK(schema->key == std::vector<uint16_t>{0});
  auto native = [&](size_t i) { return schema->columns[i].native_type; };
  CHECK(native(0) == "int unsigned");
  CHECK(native(6) == "decimal(12,3)");
  CHECK(native(12) == "char(10)");
  CHECK(native(13) == "char(100)");
  CHECK(native(14) == "varchar(300)");
  CHECK(native(15) == "binary(4)");
  CHECK(native(17) == "text");
  CHECK(native(20) == "timestamp(3)");
  CHECK(native(24) == "json");
  CHECK(disagreement(mysql_types(), *schema).empty());

  TableMap bare = mysql_types();  // as with binlog_row_metadata=NO_LOG of old servers
  bare.has_names = bare.has_signedness = bare.has_charsets = bare.has_primary_key = false;
  bare.primary_key.clear();
  for (MapColumn& column : bare.columns) column.labels.clear();
  schema = schema_from_table_map(bare, Flavour::mysql);
  CHECK(schema->columns[0].name == "@1");
  CHECK(schema->columns[0].kind == ValueKind::int64);
  CHECK(schema->columns[14].kind == ValueKind::bytes);
  CHECK(schema->columns[10].native_type == "enum");
  CHECK(schema->columns[10].kind == ValueKind::uint64);
  CHECK(schema->columns[10].labels.empty());
  CHECK_FALSE(schema->has_key());
  CHECK_NOTHROW(RowDecoder(bare, schema, kMysql97));
}

TEST_CASE("ENUM and SET without labels are their numbers, however many there are") {
  TableMap map;
  map.database = map.table = "t";
  for (const auto& [type, bytes] : {std::pair(ColumnType::enumeration, 1),
                                    {ColumnType::enumeration, 2},
                                    {ColumnType::set, 1},
                                    {ColumnType::set, 2},
                                    {ColumnType::set, 3},
                                    {ColumnType::set, 4},
                                    {ColumnType::set, 8}}) {
    MapColumn column;
    column.type = type;
    column.meta = static_cast<uint16_t>(bytes);
    map.columns.push_back(column);
  }
  SchemaRef schema = schema_from_table_map(map, Flavour::mysql);
  RowDecoder decoder(map, schema, kMysql97);
  const std::string row = from_hex(
      "0002ffff8101800300000000008001000000000000"
      "80");
  const char* at = row.data();
  std::vector<Value> values(map.columns.size());
  Arena arena;
  ImageColumns all;
  all.count = values.size();
  all.all = true;
  REQUIRE(decoder.decode(at, row.data() + row.size(), all, nullptr, nullptr, values.data(), arena));
  const uint64_t expected[] = {2, 65535, 0x81, 0x8001, 3, 0x80000000, 0x8000000000000001};
  for (size_t i = 0; i < values.size(); ++i) CHECK(values[i].uint64() == expected[i]);

  map.columns.assign(kColumnsMax, map.columns[1]);
  schema = schema_from_table_map(map, Flavour::mysql);
  size_t labels = 0;
  for (const Column& column : schema->columns) labels += column.labels.size();
  CHECK(labels == 0);  // 65535 a column would be gigabytes
  CHECK_NOTHROW(RowDecoder(map, schema, kMysql97));
}

TEST_CASE("a schema that is not the log's is told apart") {
  CHECK(after([](TableSchema&) {}).empty());
  CHECK(after([](TableSchema& s) { s.source_columns = 24; }) == "table t.ty: the log has 25 columns, the schema 24");
  CHECK(after([](TableSchema& s) { std::swap(s.columns[2].name, s.columns[3].name); }) == "table t.ty, column m: is called b in the log");
  CHECK(after([](TableSchema& s) { s.columns[2].native_type = "smallint"; }) ==
        "table t.ty, column b: is TINYINT in the log, smallint in the schema");
  CHECK(after([](TableSchema& s) { s.columns[0].is_unsigned = false; }) ==
        "table t.ty, column id: is unsigned in the log, signed in the schema");
  CHECK(after([](TableSchema& s) { s.columns[6].scale = 2; }) ==
        "table t.ty, column d: is DECIMAL(12,3) in the log, decimal(12,3) in the schema");
  CHECK(after([](TableSchema& s) { s.columns[9].length = 11; }) == "table t.ty, column bt: is BIT(10) in the log, bit(10) in the schema");
  CHECK(after([](TableSchema& s) { s.columns[10].labels[0] = "A"; }) ==
        "table t.ty, column e: has other labels in the log than in the schema");
  CHECK(after([](TableSchema& s) { s.columns[10].labels.emplace_back("d"); }) ==
        "table t.ty, column e: has other labels in the log than in the schema");
  CHECK(after([](TableSchema& s) { s.columns[13].length = 99; }) ==
        "table t.ty, column c2: is CHAR of 400 bytes in the log, char(100) in the schema");
  CHECK(after([](TableSchema& s) {
          s.columns[14].charset = "gb2312";
          s.columns[14].collation = "gb2312_chinese_ci";
        }) == "table t.ty, column v: has character set gbk in the log, gb2312 in the schema");
  CHECK(after([](TableSchema& s) { s.columns[17].native_type = "mediumtext"; }) ==
        "table t.ty, column t: is BLOB with 2-byte lengths in the log, mediumtext in the schema");
  CHECK(after([](TableSchema& s) { s.columns[20].scale = 6; }) ==
        "table t.ty, column ts: is TIMESTAMP(3) in the log, timestamp(3) in the schema");
}

TEST_CASE("types that are not understood are refused with a cure") {
  TableMap map = mysql_types();
  SchemaRef schema = schema_from_table_map(map, Flavour::mysql);
  map.columns[5].type = static_cast<ColumnType>(77);
  try {
    RowDecoder::skipper(map, kMysql97);
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unsupported);
    CHECK(std::string(error.what()) == "table t.ty, column bg: type 77 is not known");
    CHECK_FALSE(error.hint().empty());
  }
}

TEST_CASE("a generated column of MariaDB's old times is refused, for nothing says how long it is") {
  TableMap map;
  map.database = map.table = "t";
  map.columns.resize(2);
  map.columns[0].type = ColumnType::long_int;
  map.columns[1].type = ColumnType::time;
  auto schema = std::make_shared<TableSchema>(*schema_from_table_map(map, Flavour::mariadb));
  CHECK_NOTHROW(RowDecoder(map, schema, kMariadb1011));
  schema->columns.pop_back();
  CHECK_NOTHROW(RowDecoder(map, schema, kMysql97));  // never has a fraction there
  try {
    RowDecoder(map, schema, kMariadb1011);
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unsupported);
    CHECK(std::string(error.what()).starts_with("table t.t, column @2: stored in an old form"));
    CHECK_FALSE(error.hint().empty());
  }
}

TEST_CASE("generated columns, which the schema lacks, are passed over") {
  auto lines = decode_events(read_golden("mysql-9.7.events"), kMysql97, [](TableSchema& schema) {
    if (schema.name.table != "ty") return;
    for (size_t i = 24; i > 0; --i) {
      if (i % 4 != 0) schema.columns.erase(schema.columns.begin() + static_cast<std::ptrdiff_t>(i));
    }
  });
  CHECK(lines[0] == "insert 4000000000 | 16777215 | -0.1 | ab | x6100 | 2023-01-02 03:04:05.678 | {\"a\": [1, 2.5, \"x\"]}");
}

}  // namespace tidemark::mysql
