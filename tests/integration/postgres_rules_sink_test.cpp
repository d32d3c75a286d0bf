// Rules for single columns at the PostgreSQL sink: other types, what becomes of values that these cannot hold, and what a target lacks.
#include "integration/postgres_sink_fixture.h"
#include "tidemark/arena.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

/// A target of the table `rules.NAME` with a column beside its key, and what a rule makes of a value there.
struct RuledTable {
  RuledTable(const std::string& name, const Column& c, const ColumnRule& rule)
      : table(schema("rules", name, {column("id", ValueKind::int64, "int(11)"), c}, {0})) {
    sink = make_postgres_sink(sink_config());
    sink->open();
    sink->load_state("rules-" + name);
    SinkTable target{table, "rules", name};
    target.rules = {ColumnRule(), rule};
    sink->prepare("rules-" + name, {target});
  }
  std::string stored(const Value& value) {
    Row row = rows.row({Value::int64(++id), value});
    TableStep step;
    step.upserts = {row};
    sink->write(batch_of(step));
    sink->begin_read("rules");
    Arena arena;
    sink->read_keys(0, {encode_key(*table, row)}, [&](std::unique_ptr<RowBlock> block) {
      CHECK(block->rows.at(0)[1] == sink->represent(0, 1, value, arena));
      return true;
    });
    sink->end_read();
    return postgres().value(
        fmt::format("SELECT coalesce({}::text, 'null') FROM rules.{} WHERE id = {}", table->columns[1].name, table->name.table, id));
  }
  SchemaRef table;
  std::unique_ptr<Sink> sink;
  Rows rows;
  int64_t id = 0;
};

ColumnRule rule(const char* type, Unfit unfit = Unfit::by_default) { return {type, unfit, std::nullopt}; }

}  // namespace

TEST_CASE("rules choose types, and what becomes of values that these cannot hold") {
  Rows rows;
  const Column large = column("c", ValueKind::uint64, "bigint(20) unsigned");
  CHECK(RuledTable("large", large, rule("bigint")).stored(Value::uint64(INT64_MAX)) == "9223372036854775807");
  const Error error = error_of([&] { RuledTable("large", large, rule("bigint")).stored(Value::uint64(UINT64_MAX)); });
  CHECK(error.kind() == ErrorKind::data);
  CHECK(error.hint().find("unfit") != std::string::npos);
  CHECK(RuledTable("large_null", large, rule("bigint", Unfit::null)).stored(Value::uint64(UINT64_MAX)) == "null");
  CHECK(RuledTable("large_clamp", large, rule("bigint", Unfit::clamp)).stored(Value::uint64(UINT64_MAX)) == "9223372036854775807");
  CHECK(RuledTable("large_text", large, rule("text")).stored(Value::uint64(UINT64_MAX)) == "18446744073709551615");

  const Column flag = column("c", ValueKind::int64, "tinyint(1)");
  CHECK(RuledTable("flag", flag, rule("boolean")).stored(Value::int64(1)) == "true");
  CHECK(error_of([&] { RuledTable("flag", flag, rule("boolean")).stored(Value::int64(2)); }).kind() == ErrorKind::data);

  const Column time = column("c", ValueKind::time, "time(6)", 0, 6);
  CHECK(RuledTable("clock", time, rule("time(6)")).stored(Value::time(1000000, 6)) == "00:00:01");
  CHECK(RuledTable("clock_clamp", time, rule("time(6)", Unfit::clamp)).stored(Value::time(90000000000, 6)) == "24:00:00");
  CHECK(RuledTable("clock_null", time, rule("time(6)", Unfit::null)).stored(Value::time(-1, 6)) == "null");
  CHECK(RuledTable("clock_text", time, rule("text")).stored(Value::time(-90000500000, 6)) == "-25:00:00.5");

  const Column decimal = column("c", ValueKind::decimal, "decimal(20,4)", 20, 4);
  auto number = [&](const char* text) { return rows.bytes(ValueKind::decimal, text); };
  CHECK(RuledTable("small", decimal, rule("numeric(5,2)")).stored(number("999.9900")) == "999.99");
  CHECK(error_of([&] { RuledTable("small", decimal, rule("numeric(5,2)")).stored(number("1.2345")); }).kind() == ErrorKind::data);
  CHECK(error_of([&] { RuledTable("small", decimal, rule("numeric(5,2)")).stored(number("1000.0000")); }).kind() == ErrorKind::data);
  CHECK(RuledTable("small_clamp", decimal, rule("numeric(5,2)", Unfit::clamp)).stored(number("-1000.0000")) == "-999.99");
  CHECK(RuledTable("small_cut", decimal, rule("numeric(5,2)", Unfit::clamp)).stored(number("999.9990")) == "999.99");

  Column any = column("c", ValueKind::decimal, "numeric");
  any.family = TypeFamily::postgres;
  CHECK(RuledTable("any", any, rule("numeric(5,2)", Unfit::clamp)).stored(number("1.5")) == "1.50");
  CHECK(RuledTable("any", any, rule("numeric(5,2)", Unfit::clamp)).stored(number("2.50000")) == "2.50");
  CHECK(RuledTable("any", any, rule("numeric(5,2)", Unfit::clamp)).stored(number("NaN")) == "NaN");
  CHECK(RuledTable("any_whole", any, rule("numeric(5)", Unfit::clamp)).stored(number("7.0")) == "7");

  const Column text = column("c", ValueKind::text, "varchar(20)", 20);
  CHECK(error_of([&] { RuledTable("short", text, rule("varchar(3)")).stored(rows.text("four")); }).kind() == ErrorKind::data);
  CHECK(RuledTable("short_clamp", text, rule("varchar(3)", Unfit::clamp)).stored(rows.text("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f")) ==
        "\xc3\xa4\xc3\xb6\xc3\xbc");
  CHECK(RuledTable("address", text, rule("inet")).stored(rows.text("10.1.2.3")) == "10.1.2.3/32");
  ColumnRule strip = rule("");
  strip.nul_character = NulPolicy::strip;
  CHECK(RuledTable("stripped", text, strip).stored(rows.text(std::string_view("a\0b", 3))) == "ab");

  const Column date = column("c", ValueKind::date, "date");
  CHECK(RuledTable("zero", date, {}).stored(Value::date(0, 0, 0)) == "null");
  CHECK(error_of([&] { RuledTable("zero_error", date, rule("", Unfit::error)).stored(Value::date(0, 0, 0)); }).kind() == ErrorKind::data);
  CHECK(RuledTable("zero_text", date, rule("text")).stored(Value::date(2024, 0, 15)) == "2024-00-15");
  Column bits = column("c", ValueKind::bits, "bit(10)", 10);
  CHECK(RuledTable("bits_text", bits, rule("text")).stored(rows.bytes(ValueKind::bits, "\x02\x01")) == "1000000001");
  CHECK(RuledTable("json", column("c", ValueKind::json, "json"), rule("json")).stored(rows.bytes(ValueKind::json, "{\"b\":1, \"a\":2}")) ==
        "{\"b\":1, \"a\":2}");
}

TEST_CASE("what the target lacks is said with its cure") {
  postgres().exec("CREATE EXTENSION IF NOT EXISTS citext SCHEMA public");
  auto refused = [](const char* name, Column c) {
    c.family = TypeFamily::postgres;
    return error_of([&] { RuledTable(name, c, {}); });
  };
  Error error = refused("extension", column("c", ValueKind::other, "public.geometry(Point,4326)"));
  CHECK(error.kind() == ErrorKind::data);
  CHECK(error.hint().find("CREATE EXTENSION postgis") == 0);
  CHECK(error.hint().find("\"rules.extension.c\": {type: text}") != std::string::npos);
  CHECK(refused("type", column("c", ValueKind::array, "public.nothing[]")).hint().find("CREATE TYPE public.nothing[]") == 0);
  Column other = column("c", ValueKind::other, "public.geometry(Point,4326)");
  other.family = TypeFamily::postgres;
  Rows rows;
  CHECK(RuledTable("extension_text", other, rule("text")).stored(rows.bytes(ValueKind::other, "0101")) == "0101");

  postgres().exec(
      "CREATE SCHEMA IF NOT EXISTS rules; GRANT ALL ON SCHEMA rules TO tidemark; CREATE TYPE rules.size AS ENUM ('small');"
      "CREATE TABLE rules.sizes (id integer PRIMARY KEY, c rules.size); GRANT ALL ON rules.sizes TO tidemark;"
      "CREATE TABLE rules.folded (id integer, c public.citext, PRIMARY KEY (id)); GRANT ALL ON rules.folded TO tidemark");
  Column size = column("c", ValueKind::text, "rules.size");
  size.labels = {"small", "large"};
  error = refused("sizes", size);
  CHECK(error.kind() == ErrorKind::data);
  CHECK(error.hint().find("ALTER TYPE rules.size ADD VALUE") == 0);
  size.labels = {"small"};
  size.family = TypeFamily::postgres;
  CHECK(RuledTable("sizes", size, {}).stored(rows.text("small")) == "small");
  // a key that is text at the source would lose rows in a column that does not tell "A" from "a"
  Column key = column("c", ValueKind::text, "text");
  key.family = TypeFamily::postgres;
  postgres().exec("CREATE TABLE rules.folding (c public.citext PRIMARY KEY); GRANT ALL ON rules.folding TO tidemark");
  error = error_of([&] { Target("folding", schema("rules", "folding", {key}, {0})); });
  CHECK(error.cause().find("different case") != std::string::npos);
}
