// What the steps of a batch do to rows: upserts, deletes, patches, sequences, loads; commit, rollback, records.
#include <chrono>
#include <thread>

#include "sink_fixture.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

std::vector<Value> order(int64_t id, std::string_view name, std::string_view amount) {
  return {Value::int64(id), text(name), decimal(amount)};
}

TableSchema log_lines() {
  return table("log_lines", {column("at", ValueKind::datetime, "datetime", 0), column("line", ValueKind::text, "text")}, {});
}

}  // namespace

TEST_CASE("upserts insert and replace, deletes remove") {
  SinkFixture f({orders()});
  f.upsert({order(1, "a", "1.00"), order(2, "b", "2.00")});
  TableStep step = f.step();
  step.deletes = {f.row({Value::int64(1), Value::absent(), Value::absent()}), f.row({Value::int64(77), Value::absent(), Value::absent()})};
  step.upserts = {f.row(order(2, "B", "2.50")), f.row({Value::int64(3), Value::null(), Value::null()})};
  f.sink->write(f.batch(step));
  CHECK(f.sql("SELECT * FROM orders ORDER BY id") == "2|B|2.50\n3|NULL|NULL");
}

TEST_CASE("a table of key columns only") {
  SinkFixture f({table("pairs", {column("a", ValueKind::int64, "int"), column("b", ValueKind::text, "varchar(9)")}, {1, 0})});
  f.upsert({{Value::int64(1), text("x")}, {Value::int64(1), text("y")}});
  f.upsert({{Value::int64(1), text("x")}});
  CHECK(f.sql("SELECT * FROM pairs ORDER BY b") == "1|x\n1|y");
}

TEST_CASE("a patch changes the columns that are present, moves the key, and must hit") {
  SinkFixture f({orders()});
  f.upsert({order(1, "a", "1.00"), order(2, "b", "2.00")});
  TableStep step = f.step();
  Row key = f.row({Value::int64(1), Value::absent(), Value::absent()});
  step.patches = {{key, f.row({Value::absent(), text("new"), Value::absent()})},
                  {f.row({Value::int64(2), Value::absent(), Value::absent()}), f.row({Value::int64(20), Value::absent(), Value::null()})}};
  f.sink->write(f.batch(step));
  CHECK(f.sql("SELECT * FROM orders ORDER BY id") == "1|new|1.00\n20|b|NULL");

  TableStep miss = f.step();
  miss.upserts = {f.row(order(5, "must not stay", "0.00"))};
  miss.patches = {{f.row({Value::int64(99), Value::absent(), Value::absent()}), f.row({Value::absent(), text("x"), Value::absent()})}};
  Error error = error_of([&] { f.sink->write(f.batch(miss)); });
  CHECK(error.kind() == ErrorKind::data);
  CHECK(f.sql("SELECT count(*) FROM orders") == "2");

  miss.patches_must_hit = false;
  f.sink->write(f.batch(miss));
  CHECK(f.sql("SELECT count(*) FROM orders") == "3");
}

TEST_CASE("a patch without new values still looks for its row") {
  SinkFixture f({orders()});
  f.upsert({order(1, "a", "1.00")});
  Row nothing = f.row({Value::absent(), Value::absent(), Value::absent()});
  TableStep step = f.step();
  step.patches = {{f.row({Value::int64(1), Value::absent(), Value::absent()}), nothing}};
  f.sink->write(f.batch(step));
  CHECK(f.sql("SELECT * FROM orders") == "1|a|1.00");
  step.patches = {{f.row({Value::int64(2), Value::absent(), Value::absent()}), nothing}};
  CHECK(error_of([&] { f.sink->write(f.batch(step)); }).kind() == ErrorKind::data);
}

TEST_CASE("a table without key: one row only, NULL-safe, in order, must hit") {
  SinkFixture f({log_lines()});
  Civil noon{2024, 1, 1, 43'200'000'000};
  Row twin = f.row({Value::datetime(noon, 0), text("twin")}), half = f.row({Value::null(), text("half")});
  Row empty = f.row({Value::null(), Value::null()});
  TableStep step = f.step();
  auto insert = [](Row row) {
    Change c;
    c.op = Op::insert;
    c.after = row;
    return c;
  };
  auto remove = [](Row row) {
    Change c;
    c.op = Op::remove;
    c.before = row;
    return c;
  };
  Change update;
  update.op = Op::update;
  update.before = half;
  update.after = f.row({Value::null(), text("whole")});
  step.sequence = {insert(twin),  insert(twin), insert(half), insert(half), insert(empty),
                   insert(empty), remove(twin), update,       remove(empty)};
  f.sink->write(f.batch(step));
  CHECK(f.sql("SELECT * FROM log_lines ORDER BY line, at") == "NULL|NULL\nNULL|half\n2024-01-01 12:00:00|twin\nNULL|whole");

  TableStep miss = f.step();
  miss.sequence = {remove(f.row({Value::null(), text("nobody")}))};
  CHECK(error_of([&] { f.sink->write(f.batch(miss)); }).kind() == ErrorKind::data);
  update.before = f.row({Value::null(), text("nobody")});
  miss.sequence = {update};
  CHECK(error_of([&] { f.sink->write(f.batch(miss)); }).kind() == ErrorKind::data);
  size_t rows = 0;
  f.sink->read_key_page(0, "", 1, [&](std::unique_ptr<RowBlock> block) {
    rows += block->rows.size();
    return true;
  });
  CHECK(rows == 4);
}

TEST_CASE("a table is emptied before what else its step has, and other tables are left alone") {
  SinkFixture f({orders(), log_lines()});
  f.upsert({order(1, "a", "1.00"), order(2, "b", "2.00")});
  TableStep lines = f.step(1);
  Change insert;
  insert.after = f.row({Value::null(), text("before")});
  lines.sequence = {insert};
  f.sink->write(f.batch(lines));
  TableStep step = f.step();
  step.empty_first = true;
  step.upserts = {f.row(order(2, "new", "3.00"))};
  step.patches = {{f.row({Value::int64(1), Value::absent(), Value::absent()}), f.row({Value::absent(), text("gone"), Value::absent()})}};
  step.patches_must_hit = false;
  f.sink->write(f.batch(step));
  CHECK(f.sql("SELECT * FROM orders") == "2|new|3.00");
  CHECK(f.sql("SELECT count(*) FROM log_lines") == "1");
  lines.empty_first = true;
  lines.sequence[0].after = f.row({Value::null(), text("after")});
  f.sink->write(f.batch(lines));
  CHECK(f.sql("SELECT line FROM log_lines") == "after");
}

TEST_CASE("a key-less table whose columns hide the rowid") {
  TableSchema hiding = table("t", {column("rowid", ValueKind::int64, "int"), column("_ROWID_", ValueKind::int64, "int")}, {});
  SinkFixture f({hiding});
  Change insert;
  insert.op = Op::insert;
  insert.after = f.row({Value::int64(7), Value::int64(8)});
  Change remove;
  remove.op = Op::remove;
  remove.before = insert.after;
  TableStep step = f.step();
  step.sequence = {insert, insert, remove};
  f.sink->write(f.batch(step));
  CHECK(f.sql("SELECT * FROM t") == "7|8");
  hiding.columns.push_back(column("oid", ValueKind::int64, "int"));
  CHECK(error_of([&] { f.sink->prepare("p", {sink_table(hiding)}); }).kind() == ErrorKind::data);
}

TEST_CASE("loads of any size, plain and over rows that are there") {
  SinkFixture f({orders(), log_lines()});
  for (size_t count : {1, 15, 16, 17, 333}) {
    for (bool plain : {true, false}) {
      f.sql("DELETE FROM orders");
      TableStep step = f.step();
      step.load_plain = plain;
      for (size_t i = 0; i < count; ++i) step.load.push_back(f.row(order(static_cast<int64_t>(i), "n", "1.00")));
      f.sink->write(f.batch(step));
      CHECK(f.sql("SELECT count(*), count(DISTINCT id), max(id), min(name), min(amount) FROM orders") ==
            std::to_string(count) + "|" + std::to_string(count) + "|" + std::to_string(count - 1) + "|n|1.00");
    }
  }
  TableStep over = f.step();
  over.load = {f.row(order(0, "again", "2.00"))};
  f.sink->write(f.batch(over));
  CHECK(f.sql("SELECT name FROM orders WHERE id = 0") == "again");
  over.load_plain = true;
  Error error = error_of([&] { f.sink->write(f.batch(over)); });
  CHECK(error.kind() == ErrorKind::sink_conflict);
  CHECK(error.cause().find("again") == std::string::npos);

  TableStep lines = f.step(1);
  for (int i = 0; i < 40; ++i) lines.load.push_back(f.row({Value::null(), text("same")}));
  f.sink->write(f.batch(lines));
  CHECK(f.sql("SELECT count(*) FROM log_lines") == "40");
}

TEST_CASE("nothing is seen before the commit, all of it after, and abandon takes it back") {
  SinkFixture f({orders()});
  TableStep step = f.step();
  step.upserts = {f.row(order(1, "a", "1.00"))};
  SinkBatch part = f.batch(step);
  part.commit = false;
  f.sink->write(part);
  CHECK(f.sql("SELECT count(*) FROM orders") == "0");
  step.upserts = {f.row(order(2, "b", "1.00"))};
  SinkBatch last = f.batch(step);
  f.sink->write(last);
  CHECK(f.sql("SELECT count(*) FROM orders") == "2");

  step.upserts = {f.row(order(3, "c", "1.00"))};
  SinkBatch dropped = f.batch(step);
  dropped.commit = false;
  f.sink->write(dropped);
  f.sink->abandon();
  f.sink->abandon();
  f.reopen();
  CHECK(f.sql("SELECT count(*) FROM orders") == "2");
  CHECK(f.saved.position == last.position);
}

TEST_CASE("a failed batch leaves neither rows nor position, and the sink opens again") {
  SinkFixture f({orders()});
  f.upsert({order(1, "a", "1.00")});
  f.sql("CREATE UNIQUE INDEX one_name ON orders (name)");
  Error error = error_of([&] { f.upsert({order(2, "b", "1.00"), order(3, "a", "1.00")}); });
  CHECK(error.kind() == ErrorKind::sink_conflict);
  f.reopen();
  CHECK(f.saved.position == position(100));
  CHECK(f.sql("SELECT count(*) FROM orders") == "1");
  f.upsert({order(2, "b", "1.00")});
  CHECK(f.sql("SELECT count(*) FROM orders") == "2");
}

TEST_CASE("position and chunk records travel with the rows") {
  SinkFixture f({orders()});
  CHECK_FALSE(f.saved.position.known());
  SinkBatch batch = f.batch(f.step());
  ChunkRecord first, last, made, whole;
  std::string key_with_nul("\0key", 4);
  first.table = last.table = made.table = {"shop", "orders"};
  whole.table = {"shop", "log_lines"};
  first.range.upto = key_with_nul;
  first.rows = 12;
  first.high = {3, 4711};
  last.range.after = key_with_nul;
  made.range.only = "seven";
  made.done = false;
  batch.chunks = {first, last, made, whole};
  f.sink->write(batch);

  f.reopen();
  CHECK(f.saved.position == batch.position);
  auto find = [&](const ChunkRecord& wanted) {
    for (const ChunkRecord& chunk : f.saved.chunks)
      if (chunk.table == wanted.table && chunk.range == wanted.range)
        return chunk.done == wanted.done && chunk.rows == wanted.rows && chunk.high == wanted.high;
    return false;
  };
  CHECK(f.saved.chunks.size() == 4);
  for (const ChunkRecord& chunk : {first, last, made, whole}) CHECK(find(chunk));

  SinkBatch second = f.batch(f.step());
  made.done = true;
  second.chunks = {made};
  f.sink->write(second);
  f.reopen();
  CHECK(f.saved.chunks.size() == 4);
  CHECK(find(made));
  CHECK(f.sink->load_state("p").chunks.size() == 4);
}

TEST_CASE("a table that leaves the pipeline loses its chunk records, and only it") {
  SinkFixture f({orders()});
  const TableName stays = orders().name, goes{"shop", "goes"};
  f.sink->change_captured({stays, goes}, {});
  SinkBatch batch = f.batch(f.step());
  ChunkRecord record;
  for (const TableName& name : {stays, goes}) batch.chunks.emplace_back(record).table = name;
  f.sink->write(batch);
  f.reopen();
  CHECK(f.saved.captured == std::vector<TableName>{goes, stays});
  CHECK(f.saved.chunks.size() == 2);
  f.sink->change_captured({}, {goes});
  f.reopen();
  CHECK(f.saved.position == batch.position);
  CHECK(f.saved.captured == std::vector<TableName>{stays});
  CHECK(f.saved.left == std::vector<TableName>{goes});
  REQUIRE(f.saved.chunks.size() == 1);
  CHECK(f.saved.chunks[0].table == stays);
  f.sink->change_captured({goes}, {});
  f.reopen();
  CHECK(f.saved.left.empty());
  CHECK(f.saved.chunks.size() == 1);
}

TEST_CASE("a captured table whose target has gone has left as soon as the target is made again") {
  SinkFixture f({orders()});
  const TableName lost = orders().name, stays{"shop", "stays"};
  f.sink->change_captured({stays, lost}, {});
  SinkBatch batch = f.batch(f.step());
  ChunkRecord record;
  for (const TableName& name : {stays, lost}) batch.chunks.emplace_back(record).table = name;
  f.sink->write(batch);
  f.sql("DROP TABLE " + f.tables[0].target_table);
  f.tables[0].captured = true;
  f.reopen();
  CHECK(f.saved.captured.size() == 2);
  CHECK(f.prepared[0].created);
  const SavedState now = f.sink->load_state("p");
  CHECK(now.captured == std::vector<TableName>{stays});
  CHECK(now.left == std::vector<TableName>{lost});
  REQUIRE(now.chunks.size() == 1);
  CHECK(now.chunks[0].table == stays);
  CHECK(now.position == batch.position);
}

TEST_CASE("an unchanged reader sees one state while the sink writes") {
  SinkFixture f({orders()});
  f.upsert({order(1, "a", "1.00")});
  auto reader = make_sqlite_sink(config_for(f.path));
  reader->bind(f.tables);
  Position before = reader->begin_read("p");
  CHECK(before == position(100));
  f.upsert({order(2, "b", "1.00")});
  size_t rows = 0;
  auto count = [&](std::unique_ptr<RowBlock> block) {
    rows += block->rows.size();
    return true;
  };
  reader->read_key_page(0, "", 100, count);
  CHECK(rows == 1);
  reader->end_read();
  CHECK(reader->begin_read("p") == position(200));
}

TEST_CASE("cancel ends a write that waits for another program's transaction") {
  SinkFixture f({orders()});
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(f.path.c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  std::thread stop([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    f.sink->cancel();
  });
  Error error = error_of([&] { f.upsert({order(1, "a", "1.00")}); });
  stop.join();
  CHECK(error.kind() == ErrorKind::interrupted);
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  f.upsert({order(1, "a", "1.00")});
  CHECK(f.sql("SELECT count(*) FROM orders") == "1");
}
