// Creating and examining target tables and the file itself: hostile names, wide rows, many tables, unfriendly files.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "engine/sqlite/dialect.h"
#include "sink_fixture.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

std::string declared(const TableSchema& schema, const std::string& name) {
  return sqlite::create_table(schema, name, sqlite::plan_columns(sink_table(schema)));
}

}  // namespace

TEST_CASE("tables are declared by the rules of their kinds") {
  TableSchema schema = orders();
  CHECK(declared(schema, "orders") == R"(CREATE TABLE "orders" ("id" INTEGER PRIMARY KEY, "name" TEXT, "amount" TEXT) STRICT)");
  schema.key = {1, 0};
  CHECK(
      declared(schema, "o\"o") ==
      R"(CREATE TABLE "o""o" ("id" INTEGER NOT NULL, "name" TEXT NOT NULL, "amount" TEXT, PRIMARY KEY ("name", "id")) STRICT, WITHOUT ROWID)");
  schema.key = {};
  CHECK(declared(schema, "t") == R"(CREATE TABLE "t" ("id" INTEGER, "name" TEXT, "amount" TEXT) STRICT)");
}

TEST_CASE("hostile names") {
  std::vector<std::string> names = {"a\"b",  "a'b", "a`b", "a.b", "a b",    "line\nbreak",           "select",
                                    "table", "?1",  ";--", "[x]", "%s{}\\", "\xf0\x9f\x8c\x8a wave", std::string(64, 'x')};
  std::vector<TableSchema> schemas;
  for (const std::string& name : names) {
    schemas.push_back(table(name, {column(name, ValueKind::int64, "int"), column(name + "2", ValueKind::text, "text")}, {0}));
    schemas.push_back(table(name + "_", {column(name, ValueKind::int64, "int"), column(name + "2", ValueKind::text, "text")}, {}));
  }
  SinkFixture f(schemas);
  for (uint32_t t = 0; t < schemas.size(); ++t) {
    INFO(schemas[t].name.table);
    CHECK(f.prepared[t].created);
    Row row = f.row({Value::int64(1), text("v")});
    TableStep step = f.step(t);
    if (schemas[t].has_key()) {
      step.upserts = {row};
      step.patches = {{f.row({Value::int64(1), Value::absent()}), f.row({Value::absent(), text("w")})}};
    } else {
      Change insert, update;
      insert.op = Op::insert;
      insert.after = row;
      update.op = Op::update;
      update.before = row;
      update.after = f.row({Value::int64(1), text("w")});
      step.sequence = {insert, update};
    }
    f.sink->write(f.batch(step));
    CHECK(f.sql("SELECT * FROM " + sqlite::quote(schemas[t].name.table)) == "1|w");
  }
  f.reopen();
  for (const PreparedTable& prepared : f.prepared) {
    CHECK_FALSE(prepared.created);
    CHECK_FALSE(prepared.was_empty);
  }
}

TEST_CASE("rows of 1,000 columns, with and without key") {
  std::vector<Column> columns;
  for (int i = 0; i < 1000; ++i) columns.push_back(column("c" + std::to_string(i), ValueKind::int64, "int"));
  SinkFixture f({table("keyed", columns, {0}), table("bare", columns, {})});
  std::vector<Value> values;
  for (int i = 0; i < 1000; ++i) values.push_back(Value::int64(i));
  Row row = f.row(values);
  values[999] = Value::null();
  Row changed = f.row(values);
  TableStep keyed = f.step(0), bare = f.step(1);
  keyed.load = {row};
  keyed.load_plain = true;
  keyed.upserts = {f.row(values)};
  SinkBatch batch = f.batch(keyed);
  CHECK_THROWS_AS(f.sink->write(batch), Error);  // the same key twice
  keyed.upserts.clear();
  f.sink->write(f.batch(keyed));
  Change insert, update, remove;
  insert.op = Op::insert;
  insert.after = row;
  update.op = Op::update;
  update.before = row;
  update.after = changed;
  bare.sequence = {insert, insert, update};
  f.sink->write(f.batch(bare));
  CHECK(f.sql("SELECT c999 FROM bare ORDER BY 1") == "NULL\n999");
  remove.op = Op::remove;
  remove.before = changed;
  bare.sequence = {remove};
  f.sink->write(f.batch(bare));
  CHECK(f.sql("SELECT c0, c999 FROM bare") == "0|999");
}

TEST_CASE("2,000 tables, each written by turns with a bounded number of statements") {
  std::vector<TableSchema> schemas;
  for (int i = 0; i < 2000; ++i) {
    TableSchema schema = orders();
    schema.name.table = "t" + std::to_string(i);
    schemas.push_back(schema);
  }
  SinkFixture f(schemas);
  for (int round = 0; round < 2; ++round) {
    SinkBatch batch;
    batch.position = position(static_cast<uint64_t>(round) + 1);
    for (uint32_t t = 0; t < schemas.size(); ++t) {
      TableStep step = f.step(t);
      step.upserts = {f.row({Value::int64(round), text("x"), decimal("1.00")})};
      batch.steps.push_back(step);
    }
    f.sink->write(batch);
  }
  CHECK(f.sql("SELECT count(*) FROM t0 UNION ALL SELECT count(*) FROM t1999") == "2\n2");
  f.reopen();
  CHECK_FALSE(f.prepared[1999].created);
}

TEST_CASE("two tables that SQLite would make one are refused") {
  TableSchema a = orders(), b = orders();
  b.name = {"Shop2", "ORDERS"};
  SinkFixture f(std::vector<TableSchema>{});
  Error error = error_of([&] { f.sink->prepare("p", {sink_table(a), sink_table(b)}); });
  CHECK(error.kind() == ErrorKind::config);
  CHECK(error.hint().find("target_table") != std::string::npos);
  a.name.table = "sqlite_things";
  CHECK(error_of([&] { f.sink->prepare("p", {sink_table(a)}); }).kind() == ErrorKind::data);
  a.name.table = "_tidemark_chunk";
  CHECK(error_of([&] { f.sink->prepare("p", {sink_table(a)}); }).kind() == ErrorKind::data);
}

TEST_CASE("existing tables are taken when they hold the rows unchanged, and refused when not") {
  struct Case {
    const char* sql;
    const char* cause;  // nullptr: accepted
  };
  for (const Case& c : std::vector<Case>{
           {"CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, amount TEXT)", nullptr},
           {"CREATE TABLE orders (ID INTEGER PRIMARY KEY, NAME VARCHAR(50), amount, extra TEXT)", nullptr},
           {"CREATE TABLE ORDERS (id INTEGER PRIMARY KEY, name TEXT, amount TEXT) STRICT", nullptr},
           {"PRAGMA encoding = 'UTF-16'; CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, amount TEXT)", nullptr},
           {"CREATE TABLE orders (id ANY PRIMARY KEY, name TEXT, amount ANY) STRICT", nullptr},
           {"CREATE TABLE orders (id INT, name TEXT, amount TEXT); CREATE UNIQUE INDEX k ON orders (id)", nullptr},
           {"CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT)", "column amount is missing"},
           {"CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, amount DECIMAL(10,2))", "would change values"},
           {"CREATE TABLE orders (id INTEGER PRIMARY KEY, name STRING, amount TEXT)", "would change values"},
           {"CREATE TABLE orders (id INTEGER, name TEXT, amount TEXT)", "not unique"},
           {"CREATE TABLE orders (id INTEGER, name TEXT, amount TEXT, PRIMARY KEY (id, name))", "not unique"},
           {"CREATE TABLE orders (id INT, name TEXT, amount TEXT); CREATE UNIQUE INDEX k ON orders (id) WHERE id > 5", "not unique"},
           {"CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount TEXT)", "NOT NULL"},
           {"CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, amount TEXT, extra TEXT NOT NULL)", "column extra"},
           {"CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, amount TEXT AS (name) STORED)", "generated"},
           {"CREATE VIEW orders AS SELECT 1 AS id", "a view"},
       }) {
    INFO(c.sql);
    TemporaryDirectory directory;
    std::string path = directory.file("sink.db");
    query(path, c.sql);
    auto sink = make_sqlite_sink(config_for(path));
    sink->open();
    auto prepare = [&] { return sink->prepare("p", {sink_table(orders())}); };
    if (c.cause == nullptr) {
      auto prepared = prepare();
      CHECK_FALSE(prepared[0].created);
      CHECK(prepared[0].was_empty);
      Arena arena;
      Value* row = arena.allocate_row(3);
      row[0] = Value::int64(1);
      row[1] = text("007");
      row[2] = decimal("12345678901234567890.10");
      SinkBatch batch;
      TableStep step;
      step.upserts = {row};
      batch.steps = {step, step};
      batch.position = position(1);
      sink->write(batch);
      CHECK(query(path, "SELECT id, name, amount FROM orders") == "1|007|12345678901234567890.10");
      CHECK(sink->load_state("p").position == batch.position);
      sink->read_keys(0, {encode_key(orders(), row)}, [&](std::unique_ptr<RowBlock> block) {
        CHECK(block->rows.size() == 1);
        for (uint32_t i = 0; i < 3; ++i) CHECK(block->rows[0][i] == row[i]);
        return true;
      });
      continue;
    }
    Error error = error_of(prepare);
    CHECK(error.kind() == ErrorKind::data);
    CHECK(contains(error.cause(), c.cause));
    CHECK_FALSE(error.hint().empty());
  }
}

TEST_CASE("a text key under another collation would confuse rows") {
  TableSchema schema = table("people", {column("email", ValueKind::text, "varchar(90)"), column("n", ValueKind::int64, "int")}, {0});
  for (const char* sql : {"CREATE TABLE people (email TEXT COLLATE NOCASE PRIMARY KEY, n INTEGER)",
                          "CREATE TABLE people (email TEXT, n INTEGER); CREATE UNIQUE INDEX k ON people (email COLLATE NOCASE)"}) {
    TemporaryDirectory directory;
    query(directory.file("sink.db"), sql);
    auto sink = make_sqlite_sink(config_for(directory.file("sink.db")));
    sink->open();
    CHECK(error_of([&] { sink->prepare("p", {sink_table(schema)}); }).kind() == ErrorKind::data);
  }
}

TEST_CASE("a place that cannot hold the file is named with its cure") {
  TemporaryDirectory directory;
  auto open = [](const std::string& path) { return error_of([&] { make_sqlite_sink(config_for(path))->open(); }); };
  CHECK(open("").kind() == ErrorKind::config);
  Error missing = open(directory.file("no/such/sink.db"));
  CHECK(missing.kind() == ErrorKind::server_settings);
  CHECK(contains(missing.hint(), "mkdir -p"));
  std::filesystem::create_directory(directory.file("folder"));
  CHECK(contains(open(directory.file("folder")).cause(), "directory"));
  std::ofstream(directory.file("text")) << std::string(5000, 'x');
  Error not_a_database = open(directory.file("text"));
  CHECK(not_a_database.kind() == ErrorKind::server_settings);
  CHECK(contains(not_a_database.cause(), "not a database"));
  if (::geteuid() != 0) {
    std::ofstream(directory.file("locked")).close();
    ::chmod(directory.file("locked").c_str(), 0400);
    CHECK(open(directory.file("locked")).kind() == ErrorKind::server_settings);
  }
}

TEST_CASE("a second daemon on the same pipeline is told so; other pipelines and readers are welcome") {
  SinkFixture f({orders()});
  auto second = make_sqlite_sink(config_for(f.path));
  second->open();
  CHECK(error_of([&] { second->load_state("p"); }).kind() == ErrorKind::busy);
  CHECK(error_of([&] { second->prepare("p", f.tables); }).kind() == ErrorKind::busy);
  CHECK_NOTHROW(second->load_state("q"));
  auto reader = make_sqlite_sink(config_for(f.path));
  reader->bind(f.tables);
  CHECK_FALSE(reader->begin_read("p").known());
  reader->end_read();
  f.sink.reset();
  auto third = make_sqlite_sink(config_for(f.path));
  third->open();
  CHECK_NOTHROW(third->load_state("p"));
}

TEST_CASE("a reader creates nothing and names what is missing") {
  TemporaryDirectory directory;
  std::string path = directory.file("sink.db");
  auto reader = make_sqlite_sink(config_for(path));
  CHECK(error_of([&] { reader->bind({sink_table(orders())}); }).kind() == ErrorKind::server_settings);
  CHECK_FALSE(std::filesystem::exists(path));
  query(path, "CREATE TABLE other (a)");
  Error error = error_of([&] { reader->bind({sink_table(orders())}); });
  CHECK(error.kind() == ErrorKind::data);
  CHECK(contains(error.cause(), "orders"));
  query(path, declared(orders(), "orders"));
  reader->bind({sink_table(orders())});
  CHECK_FALSE(reader->begin_read("p").known());
  CHECK(query(path, "SELECT count(*) FROM sqlite_schema") == "2");
}
