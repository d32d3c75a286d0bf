// The MySQL and MariaDB sink against real servers: every type on every way in, positions and chunks, patches, tables without key, pages.
#include "integration/every_value.h"
#include "integration/mysql_sink_fixture.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

Column integer(const std::string& name) { return column(name, ValueKind::int64, "int(11)"); }
Column words(const std::string& name) { return column(name, ValueKind::text, "varchar(20)", 20); }

/// MySQL's TIME ends at 838:59:59 sharp, MariaDB's goes on to the end of that second. MariaDB's UUID lacks those that no version and
/// variant of UUIDs has.
Row every_value_of(MysqlFamilyServer& server, const SchemaRef& s, Rows& rows, int64_t id, bool extreme) {
  const Row row = every_value(rows, id, false, extreme);
  std::vector<Value> values(row, row + s->columns.size());
  auto value = [&](const char* name) -> Value& { return values[static_cast<size_t>(s->find_column(name))]; };
  if (server.engine() == "mysql")
    value("ti") = Value::time(extreme ? -3020399000000LL : 3020399000000LL, 6);
  else
    value("uu") = rows.bytes(ValueKind::uuid, std::string_view("\x01\x23\x45\x67\x89\xab\x4d\xef\x81\x23\x45\x67\x89\xab\xcd\xef", 16));
  return rows.row(values);
}

void check_every_value(MysqlTarget& target, const std::vector<Row>& rows) {
  auto found = target.read(rows);
  REQUIRE(found.size() == rows.size());
  Arena arena;
  for (Row row : rows) {
    auto same = std::find_if(found.begin(), found.end(), [&](const std::vector<Value>& f) { return f[0] == row[0]; });
    REQUIRE(same != found.end());
    for (uint32_t c = 0; c < target.table->columns.size(); ++c) {
      INFO("column " << target.table->columns[c].name << " of id " << row[0].int64());
      CHECK((*same)[c] == target.sink->represent(0, c, row[c], arena));
      // MariaDB drops the sign of a zero, MySQL orders the members of JSON
      const bool zero = row[c].kind() == ValueKind::float64 && row[c].float64() == 0;
      if (row[c].kind() != ValueKind::json && !zero) CHECK((*same)[c] == row[c]);
    }
  }
}

}  // namespace

TEST_CASE("every type arrives unchanged by LOAD DATA, bound, INSERT, upserts and patches") {
  on_both([](MysqlFamilyServer& server) {
    for (const bool local : {true, false}) {
      server.exec(local ? "SET GLOBAL local_infile=1" : "SET GLOBAL local_infile=0");
      const std::string name = local ? "by_load" : "by_insert";
      std::vector<Column> columns = every_column(false);
      for (Column& c : columns) {
        if (c.kind == ValueKind::text && c.native_type != "inet6") c.charset = "utf8mb4";
      }
      MysqlTarget target(server, "types-" + name, schema("types", name, columns, {0}));
      CHECK(target.prepared.created);
      CHECK(target.prepared.was_empty);
      Rows rows;
      std::vector<Row> all;
      for (int64_t id = 1; id <= 60; ++id) all.push_back(every_value_of(server, target.table, rows, id, id % 2 == 0));
      std::vector<Value> nulls(columns.size(), Value::null());
      nulls[0] = Value::int64(0);
      all.push_back(rows.row(nulls));
      TableStep load;
      load.load = all;
      load.load_plain = true;
      target.sink->write(batch_of(load));
      check_every_value(target, all);

      TableStep upsert;
      upsert.upserts = all;
      target.sink->write(batch_of(upsert));
      check_every_value(target, all);

      TableStep patch;
      std::vector<Row> swapped;
      for (int64_t id = 1; id <= 60; ++id) {
        swapped.push_back(every_value_of(server, target.table, rows, id, id % 2 != 0));
        patch.patches.push_back({all[static_cast<size_t>(id - 1)], swapped.back()});
      }
      target.sink->write(batch_of(patch));
      check_every_value(target, swapped);

      TableStep remove;
      remove.deletes = all;
      remove.deletes.erase(remove.deletes.begin() + 1);
      target.sink->write(batch_of(remove));
      CHECK(server.value(fmt::format("SELECT GROUP_CONCAT(id) FROM types.{}", name)) == "2");
    }
    server.exec("SET GLOBAL local_infile=1");
  });
}

TEST_CASE("bulk upserts replace rows and keep the rest, with a second unique index as well") {
  on_both([](MysqlFamilyServer& server) {
    for (const bool second_index : {false, true}) {
      const std::string name = second_index ? "indexed" : "plain";
      SchemaRef s = schema("bulk", name, {integer("id"), words("v"), integer("u")}, {0});
      MysqlTarget target(server, "bulk-" + name, s);
      if (second_index) {
        server.exec("ALTER TABLE bulk.indexed ADD UNIQUE (u)");
        target.reopen();
        target.sink->prepare(target.pipeline, {{s, "bulk", name}});
      }
      Rows rows;
      const int64_t count = second_index ? 2000 : 20000;
      for (const char* value : {"first", "second", "third"}) {
        TableStep step;
        for (int64_t id = 0; id < count; ++id) {
          const int64_t key = id * (*value == 's' ? 2 : 1);
          step.upserts.push_back(rows.row({Value::int64(key), rows.text(value), Value::int64(-key)}));
        }
        target.sink->write(batch_of(step));
      }
      CHECK(server.value(fmt::format("SELECT CONCAT(COUNT(*), ' ', SUM(v='third'), ' ', SUM(v='first')) FROM bulk.{}", name)) ==
            fmt::format("{} {} 0", count * 3 / 2, count));
      if (!second_index) continue;
      // a value that another row has there is a conflict, and never changes that other row
      TableStep collide;
      collide.upserts = {rows.row({Value::int64(900000), rows.text("x"), Value::int64(-1)})};
      CHECK(error_of([&] { target.sink->write(batch_of(collide)); }).kind() == ErrorKind::sink_conflict);
      CHECK(server.value("SELECT CONCAT(id, ' ', v) FROM bulk.indexed WHERE u=-1") == "1 third");
    }
  });
}

TEST_CASE("position and chunk records travel with the rows; a target that has gone is forgotten") {
  on_both([](MysqlFamilyServer& server) {
    SchemaRef s = schema("chunks", "t", {integer("id")}, {0});
    Rows rows;
    const KeyBytes ten = encode_key(*s, rows.row({Value::int64(10)})), huge(100000, '\xfe');
    MysqlTarget target(server, "chunks", s);
    CHECK_FALSE(target.sink->load_state("chunks").position.known());
    TableStep step;
    step.load = {rows.row({Value::int64(1)})};
    SinkBatch batch = batch_of(step, 1000);
    batch.chunks = {{s->name, {std::nullopt, ten, std::nullopt}, true, 1, {3, 4711}},
                    {s->name, {ten, std::nullopt, std::nullopt}, true, 0, {3, UINT64_MAX}},
                    {s->name, {std::nullopt, std::nullopt, huge}, false, 0, {}}};
    target.sink->write(batch);
    // not committed: neither rows nor position
    SinkBatch open = batch_of(step, 2000);
    open.steps[0].load = {rows.row({Value::int64(2)})};
    open.commit = false;
    target.sink->write(open);
    target.sink->abandon();
    CHECK(target.sink->begin_read("chunks").offset.byte == 1000);
    target.sink->end_read();
    CHECK(server.value("SELECT GROUP_CONCAT(id) FROM chunks.t") == "1");
    SavedState state = target.sink->load_state("chunks");
    CHECK(state.position == position_at(1000));
    REQUIRE(state.chunks.size() == 3);
    for (const ChunkRecord& chunk : state.chunks) CHECK(std::count(batch.chunks.begin(), batch.chunks.end(), chunk) == 1);

    SinkBatch replace;
    replace.position = position_at(3000);
    replace.chunks = {{s->name, {std::nullopt, std::nullopt, huge}, true, 7, {5, 6}}};
    target.sink->write(replace);
    const TableName other{"Chunks ", "o'ther"};
    target.sink->change_captured({s->name, other}, {});
    replace.chunks[0].table = other;
    target.sink->write(replace);
    state = target.sink->load_state("chunks");
    CHECK(state.chunks.size() == 4);
    for (const ChunkRecord& chunk : state.chunks) CHECK(chunk.done);

    server.exec("DROP TABLE chunks.t");
    target.reopen();
    CHECK(target.sink->prepare("chunks", {{s, "chunks", "t", true}})[0].created);
    state = target.sink->load_state("chunks");
    CHECK(state.captured == std::vector<TableName>{other});
    CHECK(state.left == std::vector<TableName>{s->name});
    REQUIRE(state.chunks.size() == 1);
    CHECK(state.chunks[0].table == other);
    CHECK(state.position == position_at(3000));
  });
}

TEST_CASE("patches: absent columns stay, keys move, a row that is not there is an error") {
  on_both([](MysqlFamilyServer& server) {
    MysqlTarget target(server, "patch", schema("patch", "t", {integer("a"), words("b"), integer("c"), words("d")}, {0, 1}));
    // a column that changes by itself when an update leaves it out
    server.exec("ALTER TABLE patch.t MODIFY d VARCHAR(20), ADD at TIMESTAMP NULL DEFAULT NULL");
    Rows rows;
    auto key = [&](int64_t a, const char* b) { return rows.row({Value::int64(a), rows.text(b), {}, {}}); };
    TableStep load;
    for (int64_t i = 1; i <= 4; ++i)
      load.upserts.push_back(rows.row({Value::int64(i), rows.text("k"), Value::int64(i * 10), rows.text("old")}));
    target.sink->write(batch_of(load));
    TableStep step;
    step.patches = {{key(1, "k"), rows.row({Value::int64(1), rows.text("k"), Value::int64(11), {}})},
                    {key(2, "k"), rows.row({{}, {}, Value::int64(21), {}})},
                    {key(3, "k"), rows.row({Value::int64(30), rows.text("k"), {}, rows.text("moved")})},
                    {key(4, "k"), rows.row({Value::int64(4), rows.text("k"), {}, {}})}};
    target.sink->write(batch_of(step));
    CHECK(server.value("SELECT GROUP_CONCAT(CONCAT_WS(' ', a, b, c, d) ORDER BY a) FROM patch.t") ==
          "1 k 11 old,2 k 21 old,4 k 40 old,30 k 30 moved");
    TableStep miss;
    miss.patches = {{key(99, "k"), rows.row({{}, {}, Value::int64(5), {}})}};
    miss.patches_must_hit = false;
    target.sink->write(batch_of(miss, 200));
    miss.patches_must_hit = true;
    miss.deletes = {key(1, "k")};  // goes with the rest of its transaction
    const Error error = error_of([&] { target.sink->write(batch_of(miss, 300)); });
    CHECK(error.kind() == ErrorKind::data);
    CHECK(error.what_failed() == "writing to patch.t");
    target.sink->open();
    CHECK(target.sink->load_state("patch").position == position_at(200));
    CHECK(server.value("SELECT COUNT(*) FROM patch.t") == "4");
    TableStep remove;
    remove.deletes = {key(1, "k"), key(30, "k"), key(30, "other")};
    target.sink->prepare("patch", {{target.table, "patch", "t"}});
    target.sink->write(batch_of(remove));
    CHECK(server.value("SELECT GROUP_CONCAT(a) FROM patch.t") == "2,4");
  });
}

TEST_CASE("a table without key: one whole row at a time, NULL-safe, byte by byte, in order") {
  on_both([](MysqlFamilyServer& server) {
    Column text = column("b", ValueKind::text, "text");
    text.charset = "utf8mb4";
    text.collation = "utf8mb4_general_ci";
    MysqlTarget target(
        server, "keyless",
        schema("keyless", "t", {integer("a"), text, column("j", ValueKind::json, "json"), column("f", ValueKind::float32, "float")}, {}));
    Rows rows;
    auto made = [&](const char* b) {
      return rows.row({Value::int64(1), rows.text(b), rows.bytes(ValueKind::json, "{\"a\": 1}"), Value::float32(0.1f)});
    };
    Row x = made("x"), capital = made("X"), padded = made("x ");
    Row nulls = rows.row({Value::null(), rows.text("y"), Value::null(), Value::null()});
    TableStep step;
    step.sequence = {{Op::insert, 0, nullptr, x}, {Op::insert, 0, nullptr, capital}, {Op::insert, 0, nullptr, padded},
                     {Op::insert, 0, nullptr, x}, {Op::insert, 0, nullptr, x},       {Op::update, 0, x, nulls},
                     {Op::remove, 0, x, nullptr}};
    target.sink->write(batch_of(step));
    CHECK(server.value("SELECT GROUP_CONCAT(HEX(b) ORDER BY HEX(b)) FROM keyless.t") == "58,78,7820,79");
    step.sequence = {{Op::remove, 0, capital, nullptr}, {Op::remove, 0, padded, nullptr}};
    target.sink->write(batch_of(step));
    CHECK(server.value("SELECT GROUP_CONCAT(HEX(b) ORDER BY HEX(b)) FROM keyless.t") == "78,79");
    size_t whole = 0;
    target.sink->begin_read("keyless");
    target.sink->read_key_page(0, "", 1, [&](std::unique_ptr<RowBlock> block) { return whole += block->rows.size(), true; });
    target.sink->end_read();
    CHECK(whole == 2);
    TableStep miss;
    miss.sequence = {{Op::remove, 0, nulls, nullptr}, {Op::remove, 0, nulls, nullptr}};
    CHECK(error_of([&] { target.sink->write(batch_of(miss)); }).kind() == ErrorKind::data);
    CHECK(server.value("SELECT COUNT(*) FROM keyless.t") == "2");
  });
}

TEST_CASE("keys are read in pages") {
  on_both([](MysqlFamilyServer& server) {
    Column label = column("e", ValueKind::text, "enum('b','a')");
    label.labels = {"b", "a"};
    MysqlTarget target(server, "pages", schema("pages", "t", {integer("a"), words("b"), label}, {1, 2, 0}));
    Rows rows;
    TableStep step;
    for (int64_t i = 0; i < 25; ++i)
      step.upserts.push_back(rows.row({Value::int64(i), rows.text(i % 2 ? "b" : "a"), rows.text(i % 3 ? "b" : "a")}));
    target.sink->write(batch_of(step));
    std::vector<int64_t> seen;
    KeyBytes after;
    target.sink->begin_read("pages");
    for (bool more = true; more && seen.size() < 100;) {
      more = false;
      target.sink->read_key_page(0, after, 4, [&](std::unique_ptr<RowBlock> block) {
        for (Row row : block->rows) seen.push_back(row[0].int64());
        after = encode_key(*target.table, block->rows.back());
        return more = true;
      });
    }
    target.sink->end_read();
    CHECK(seen.size() == 25);
    std::sort(seen.begin(), seen.end());
    for (size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == static_cast<int64_t>(i));
  });
}

TEST_CASE("many rows: packets that the server takes, labels that strict mode refuses, a log of statements") {
  on_both([](MysqlFamilyServer& server) {
    server.exec("SET GLOBAL max_allowed_packet=1048576");
    for (const bool statements : {false, true}) {
      if (statements && server.engine() == "mysql") continue;
      if (statements) server.exec("SET GLOBAL binlog_format=STATEMENT");
      const std::string name = statements ? "statements" : "rows";
      Column label = column("e", ValueKind::text, "enum('a','b')"), text = column("t", ValueKind::text, "longtext");
      label.labels = {"a", "b"};
      text.charset = "utf8mb4";
      MysqlTarget target(server, "many-" + name, schema("many", name, {integer("id"), text, label}, {0}));
      Rows rows;
      for (const size_t bytes : {size_t{600000}, size_t{1000000}}) {
        TableStep step;
        std::vector<Row>& to = bytes == 600000 ? step.load : step.upserts;
        step.load_plain = true;
        for (int64_t id = 0; id < 2000; ++id)
          to.push_back(
              rows.row({Value::int64(id), rows.text(std::string(id % 500 == 7 ? bytes : 100, 'x')), rows.text(id % 700 == 3 ? "" : "b")}));
        target.sink->write(batch_of(step));
        CHECK(server.value(fmt::format("SELECT CONCAT(COUNT(*), ' ', SUM(LENGTH(t)), ' ', SUM(e+0=0), ' ', SUM(e='b')) FROM many.{}",
                                       name)) == fmt::format("2000 {} 3 1997", 4 * bytes + 199600));
        if (bytes == 600000) continue;
        step.upserts.push_back(rows.row({Value::int64(-1), rows.text(std::string(1048576, 'x')), rows.text("b")}));
        const Error error = error_of([&] { target.sink->write(batch_of(step)); });
        CHECK(error.kind() == ErrorKind::data);
        CHECK(error.hint().find("max_allowed_packet") != std::string::npos);
      }
    }
    server.exec("SET GLOBAL max_allowed_packet=1073741824");
    if (server.engine() == "mariadb") server.exec("SET GLOBAL binlog_format=ROW");
  });
}
