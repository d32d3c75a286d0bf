// The PostgreSQL sink against a real server: every type on every way in, positions and chunks, patches, tables without key, names.
#include "integration/every_value.h"
#include "integration/postgres_sink_fixture.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

void check_every_value(const std::string& table, Target& target, const std::vector<Row>& rows) {
  auto found = target.read(rows);
  REQUIRE(found.size() == rows.size());
  Arena arena;
  for (Row row : rows) {
    auto same = std::find_if(found.begin(), found.end(), [&](const std::vector<Value>& f) { return f[0] == row[0]; });
    REQUIRE(same != found.end());
    for (uint32_t c = 0; c < target.table->columns.size(); ++c) {
      INFO("column " << target.table->columns[c].name << " of id " << row[0].int64());
      CHECK((*same)[c] == target.sink->represent(0, c, row[c], arena));
      // but for JSON the representation is the value itself
      if (row[c].kind() != ValueKind::json) CHECK((*same)[c] == row[c]);
    }
  }
  auto text =
      postgres().query(fmt::format("SELECT i8,u64,f,d,n,v,b,da,ti,dt,ts AT TIME ZONE 'UTC',uu,j,bi,ip FROM {} WHERE id = 2", table))[0];
  std::vector<std::string> expected = {"-128",
                                       "18446744073709551615",
                                       "-3.4028235e+38",
                                       "5e-324",
                                       "-99999999999999999999999999999999999.999999999999999999999999999999",
                                       "日本語 😀 'quote' \\ ",
                                       "\\x00ff00",
                                       "9999-12-31",
                                       "-838:59:59.999999",
                                       "9999-12-31 23:59:59.999999",
                                       "2038-01-19 03:14:07.999",
                                       "01234567-89ab-cdef-0123-456789abcdef",
                                       "{\"a\": [100, \"é\\n\"], \"b\": 0.0}",
                                       "1111111111",
                                       "2001:db8::1"};
  for (size_t i = 0; i < expected.size(); ++i) CHECK(text[i].value_or("NULL") == expected[i]);
}

}  // namespace

TEST_CASE("every type arrives unchanged by COPY, arrays, staging and patches") {
  for (bool with_vector : {false, true}) {
    const std::string name = with_vector ? "staged" : "arrays";
    Target target("types-" + name, schema("types", name, every_column(with_vector), {0}));
    CHECK(target.prepared.created);
    CHECK(target.prepared.was_empty);
    Rows rows;
    std::vector<Row> all = {every_value(rows, 1, with_vector, false), every_value(rows, 2, with_vector, true)};
    std::vector<Value> nulls(target.table->columns.size(), Value::null());
    nulls[0] = Value::int64(3);
    all.push_back(rows.row(nulls));

    TableStep load;
    load.load = all;
    load.load_plain = true;
    target.sink->write(batch_of(load));
    check_every_value("types." + name, target, all);

    TableStep upsert;
    upsert.upserts = all;
    target.sink->write(batch_of(upsert));
    check_every_value("types." + name, target, all);

    // swap the values of 1 and 2 by patches, then by an upsert back again
    TableStep patch;
    Row one = every_value(rows, 1, with_vector, true), two = every_value(rows, 2, with_vector, false);
    patch.patches = {{all[0], one}, {all[1], two}};
    target.sink->write(batch_of(patch));
    CHECK(postgres().value("SELECT i8 FROM types." + name + " WHERE id = 1") == "-128");
    target.sink->write(batch_of(upsert));
    check_every_value("types." + name, target, all);

    TableStep remove;
    remove.deletes = {all[0], all[2]};
    target.sink->write(batch_of(remove));
    CHECK(postgres().value("SELECT string_agg(id::text, ',') FROM types." + name) == "2");
  }
}

TEST_CASE("bulk upserts replace rows and keep the rest") {
  Target target("bulk",
                schema("bulk", "t", {column("id", ValueKind::int64, "int(11)"), column("v", ValueKind::text, "varchar(10)", 10)}, {0}));
  Rows rows;
  for (const char* value : {"first", "second", "third"}) {
    TableStep step;
    for (int64_t id = 20000; id-- > 0;) step.upserts.push_back(rows.row({Value::int64(id * (*value == 's' ? 2 : 1)), rows.text(value)}));
    SinkBatch batch = batch_of(step);
    batch.steps.push_back(batch.steps[0]);  // twice in one transaction: the temporary table is emptied in between
    target.sink->write(batch);
  }
  CHECK(postgres().value("SELECT count(*) || ' ' || count(*) FILTER (WHERE v = 'third') FROM bulk.t") == "30000 20000");
  CHECK(postgres().value("SELECT count(*) FROM bulk.t WHERE v = 'first'") == "0");
}

TEST_CASE("position and chunk records travel with the rows") {
  SchemaRef s = schema("chunks", "t", {column("id", ValueKind::int64, "int(11)")}, {0});
  Rows rows;
  KeyBytes ten = encode_key(*s, rows.row({Value::int64(10)})), twenty = encode_key(*s, rows.row({Value::int64(20)}));
  {
    Target target("chunks", s);
    CHECK_FALSE(target.sink->load_state("chunks").position.known());
    TableStep step;
    step.load = {rows.row({Value::int64(1)})};
    SinkBatch batch = batch_of(step, 1000);
    batch.chunks = {{s->name, {std::nullopt, ten, std::nullopt}, true, 1, {3, 4711}},
                    {s->name, {ten, std::nullopt, std::nullopt}, true, 0, {3, UINT64_MAX}},
                    {s->name, {std::nullopt, std::nullopt, twenty}, false, 0, {}}};
    target.sink->write(batch);
    // not committed: neither rows nor position
    SinkBatch open = batch_of(step, 2000);
    open.steps[0].load = {rows.row({Value::int64(2)})};
    open.commit = false;
    target.sink->write(open);
    target.sink->abandon();
    CHECK(target.sink->begin_read("chunks").offset.byte == 1000);
    target.sink->end_read();
  }
  Target target("chunks", s);
  CHECK_FALSE(target.prepared.created);
  CHECK_FALSE(target.prepared.was_empty);
  SavedState state = target.sink->load_state("chunks");
  CHECK(state.position == position_at(1000));
  REQUIRE(state.chunks.size() == 3);
  for (const ChunkRecord& chunk : state.chunks) {
    CHECK(chunk.table == s->name);
    CHECK(chunk.done == !chunk.range.only);
    if (chunk.range.only) CHECK(chunk.range.only == twenty);
    if (chunk.range.upto) CHECK((chunk.range.upto == ten && chunk.high == LogOffset{3, 4711} && chunk.rows == 1));
    if (chunk.range.after) CHECK((chunk.range.after == ten && chunk.high == LogOffset{3, UINT64_MAX}));
  }

  SinkBatch replace;
  replace.position = position_at(3000);
  replace.chunks = {{s->name, {std::nullopt, std::nullopt, twenty}, true, 7, {5, 6}}};
  target.sink->write(replace);
  state = target.sink->load_state("chunks");
  REQUIRE(state.chunks.size() == 3);
  for (const ChunkRecord& chunk : state.chunks) CHECK(chunk.done);
  CHECK(postgres().value("SELECT string_agg(id::text, ',') FROM chunks.t") == "1");

  const TableName other{"Chunks", "o'ther"};
  target.sink->change_captured({s->name, other}, {});
  replace.chunks[0].table = other;
  target.sink->write(replace);
  target.sink->change_captured({}, {s->name});  // its records go, those of others stay
  state = target.sink->load_state("chunks");
  CHECK(state.captured == std::vector<TableName>{other});
  CHECK(state.left == std::vector<TableName>{s->name});
  REQUIRE(state.chunks.size() == 1);
  CHECK(state.chunks[0].table == other);
  CHECK(state.position == position_at(3000));

  // a target that has gone takes its table's records with it as soon as it is made again
  target.sink->change_captured({s->name}, {});
  replace.chunks[0].table = s->name;
  target.sink->write(replace);
  postgres().exec("DROP TABLE chunks.t");
  target.sink = make_postgres_sink(sink_config());
  target.sink->open();
  CHECK(target.sink->load_state("chunks").chunks.size() == 2);
  CHECK(target.sink->prepare("chunks", {{s, "chunks", "t", true}})[0].created);
  state = target.sink->load_state("chunks");
  CHECK(state.captured == std::vector<TableName>{other});
  CHECK(state.left == std::vector<TableName>{s->name});
  REQUIRE(state.chunks.size() == 1);
  CHECK(state.chunks[0].table == other);
}

TEST_CASE("patches: absent columns stay, keys move, a row that is not there is an error") {
  Target target("patch", schema("patch", "t",
                                {column("a", ValueKind::int64, "int(11)"), column("b", ValueKind::text, "varchar(9)", 9),
                                 column("c", ValueKind::int64, "int(11)"), column("d", ValueKind::text, "text")},
                                {0, 1}));
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
  CHECK(postgres().value("SELECT string_agg(concat_ws(' ', a, b, c, d), ',' ORDER BY a) FROM patch.t") ==
        "1 k 11 old,2 k 21 old,4 k 40 old,30 k 30 moved");

  TableStep miss;
  miss.patches = {{key(99, "k"), rows.row({{}, {}, Value::int64(5), {}})}};
  miss.patches_must_hit = false;
  target.sink->write(batch_of(miss, 200));
  miss.patches_must_hit = true;
  Error error = error_of([&] { target.sink->write(batch_of(miss, 300)); });
  CHECK(error.kind() == ErrorKind::data);
  CHECK(error.what_failed() == "writing to patch.t");
  target.sink->open();
  CHECK(target.sink->load_state("patch").position == position_at(200));
}

TEST_CASE("a table without key: one whole row at a time, NULL-safe, in order") {
  Target target("keyless", schema("keyless", "t",
                                  {column("a", ValueKind::int64, "int(11)"), column("b", ValueKind::text, "text"),
                                   column("j", ValueKind::json, "json"), column("f", ValueKind::float32, "float")},
                                  {}));
  Rows rows;
  Row x = rows.row({Value::int64(1), Value::null(), rows.bytes(ValueKind::json, "{\"a\": 1}"), Value::float32(0.1f)});
  Row y = rows.row({Value::null(), rows.text("y"), Value::null(), Value::null()});
  TableStep step;
  step.sequence = {{Op::insert, 0, nullptr, x},
                   {Op::insert, 0, nullptr, x},
                   {Op::insert, 0, nullptr, x},
                   {Op::update, 0, x, y},
                   {Op::remove, 0, x, nullptr}};
  target.sink->write(batch_of(step));
  CHECK(postgres().value("SELECT string_agg(coalesce(b, 'x'), '' ORDER BY b) FROM keyless.t") == "yx");
  size_t whole = 0;
  target.sink->begin_read("keyless");
  target.sink->read_key_page(0, "", 1, [&](std::unique_ptr<RowBlock> block) { return whole += block->rows.size(), true; });
  target.sink->end_read();
  CHECK(whole == 2);
  TableStep miss;
  miss.sequence = {{Op::remove, 0, y, nullptr}, {Op::remove, 0, y, nullptr}};
  CHECK(error_of([&] { target.sink->write(batch_of(miss)); }).kind() == ErrorKind::data);
  target.sink->open();
  TableStep emptied;
  emptied.empty_first = true;
  emptied.sequence = {{Op::insert, 0, nullptr, x}};
  target.sink->write(batch_of(emptied, 200));
  CHECK(postgres().value("SELECT coalesce(b, 'x') FROM keyless.t") == "x");
}

TEST_CASE("keys are read in pages") {
  Target target("pages",
                schema("pages", "t", {column("a", ValueKind::int64, "int(11)"), column("b", ValueKind::text, "varchar(9)", 9)}, {1, 0}));
  Rows rows;
  TableStep step;
  for (int64_t i = 0; i < 25; ++i) step.upserts.push_back(rows.row({Value::int64(i), rows.text(i % 2 ? "b" : "a")}));
  target.sink->write(batch_of(step));
  std::vector<int64_t> seen;
  KeyBytes after;
  target.sink->begin_read("pages");
  for (bool more = true; more;) {
    more = false;
    target.sink->read_key_page(0, after, 7, [&](std::unique_ptr<RowBlock> block) {
      for (Row row : block->rows) seen.push_back(row[0].int64());
      after = encode_key(*target.table, block->rows.back());
      return more = true;
    });
  }
  target.sink->end_read();
  std::vector<int64_t> expected;
  for (int64_t i = 0; i < 25; i += 2) expected.push_back(i);
  for (int64_t i = 1; i < 25; i += 2) expected.push_back(i);
  CHECK(seen == expected);
}

TEST_CASE("hostile and long names, 300 columns") {
  const std::string hostile = "a\"b`c'd.e\n%s select 😀";
  std::string long_name;
  for (int i = 0; i < 64; ++i) long_name += "語";
  std::vector<Column> columns = {column(hostile, ValueKind::int64, "int(11)"), column(long_name, ValueKind::text, "text"),
                                 column("xmin", ValueKind::text, "text")};
  while (columns.size() < 300) columns.push_back(column(fmt::format("c{}", columns.size()), ValueKind::text, "text"));
  SchemaRef s = schema(hostile, long_name, columns, {0});
  Target target("names", s);
  Rows rows;
  std::vector<Value> values(300, rows.text("x"));
  values[0] = Value::int64(4);
  TableStep step;
  step.upserts = {rows.row(values)};
  target.sink->write(batch_of(step));
  step.deletes = {rows.row(values)};
  target.sink->write(batch_of(step));
  CHECK(target.read(step.upserts)[0][299].bytes() == "x");
  CHECK(Target("names2", s).prepared.created == false);
}

TEST_CASE("two thousand tables are made and written") {
  auto sink = make_postgres_sink(sink_config());
  sink->open();
  sink->load_state("many");
  std::vector<SinkTable> tables;
  for (int i = 0; i < 2000; ++i) {
    tables.push_back(
        {schema("many", fmt::format("t{}", i), {column("id", ValueKind::int64, "int(11)"), column("v", ValueKind::text, "text")}, {0}),
         "many", fmt::format("t{}", i)});
  }
  sink->prepare("many", tables);
  Rows rows;
  SinkBatch batch;
  batch.position = position_at(1);
  for (uint32_t i = 0; i < 2000; ++i) {
    TableStep step;
    step.table = i;
    step.upserts = {rows.row({Value::int64(1), rows.text("v")})};
    batch.steps.push_back(step);
  }
  sink->write(batch);
  CHECK(postgres().value("SELECT count(*) FROM many.t0") == "1");
  CHECK(postgres().value("SELECT count(*) FROM many.t1999") == "1");
}

TEST_CASE("whether a target is empty is looked at exactly where tables join, by its size where they are captured") {
  const SchemaRef s = schema("empty", "t", {column("id", ValueKind::int64, "int")}, {0});
  { Target created("empty", s); }
  const auto was_empty = [&](bool captured) {
    auto sink = make_postgres_sink(sink_config());
    sink->open();
    SinkTable table{s, "empty", "t", captured};
    const PreparedTable prepared = sink->prepare("empty", {table}).at(0);
    CHECK_FALSE(prepared.created);
    return prepared.was_empty;
  };
  CHECK(was_empty(false));
  CHECK(was_empty(true));  // created by a session that died
  postgres().exec("INSERT INTO empty.t VALUES (1)");
  CHECK_FALSE(was_empty(false));
  CHECK_FALSE(was_empty(true));
  postgres().exec("DELETE FROM empty.t");
  CHECK(was_empty(false));
  CHECK_FALSE(was_empty(true));
  postgres().exec("TRUNCATE empty.t");
  CHECK(was_empty(true));
  // the rows of others count as its own
  postgres().exec("CREATE TABLE empty.child () INHERITS (empty.t); INSERT INTO empty.child VALUES (2)");
  CHECK_FALSE(was_empty(false));
  CHECK_FALSE(was_empty(true));
  postgres().exec(
      "DROP TABLE empty.t CASCADE; CREATE TABLE empty.t (id bigint PRIMARY KEY) PARTITION BY RANGE (id);"
      "CREATE TABLE empty.part PARTITION OF empty.t DEFAULT; INSERT INTO empty.t VALUES (3);"
      "GRANT ALL ON empty.t TO tidemark");
  CHECK_FALSE(was_empty(false));
  CHECK_FALSE(was_empty(true));
}
