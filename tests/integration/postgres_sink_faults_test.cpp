// The PostgreSQL sink against a real server: what it refuses and how it says so, conflicts, lost connections, a second writer.
#include <chrono>
#include <thread>

#include "integration/postgres_sink_fixture.h"

using namespace tidemark;
using namespace tidemark::test;

TEST_CASE("values that PostgreSQL cannot hold are refused by column, without showing them, or settled by policy") {
  std::vector<Column> columns = {column("id", ValueKind::int64, "int(11)"), column("t", ValueKind::text, "text"),
                                 column("d", ValueKind::date, "date"), column("j", ValueKind::json, "json")};
  columns[2].nullable = false;
  SchemaRef s = schema("refused", "t", columns, {0});
  Rows rows;
  auto step_of = [&](std::string_view text, Value date, std::string_view json) {
    TableStep step;
    step.upserts = {rows.row({Value::int64(1), rows.text(text), date, rows.bytes(ValueKind::json, json)})};
    return step;
  };
  const Value day = Value::date(2024, 2, 29);
  {
    SinkConfig strict = sink_config();
    strict.zero_date = ZeroDatePolicy::error;
    Target target("refused", s, strict);
    auto refused = [&](TableStep step) {
      Error error = error_of([&] { target.sink->write(batch_of(std::move(step))); });
      target.sink->open();
      target.sink->load_state("refused");
      CHECK(error.kind() == ErrorKind::data);
      CHECK_FALSE(error.hint().empty());
      CHECK(std::string(error.what()).find("secret") == std::string::npos);
      return error.what_failed();
    };
    CHECK(refused(step_of(std::string_view("secret\0", 7), day, "1")) == "writing refused.t.t");
    CHECK(refused(step_of("secret\xff", day, "1")) == "writing refused.t.t");
    CHECK(refused(step_of("", Value::date(2024, 0, 0), "1")) == "writing refused.t.d");
    CHECK(refused(step_of("", Value::date(2023, 2, 29), "1")) == "writing refused.t.d");
    CHECK(refused(step_of("", day, "\"secret\\u0000\"")) == "writing refused.t.j");
    target.sink->write(batch_of(step_of("", day, "\"\\\\u0000\"")));
    postgres().exec("DROP TABLE refused.t");
  }
  SinkConfig lenient = sink_config();
  lenient.nul_character = NulPolicy::strip;
  Target target("refused", s, lenient);
  TableStep step = step_of(std::string_view("a\0b\0", 4), Value::date(0, 0, 0), "\"a\\u0000b\"");
  Row row = step.upserts[0];
  target.sink->write(batch_of(std::move(step)));
  CHECK(postgres().value("SELECT concat_ws('|', t, d, j) FROM refused.t") == "ab|\"ab\"");
  Arena arena;
  CHECK(target.sink->represent(0, 2, row[2], arena).is_null());
  CHECK(target.sink->represent(0, 1, row[1], arena).bytes() == "ab");
}

TEST_CASE("an existing table must fit, and what does not is named with its cure") {
  postgres().exec("CREATE SCHEMA fit AUTHORIZATION tidemark");
  SchemaRef s = schema("fit", "t",
                       {column("id", ValueKind::int64, "bigint(20)"), column("v", ValueKind::text, "varchar(20)", 20),
                        column("n", ValueKind::decimal, "decimal(18,4)", 18, 4)},
                       {0});
  auto create = [&](const std::string& columns) {
    postgres().exec("DROP TABLE IF EXISTS fit.t; CREATE TABLE fit.t (" + columns + "); ALTER TABLE fit.t OWNER TO tidemark");
  };
  auto refused = [&](const std::string& columns) {
    create(columns);
    Error error = error_of([&] { Target("fit", s); });
    CHECK(error.kind() == ErrorKind::data);
    return error.cause() + " | " + error.hint();
  };
  CHECK(refused("id int PRIMARY KEY, v varchar(20), n numeric(18,4)").find("column id: type integer cannot hold every bigint(20)") == 0);
  CHECK(refused("id bigint PRIMARY KEY, v varchar(19), n numeric(18,4)").find("column v") == 0);
  CHECK(refused("id bigint PRIMARY KEY, v text, n numeric(18,3)").find("column n") == 0);
  CHECK(refused("id bigint PRIMARY KEY, v text").find("ADD COLUMN \"n\" numeric(18,4)") != std::string::npos);
  CHECK(refused("id bigint, v text, n numeric").find("ADD PRIMARY KEY (\"id\")") != std::string::npos);
  CHECK(refused("id bigint PRIMARY KEY DEFERRABLE, v text, n numeric").find("no primary key or unique") != std::string::npos);
  CHECK(refused("id bigint PRIMARY KEY, v text, n numeric, extra int NOT NULL").find("column extra") == 0);
  CHECK(refused("id bigint PRIMARY KEY, v text, n numeric GENERATED ALWAYS AS (1) STORED").find("column n is generated") == 0);

  // wider types, a domain, an identity and columns of the user are fine
  postgres().exec("DROP DOMAIN IF EXISTS public.short CASCADE; CREATE DOMAIN public.short AS varchar(25)");
  create("extra int DEFAULT 7, id bigint GENERATED ALWAYS AS IDENTITY UNIQUE, n numeric, v public.short");
  Target target("fit", s);
  Rows rows;
  TableStep step;
  step.upserts = {rows.row({Value::int64(5), rows.text("five"), rows.bytes(ValueKind::decimal, "5.5000")})};
  target.sink->write(batch_of(step));
  step.upserts[0] = rows.row({Value::int64(5), rows.text("FIVE"), rows.bytes(ValueKind::decimal, "5.5000")});
  target.sink->write(batch_of(step));
  CHECK(postgres().value("SELECT concat_ws(' ', id, v, n, extra) FROM fit.t") == "5 FIVE 5.5000 7");
  CHECK(target.read(step.upserts)[0][2].bytes() == "5.5000");
}

TEST_CASE("a collision on another unique index stops, named, and rolls everything back") {
  Target target("unique",
                schema("uniq", "t", {column("id", ValueKind::int64, "int(11)"), column("v", ValueKind::text, "varchar(20)", 20)}, {0}));
  postgres().exec("CREATE UNIQUE INDEX one_v ON uniq.t (v)");
  Rows rows;
  TableStep step;
  step.upserts = {rows.row({Value::int64(1), rows.text("secret")})};
  target.sink->write(batch_of(step, 10));
  step.upserts = {rows.row({Value::int64(2), rows.text("free")}), rows.row({Value::int64(3), rows.text("secret")})};
  Error error = error_of([&] { target.sink->write(batch_of(step, 20)); });
  CHECK(error.kind() == ErrorKind::sink_conflict);
  CHECK(error.server_code() == "23505");
  CHECK(error.cause().find("one_v") != std::string::npos);
  CHECK(error.cause().find("secret") == std::string::npos);
  CHECK(postgres().value("SELECT count(*) FROM uniq.t") == "1");
  // the same object works again
  target.sink->open();
  CHECK(target.sink->load_state("unique").position == position_at(10));
  step.upserts.pop_back();
  target.sink->write(batch_of(step, 30));
  CHECK(postgres().value("SELECT count(*) FROM uniq.t") == "2");
}

TEST_CASE("foreign keys of the user are checked at the commit when the role may not skip them") {
  postgres().exec(
      "CREATE SCHEMA fk AUTHORIZATION tidemark; CREATE TABLE fk.parent (id int PRIMARY KEY);"
      "CREATE TABLE fk.child (id int PRIMARY KEY, parent int REFERENCES fk.parent DEFERRABLE);"
      "ALTER TABLE fk.parent OWNER TO tidemark; ALTER TABLE fk.child OWNER TO tidemark");
  SchemaRef parent = schema("fk", "parent", {column("id", ValueKind::int64, "int(11)")}, {0});
  SchemaRef child = schema("fk", "child", {column("id", ValueKind::int64, "int(11)"), column("parent", ValueKind::int64, "int(11)")}, {0});
  auto sink = make_postgres_sink(sink_config());
  sink->open();
  sink->load_state("fk");
  sink->prepare("fk", {{child, "fk", "child"}, {parent, "fk", "parent"}});
  Rows rows;
  SinkBatch batch;
  batch.position = position_at(1);
  batch.steps.resize(2);
  batch.steps[0].upserts = {rows.row({Value::int64(1), Value::int64(7)})};
  batch.steps[1].table = 1;
  batch.steps[1].upserts = {rows.row({Value::int64(7)})};
  sink->write(batch);
  batch.steps.pop_back();
  batch.steps[0].upserts = {rows.row({Value::int64(2), Value::int64(8)})};
  Error error = error_of([&] { sink->write(batch); });
  CHECK(error.kind() == ErrorKind::sink_conflict);
  CHECK(postgres().value("SELECT count(*) FROM fk.child") == "1");
}

TEST_CASE("a second writer of the same pipeline is refused, a reader is not") {
  SchemaRef s = schema("lock", "t", {column("id", ValueKind::int64, "int(11)")}, {0});
  Target first("lock", s);
  // another daemon's session, as far as this process knows
  auto other = postgres().connect();
  first.sink.reset();
  const char* name = "hashtextextended('tidemark pipeline \"tidemark\" lock', 0)";
  for (int i = 0; i < 100 && other.value(fmt::format("SELECT pg_try_advisory_lock({})", name)) != "t"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  auto second = make_postgres_sink(sink_config());
  second->open();
  CHECK(error_of([&] { second->load_state("lock"); }).kind() == ErrorKind::busy);
  other.exec(fmt::format("SELECT pg_advisory_unlock({})", name));
  auto reader = make_postgres_sink(sink_config());
  reader->bind({{s, "lock", "t"}});
  CHECK_FALSE(reader->begin_read("lock").known());
  reader->end_read();
  CHECK(error_of([&] { reader->bind({{s, "lock", "nowhere"}}); }).cause().find("lock.nowhere") != std::string::npos);
  second->open();
  second->load_state("lock");
  // a session of our own that the server believes alive is ended
  auto third = make_postgres_sink(sink_config());
  third->open();
  third->load_state("lock");
  CHECK(error_of([&] { second->load_state("lock"); }).kind() == ErrorKind::sink_unavailable);
}

TEST_CASE("a lost connection: before the commit nothing happened, during the commit nobody knows") {
  Target target("lost", schema("lost", "t", {column("id", ValueKind::int64, "int(11)")}, {0}));
  Rows rows;
  TableStep step;
  step.upserts = {rows.row({Value::int64(1)})};
  SinkBatch open = batch_of(step);
  open.commit = false;
  target.sink->write(open);
  const char* kill =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidemark' AND query <> '' AND pid <> "
      "pg_backend_pid()";
  postgres().query(kill);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(error_of([&] { target.sink->write(open); }).kind() == ErrorKind::sink_unavailable);
  CHECK(postgres().value("SELECT count(*) FROM lost.t") == "0");

  // a commit that takes its time, and dies in it
  postgres().exec(
      "CREATE FUNCTION lost.wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(20); RETURN NULL; END';"
      "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON lost.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lost.wait()");
  target.sink->open();
  target.sink->load_state("lost");
  std::thread killer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    postgres().query(kill);
  });
  Error error = error_of([&] { target.sink->write(batch_of(step)); });
  killer.join();
  CHECK(error.kind() == ErrorKind::commit_unknown);

  // cancel() ends a wait from another thread
  target.sink->open();
  target.sink->load_state("lost");
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    target.sink->cancel();
  });
  const auto start = std::chrono::steady_clock::now();
  open.steps[0].upserts = {rows.row({Value::int64(9)})};
  error = error_of([&] { target.sink->write(batch_of(open.steps[0])); });
  canceller.join();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  CHECK((error.kind() == ErrorKind::commit_unknown || error.kind() == ErrorKind::interrupted));
  postgres().exec("DROP TRIGGER wait ON lost.t");
  target.sink->open();
  target.sink->load_state("lost");
  target.sink->write(batch_of(step, 77));
  CHECK(target.sink->load_state("lost").position == position_at(77));
}
