// Names and statements.
#include <algorithm>
#include <memory>
#include <vector>

#include "engine/postgres/catalog.h"
#include "engine/postgres/dialect.h"
#include "engine/postgres/row_sql.h"
#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::postgres;

namespace {

TargetTable table_of(std::vector<const char*> names, std::vector<uint16_t> key) {
  TargetTable table;
  auto schema = std::make_shared<TableSchema>();
  schema->key = key;
  table.quoted = "\"s\".\"t\"";
  for (const char* name : names) {
    TargetColumn column;
    column.quoted = quote_name(name);
    column.type.cast = "bigint";
    column.in_key = std::find(key.begin(), key.end(), table.columns.size()) != key.end();
    table.columns.push_back(std::move(column));
    schema->columns.emplace_back();
  }
  table.schema = std::move(schema);
  return table;
}

}  // namespace

TEST_CASE("names are quoted, long ones cut between characters") {
  CHECK(quote_name("a\"b") == "\"a\"\"b\"");
  CHECK(quote_literal("it's") == "'it''s'");
  CHECK(text_array({"a\"b", "c\\d", ""}) == "{\"a\\\"b\",\"c\\\\d\",\"\"}");
  const std::string sixty_three(63, 'n');
  CHECK(sink_name(sixty_three) == sixty_three);
  CHECK(sink_name(sixty_three + "a").size() == 63);
  CHECK(sink_name(sixty_three + "a") != sink_name(sixty_three + "b"));
  std::string wide = "x";
  for (int i = 0; i < 30; ++i) wide += "\xe2\x82\xac";
  CHECK(sink_name(wide).size() <= 63);
  CHECK(sink_name(wide).substr(0, 4) == "x\xe2\x82\xac");
  CHECK(sink_name(wide)[sink_name(wide).size() - 10] == '\xac');
  CHECK(sink_column_name("xmin") != "xmin");
  CHECK(sink_column_name("Xmin") == "Xmin");
}

TEST_CASE("statements") {
  TargetTable t = table_of({"id", "v"}, {0});
  CHECK(upsert_sql(t) ==
        "INSERT INTO \"s\".\"t\" (\"id\",\"v\") SELECT * FROM unnest($1::bigint[],$2::bigint[]) ON CONFLICT (\"id\") DO UPDATE SET "
        "\"v\"=EXCLUDED.\"v\"");
  CHECK(remove_sql(t) == "DELETE FROM \"s\".\"t\" t USING unnest($1::bigint[]) u(k0) WHERE t.\"id\"=u.k0");
  CHECK(patch_sql(t, {1}, false) ==
        "UPDATE \"s\".\"t\" t SET \"v\"=u.p1 FROM unnest($1::bigint[],$2::bigint[]) u(p0,p1) WHERE t.\"id\"=u.p0");
  CHECK(patch_sql(t, {1}, true) == "UPDATE \"s\".\"t\" t SET \"v\"=$2::bigint WHERE t.\"id\"=$1::bigint");
  CHECK(upsert_sql(table_of({"id"}, {0})).find("DO NOTHING") != std::string::npos);
  CHECK(upsert_sql(table_of({"id"}, {})).find("ON CONFLICT") == std::string::npos);
  CHECK(match_whole_sql(t, {0, 1}, {}, true) ==
        "DELETE FROM \"s\".\"t\" WHERE ctid=(SELECT ctid FROM \"s\".\"t\" WHERE \"id\" IS NOT DISTINCT FROM $1::bigint AND \"v\" IS NOT "
        "DISTINCT FROM "
        "$2::bigint LIMIT 1)");
}
