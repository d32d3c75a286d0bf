// The tables that a PostgreSQL source finds on a real server, with their columns and keys, and the ones that it refuses.
#include "integration/postgres_source_fixture.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

std::vector<std::string> names_of(const std::vector<SchemaRef>& tables) {
  std::vector<std::string> names;
  for (const SchemaRef& table : tables) names.push_back(table->name.table);
  return names;
}

const Column& column_named(const TableSchema& table, const std::string& name) {
  const int i = table.find_column(name);
  REQUIRE(i >= 0);
  return table.columns[static_cast<size_t>(i)];
}

}  // namespace

TEST_CASE("columns are described as the log carries them") {
  Shop shop("described");
  shop.own(
      "CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TYPE mood ADD VALUE 'fine' BEFORE 'ok'; CREATE DOMAIN code AS varchar(5); "
      "CREATE DOMAIN short_code AS code; CREATE TYPE pair AS (a int, b text); "
      "CREATE TABLE t (gone int, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, serial serial, price numeric(10,2), m mood NOT NULL, "
      "c short_code, a int[], moods mood[], p pair, r int4range, twice bigint GENERATED ALWAYS AS (id * 2) STORED, at timestamptz(3), "
      "ip inet, bits bit(3), plain text, binary_text text COLLATE \"C\", english text COLLATE \"und-x-icu\", l char(4)); "
      "ALTER TABLE t DROP COLUMN gone; INSERT INTO t (m) SELECT 'ok' FROM generate_series(1, 100); ANALYZE t");
  const TableSchema table = shop.only_table();
  CHECK(table.name.text() == "described.t");
  CHECK(table.source_columns == 18);
  CHECK(table.rows_estimated == 100);
  CHECK(table.key == std::vector<uint16_t>{0});
  CHECK(table.key_origin == KeyOrigin::primary);
  CHECK(table.key_provable());
  CHECK(table.find_column("gone") < 0);
  CHECK(table.find_column("twice") < 0);
  const Column& id = column_named(table, "id");
  CHECK(id.ordinal == 1);
  CHECK(id.auto_increment);
  CHECK_FALSE(id.nullable);
  CHECK(column_named(table, "serial").auto_increment);
  CHECK(column_named(table, "price").native_type == "numeric(10,2)");
  const Column& mood = column_named(table, "m");
  CHECK(mood.native_type == "described.mood");
  CHECK(mood.labels == std::vector<std::string>{"sad", "fine", "ok"});
  CHECK(mood.ordinal == 4);
  CHECK(column_named(table, "c").native_type == "described.short_code");
  CHECK(column_named(table, "c").length == 5);
  CHECK(column_named(table, "a").native_type == "integer[]");
  CHECK(column_named(table, "a").kind == ValueKind::array);
  CHECK(column_named(table, "moods").native_type == "described.mood[]");
  CHECK(column_named(table, "p").kind == ValueKind::other);
  CHECK(column_named(table, "r").native_type == "int4range");
  CHECK(column_named(table, "at").native_type == "timestamp(3) with time zone");
  CHECK(column_named(table, "at").scale == 3);
  CHECK(column_named(table, "bits").length == 3);
  CHECK(column_named(table, "plain").order_known);  // the database's collation is C
  CHECK(column_named(table, "plain").collation == "C");
  CHECK(column_named(table, "binary_text").order_known);
  CHECK_FALSE(column_named(table, "english").order_known);
  CHECK(column_named(table, "english").collation == "und-x-icu");
  CHECK_FALSE(column_named(table, "l").order_known);
  CHECK(column_named(table, "l").fixed_length);
}

TEST_CASE("which tables are captured") {
  Shop shop("selected");
  shop.own(
      "CREATE TABLE a (id int PRIMARY KEY); CREATE VIEW v AS SELECT * FROM a; CREATE MATERIALIZED VIEW mv AS SELECT * FROM a; "
      "CREATE TABLE p (id int PRIMARY KEY, x int) PARTITION BY RANGE (id); CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10); "
      "CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id); "
      "CREATE TABLE p_2_1 PARTITION OF p_2 FOR VALUES FROM (10) TO (20); INSERT INTO p SELECT i, i FROM generate_series(1, 19) i; ANALYZE "
      "p");
  SECTION("views and partitions are not tables of their own") {
    const std::vector<SchemaRef> tables = shop.describe(shop.all());
    CHECK(names_of(tables) == std::vector<std::string>{"a", "p"});
    CHECK(tables[1]->rows_estimated == 19);
    CHECK(tables[1]->key == std::vector<uint16_t>{0});
  }
  SECTION("nor are the server's and tidemark's own") {
    shop.exec(
        "CREATE SCHEMA own; CREATE TABLE own.position (pipeline text PRIMARY KEY); COMMENT ON SCHEMA own IS "
        "'positions and chunk records of tidemark; part of what makes its copies exact, do not edit'");
    const std::vector<SchemaRef> tables = shop.describe({{"selected.a", "own.*", "pg_catalog.*", "information_schema.*"}, {}, {}});
    shop.exec("DROP SCHEMA own CASCADE");
    CHECK(names_of(tables) == std::vector<std::string>{"a"});
  }
  SECTION("what is named must be there") {
    CHECK(source_error_of([&] { shop.describe({{"selected.missing"}, {}, {}}); }).kind() == ErrorKind::config);
    CHECK(source_error_of([&] {
            shop.describe({{"selected.v"}, {}, {}});
          }).cause() == "selected.v is a view, whose rows are not in this server's log");
    CHECK(source_error_of([&] {
            shop.describe({{"selected.p_1"}, {}, {}});
          }).hint() == "include selected.p instead; or leave them out with tables.exclude");
  }
  SECTION("unlogged tables are refused") {
    shop.own("CREATE UNLOGGED TABLE u (id int PRIMARY KEY)");
    CHECK(shop.refusal() == "ALTER TABLE \"selected\".\"u\" SET LOGGED; or leave them out with tables.exclude");
  }
  SECTION("a partition that is a foreign table, or logs too little, is refused") {
    shop.own("ALTER TABLE p_1 REPLICA IDENTITY NOTHING");
    CHECK(shop.refusal() == "ALTER TABLE \"selected\".\"p_1\" REPLICA IDENTITY DEFAULT; or leave them out with tables.exclude");
    shop.own("ALTER TABLE p_1 REPLICA IDENTITY FULL");
    CHECK(shop.describe(shop.all()).size() == 2);
  }
}

TEST_CASE("replica identities of real tables") {
  Shop shop("identities");
  shop.own("CREATE TABLE t (a int NOT NULL, b int NOT NULL, c int)");
  CHECK(shop.refusal() ==
        "ALTER TABLE \"identities\".\"t\" REPLICA IDENTITY FULL; or give it a primary key; or leave them out with tables.exclude");
  shop.own("ALTER TABLE t REPLICA IDENTITY FULL");
  CHECK(shop.only_table().key.empty());
  shop.own("CREATE UNIQUE INDEX by_ba ON t (b, a) INCLUDE (c); ALTER TABLE t REPLICA IDENTITY USING INDEX by_ba");
  CHECK(shop.only_table().key == std::vector<uint16_t>{1, 0});
  CHECK(shop.only_table().key_origin == KeyOrigin::unique);
  shop.own("DROP INDEX by_ba");
  CHECK(source_error_of([&] { shop.describe(shop.all()); }).kind() == ErrorKind::server_settings);
  shop.own("ALTER TABLE t ADD PRIMARY KEY (a) DEFERRABLE; ALTER TABLE t REPLICA IDENTITY DEFAULT");
  CHECK(source_error_of([&] { shop.describe(shop.all()); }).kind() == ErrorKind::server_settings);
  shop.own("ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (a)");
  CHECK(shop.only_table().key == std::vector<uint16_t>{0});
  TableSelection keyed = shop.all();
  keyed.keys = {{"identities.t", {"b"}}};
  CHECK(source_error_of([&] { shop.describe(keyed); }).kind() == ErrorKind::config);
  shop.own("ALTER TABLE t REPLICA IDENTITY FULL");
  CHECK(shop.describe(keyed)[0]->key_origin == KeyOrigin::configured);
}

TEST_CASE("a role that may not read gets the statement that lets it") {
  Shop shop("closed");
  shop.exec("CREATE SCHEMA vault; CREATE TABLE vault.t (id int PRIMARY KEY)");
  const TableSelection vault{{"vault.*"}, {}, {}};
  CHECK(source_error_of([&] { shop.describe(vault); }).hint() ==
        "GRANT USAGE ON SCHEMA \"vault\" TO \"reader\"; GRANT SELECT ON \"vault\".\"t\" TO \"reader\";");
  shop.exec("GRANT USAGE ON SCHEMA vault TO reader; GRANT SELECT ON vault.t TO reader");
  CHECK(shop.describe(vault).size() == 1);
  shop.exec("ALTER TABLE vault.t ENABLE ROW LEVEL SECURITY");
  const Error hidden = source_error_of([&] { shop.describe(vault); });
  shop.exec("DROP SCHEMA vault CASCADE");
  CHECK(hidden.kind() == ErrorKind::credentials);
  CHECK(hidden.hint() == "ALTER ROLE \"reader\" BYPASSRLS;");
}
