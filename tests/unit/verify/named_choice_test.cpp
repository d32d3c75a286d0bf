// Names: of pipelines and tables on the command line, and of tables at the sink.
#include "runtime/named_choice.h"

#include "runtime/target_names.h"
#include "runtime/verify_compare.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;

namespace {

SchemaRef table(const std::string& database, const std::string& name) {
  TableSchema schema;
  schema.name = {database, name};
  return std::make_shared<const TableSchema>(schema);
}

Config config_with(const std::vector<std::string>& names) {
  Config config;
  for (const std::string& name : names) {
    PipelineConfig pipeline;
    pipeline.name = name;
    config.pipelines.push_back(pipeline);
  }
  return config;
}

template <typename Call>
std::string cause_of(ErrorKind kind, Call call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    CHECK_FALSE(error.hint().empty());
    return error.cause();
  }
  FAIL("no error");
  return {};
}

std::vector<std::string> targets(const PipelineConfig& pipeline, const std::string& engine, const std::vector<SchemaRef>& tables) {
  std::vector<std::string> result;
  for (const SinkTable& target : sink_tables(pipeline, engine, tables)) result.push_back(target.target_schema + "|" + target.target_table);
  return result;
}

}  // namespace

TEST_CASE("the pipeline is found by name, or is the only one", "[verify]") {
  const Config one = config_with({"shop"}), two = config_with({"shop", "crm"});
  CHECK(choose_pipeline(one, "", "verify").name == "shop");
  CHECK(choose_pipeline(two, "crm", "verify").name == "crm");
  CHECK(cause_of(ErrorKind::usage, [&] { choose_pipeline(two, "shpo", "verify"); }) == "unknown pipeline 'shpo' (did you mean 'shop'?)");
  CHECK(cause_of(ErrorKind::usage, [&] { choose_pipeline(two, "something", "verify"); }) == "unknown pipeline 'something'");
  cause_of(ErrorKind::usage, [&] { choose_pipeline(two, "", "verify"); });
  cause_of(ErrorKind::config, [&] { choose_pipeline(config_with({}), "", "verify"); });
}

TEST_CASE("tables are chosen with or without their database", "[verify]") {
  const std::vector<TableName> known = {{"a", "orders"}, {"b", "orders"}, {"b", "items"}};
  CHECK(choose_tables(known, {}, "verify").empty());
  CHECK(choose_tables(known, {"items", "a.orders", "b.items"}, "verify") == std::vector<size_t>{0, 2});
  CHECK(cause_of(ErrorKind::usage, [&] { choose_tables(known, {"orders"}, "verify"); }) == "table 'orders' is in several databases");
  CHECK(cause_of(ErrorKind::usage, [&] { choose_tables(known, {"b.item"}, "verify"); }) ==
        "unknown table 'b.item' (did you mean 'b.items'?)");
  cause_of(ErrorKind::usage, [&] { choose_tables({}, {"a.orders"}, "verify"); });
}

TEST_CASE("target names follow the templates", "[verify]") {
  PipelineConfig pipeline;
  const std::vector<SchemaRef> apart = {table("shop", "orders"), table("crm", "people")};
  const std::vector<SchemaRef> alike = {table("shop", "orders"), table("crm", "orders")};
  CHECK(targets(pipeline, "postgres", alike) == std::vector<std::string>{"shop|orders", "crm|orders"});
  CHECK(targets(pipeline, "sqlite", apart) == std::vector<std::string>{"|orders", "|people"});
  CHECK(targets(pipeline, "sqlite", alike) == std::vector<std::string>{"|shop_orders", "|crm_orders"});
  pipeline.target_schema = "raw_{database}";
  pipeline.target_table = "{database}.{table}_v1";
  CHECK(targets(pipeline, "postgres", apart) == std::vector<std::string>{"raw_shop|shop.orders_v1", "raw_crm|crm.people_v1"});
}

TEST_CASE("target names that cannot be told apart are refused", "[verify]") {
  PipelineConfig pipeline;
  pipeline.target_schema = "all";
  CHECK(cause_of(ErrorKind::config, [&] {
          targets(pipeline, "postgres", {table("a", "t"), table("b", "t")});
        }) == "a.t and b.t would both be written to the table 't'");
  CHECK(targets(pipeline, "postgres", {table("a", "t"), table("a", "T")}).size() == 2);
  // SQLite does not tell the case of names apart
  cause_of(ErrorKind::config, [&] { targets(pipeline, "sqlite", {table("a", "t"), table("a", "T")}); });
  pipeline.target_table = "{tabel}";
  CHECK(cause_of(ErrorKind::config, [&] { targets(pipeline, "sqlite", {table("a", "t")}); }) ==
        "unknown place holder '{tabel}' in the template '{tabel}'");
  pipeline.target_table = "{table";
  cause_of(ErrorKind::config, [&] { targets(pipeline, "sqlite", {table("a", "t")}); });
}

TEST_CASE("rules find their columns, and must find one", "[verify]") {
  TableSchema schema{{"shop", "orders"}, {}, 2, {}, KeyOrigin::none, 0, 0, {}};
  schema.columns.resize(2);
  schema.columns[0].name = "id";
  schema.columns[1].name = "total";
  const std::vector<SchemaRef> tables = {std::make_shared<TableSchema>(schema)};
  PipelineConfig pipeline;
  CHECK(sink_tables(pipeline, "postgres", tables).at(0).rules.empty());
  CHECK(sink_tables(pipeline, "postgres", tables).at(0).rule(1) == ColumnRule());
  // the last word on each of its parts holds
  pipeline.columns = {{"shop.*", {"text", Unfit::null, std::nullopt}}, {"shop.orders.total", {"", Unfit::clamp, NulPolicy::strip}}};
  const SinkTable target = sink_tables(pipeline, "postgres", tables).at(0);
  CHECK(target.rule(0) == ColumnRule{"text", Unfit::null, std::nullopt});
  CHECK(target.rule(1) == ColumnRule{"text", Unfit::clamp, NulPolicy::strip});
  check_column_rules(pipeline, tables);
  pipeline.columns.push_back({"shop.orders.totl", {}});
  CHECK(cause_of(ErrorKind::config, [&] { check_column_rules(pipeline, tables); }) ==
        "'shop.orders.totl' is no column of a captured table (did you mean 'shop.orders.total'?)");
}

TEST_CASE("keys are shown so that they can be told apart", "[verify]") {
  TableSchema schema;
  schema.columns.resize(1);
  schema.key = {0};
  auto shown = [&](const Value& value) { return key_text(schema, encode_key(schema, &value)); };
  auto text = [&](std::string_view bytes) { return shown(Value::of_bytes(ValueKind::text, bytes)); };
  CHECK(shown(Value::int64(-7)) == "-7");
  CHECK(shown(Value::uint64(18446744073709551615u)) == "18446744073709551615");
  CHECK(shown(Value::date(2026, 1, 2)) == "'2026-01-02'");
  CHECK(shown(Value::time(-3661000001, 6)) == "'-01:01:01.000001'");
  CHECK(shown(Value::datetime({2026, 1, 2, 3661000000}, 0)) == "'2026-01-02 01:01:01'");
  CHECK(shown(Value::of_bytes(ValueKind::bytes, {"\x00\xff", 2})) == "0x00ff");
  CHECK(text("c") == "'c'");
  CHECK(text("c ") == "'c '");
  CHECK(text("a\x1b[31m") == "'a\\x1b[31m'");
  CHECK(text(std::string(63, 'x') + "\u00fc") == "'" + std::string(63, 'x') + "...'");  // not cut inside a character
  schema.columns.resize(2);
  schema.key = {1, 0};
  const Value row[2] = {Value::int64(1), Value::of_bytes(ValueKind::text, "k")};
  CHECK(key_text(schema, encode_key(schema, row)) == "('k', 1)");
}
