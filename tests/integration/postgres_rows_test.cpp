// What is special about rows of a PostgreSQL source, through a whole pipeline: replica identities, values that the log leaves out as they
// did not change, partitions, generated and dropped columns, TRUNCATE.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "servers/live_pipeline.h"
#include "servers/postgres_server.h"
#include "servers/wait.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

PostgresServer& source() {
  static PostgresServer server([] {
    PostgresOptions options;
    options.is_source = true;
    options.extra = {"max_replication_slots=40", "max_wal_senders=40"};
    return options;
  }());
  return server;
}

PostgresServer& sink() {
  static PostgresServer server;
  return server;
}

void make(const std::string& schema, const std::string& sql) {
  source().exec("CREATE SCHEMA " + schema);
  source().client(schema)->exec(sql);
}

/// Chunks of a few rows, each read slowly.
constexpr const char* kFewRows = "snapshot: {workers: 2, chunk_rows: 5, adapt: false}";
const std::vector<std::pair<std::string, std::string>> kSlowCopy = {{"TIDEMARK_FAILPOINTS", "chunk.after_read=sleep:40"}};

/// Repeats a statement until it is destroyed; `#` in it stands for a number that counts up.
class Repeating {
 public:
  Repeating(const std::string& schema, std::string sql, std::chrono::milliseconds pause = 1ms) {
    thread_ = std::thread([this, pause, client = source().client(schema), sql = std::move(sql)] {
      for (; !stop_; ++count_) {
        std::string now = sql;
        for (size_t at; (at = now.find('#')) != std::string::npos;) now.replace(at, 1, std::to_string(count_));
        client->exec(now);
        std::this_thread::sleep_for(pause);
      }
    });
  }
  ~Repeating() {
    stop_ = true;
    thread_.join();
  }
  uint64_t count() const { return count_; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> count_{0};
  std::thread thread_;
};

}  // namespace

TEST_CASE("every replica identity that tells rows apart", "[rows]") {
  make("identity",
       "CREATE TABLE by_key (id int PRIMARY KEY, v text); CREATE TABLE whole (id int PRIMARY KEY, v text);"
       "CREATE TABLE whole_no_key (a int, v text); CREATE TABLE by_index (a int, b int NOT NULL, v text);"
       "CREATE UNIQUE INDEX by_index_b ON by_index (b); ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_b;"
       "ALTER TABLE whole REPLICA IDENTITY FULL; ALTER TABLE whole_no_key REPLICA IDENTITY FULL;"
       "INSERT INTO by_key SELECT g, 'v' || g FROM generate_series(1, 100) g; INSERT INTO whole SELECT * FROM by_key;"
       "INSERT INTO whole_no_key SELECT id / 3, v FROM by_key; INSERT INTO by_index SELECT NULL, id, v FROM by_key");
  LivePipeline pipeline(source(), &sink(), "identity");
  pipeline.settings().pipeline_yaml = kFewRows;
  pipeline.start(kSlowCopy);
  {
    Repeating writer("identity",
                     "UPDATE by_key SET v = '#' WHERE id = 1 + # % 100; UPDATE whole SET v = '#' WHERE id = 1 + # % 100;"
                     "UPDATE whole_no_key SET v = '#' WHERE a = # % 30; UPDATE by_index SET a = # WHERE b = 1 + # % 100;"
                     "UPDATE by_key SET id = id + 1000 WHERE id = 50; DELETE FROM by_key WHERE id = 1051;"
                     "UPDATE by_key SET id = 50 WHERE id = 1050; UPDATE whole SET id = -id WHERE id = 7 OR id = -7;"
                     "UPDATE by_index SET b = -b WHERE b = 9 OR b = -9; DELETE FROM whole_no_key WHERE a = 31;"
                     "INSERT INTO whole_no_key VALUES (31, '#'), (31, '#')");
    REQUIRE(pipeline.reaches("streaming"));
    std::this_thread::sleep_for(500ms);
    CHECK(writer.count() > 100);
  }
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("a table whose updates cannot be told apart is refused, with the statement that helps", "[rows]") {
  make("no_identity", "CREATE TABLE t (a int, v text); INSERT INTO t VALUES (1, 'one')");
  make("nothing", "CREATE TABLE t (a int PRIMARY KEY, v text); ALTER TABLE t REPLICA IDENTITY NOTHING; INSERT INTO t VALUES (1, 'one')");
  for (const std::string schema : {"no_identity", "nothing"}) {
    CAPTURE(schema);
    LivePipeline pipeline(source(), nullptr, schema);
    pipeline.start();
    CHECK(pipeline.exit_code(30s) == 78);
    const std::string cure = schema == "nothing" ? "REPLICA IDENTITY DEFAULT;" : "REPLICA IDENTITY FULL;";
    INFO(pipeline.daemon().log_tail());
    CHECK(pipeline.log_has("ALTER TABLE \"" + schema + "\".\"t\" " + cure));
    // it was not published, which would have made the users' updates fail
    CHECK_NOTHROW(source().exec("UPDATE " + schema + ".t SET v = 'two'"));
  }
}

TEST_CASE("values of 100 kB that do not change are left alone, during the copy and after", "[rows]") {
  make("toast",
       "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, big text, also bytea);"
       "ALTER TABLE t ALTER big SET STORAGE EXTERNAL, ALTER also SET STORAGE EXTERNAL;"
       "INSERT INTO t SELECT g, 0, repeat(chr(65 + g % 26), 100000), decode(repeat(lpad(to_hex(g), 4, '0'), 25000), 'hex')"
       " FROM generate_series(1, 60) g; INSERT INTO t VALUES (61, 0, NULL, NULL)");
  LivePipeline pipeline(source(), &sink(), "toast");
  pipeline.settings().pipeline_yaml = kFewRows;
  pipeline.start(kSlowCopy);
  const std::string change =
      "UPDATE t SET n = n + 1 WHERE id = 1 + # % 60; UPDATE t SET id = -id WHERE id IN (11, -11, 33, -33);"
      "UPDATE t SET big = repeat('#', 30000) WHERE id = 1 + # % 7; UPDATE t SET also = NULL, n = 7 WHERE id = 20 + # % 3";
  {
    Repeating writer("toast", change, 10ms);  // rows that lack columns are written one by one
    REQUIRE(pipeline.reaches("streaming"));
    std::this_thread::sleep_for(500ms);
    CHECK(writer.count() > 30);
  }
  CHECK(pipeline.becomes_equal());
  // one transaction that does it all to one row, and leaves its value of 100 kB alone
  source().exec(
      "BEGIN; UPDATE toast.t SET n = 1 WHERE id = 45; UPDATE toast.t SET id = 450 WHERE id = 45;"
      "UPDATE toast.t SET n = 2 WHERE id = 450; DELETE FROM toast.t WHERE id = 46;"
      "UPDATE toast.t SET id = 46 WHERE id = 47; COMMIT");
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.sink_number("SELECT length(big) FROM {t} WHERE id = 450", "t") == 100000);
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("rows that move between the partitions of a table", "[rows]") {
  make("parts",
       "CREATE TABLE p (id int, at int, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
       "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);"
       "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200) PARTITION BY LIST (id);"
       "CREATE TABLE p2a PARTITION OF p2 FOR VALUES IN (1, 2, 3); CREATE TABLE p2b PARTITION OF p2 DEFAULT;"
       "INSERT INTO p SELECT g, g % 200, 'v' || g FROM generate_series(1, 200) g");
  LivePipeline pipeline(source(), &sink(), "parts");
  pipeline.settings().pipeline_yaml = kFewRows;
  pipeline.start(kSlowCopy);
  {
    Repeating writer("parts",
                     "UPDATE p SET at = (at + 100) % 200, v = '#' WHERE id IN (1 + # % 200, 2); UPDATE p SET id = -id WHERE id IN (3, -3)");
    REQUIRE(pipeline.reaches("streaming"));
    std::this_thread::sleep_for(300ms);
    CHECK(writer.count() > 50);
  }
  CHECK(pipeline.becomes_equal());
  source().exec(
      "CREATE TABLE parts.p3 PARTITION OF parts.p FOR VALUES FROM (200) TO (300);"
      "INSERT INTO parts.p VALUES (1000, 250, 'new'); UPDATE parts.p SET at = 290 WHERE id BETWEEN 10 AND 20;"
      "UPDATE parts.p SET v = 'later' WHERE at = 290");
  CHECK(pipeline.becomes_equal());
  CHECK(sink().value("SELECT string_agg(relname, ' ') FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                     " WHERE nspname = 'parts' AND relkind IN ('r', 'p')") == "p");
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("dropped columns leave no trace, generated ones are computed by the source alone", "[rows]") {
  make("columns",
       "CREATE TABLE t (gone int, id int PRIMARY KEY, also_gone text, a int, double_a int GENERATED ALWAYS AS (a * 2) STORED, v text);"
       "ALTER TABLE t DROP gone, DROP also_gone; INSERT INTO t (id, a, v) SELECT g, g, 'v' FROM generate_series(1, 50) g");
  LivePipeline pipeline(source(), &sink(), "columns");
  pipeline.settings().pipeline_yaml = kFewRows;
  pipeline.start(kSlowCopy);
  {
    Repeating writer("columns", "UPDATE t SET a = # WHERE id = 1 + # % 50");
    REQUIRE(pipeline.reaches("streaming"));
    std::this_thread::sleep_for(300ms);
  }
  source().exec("INSERT INTO columns.t (id, a, v) VALUES (1000, 1, 'last')");
  REQUIRE(wait_until(30s, [&] { return pipeline.sink_number("SELECT count(*) FROM {t} WHERE id = 1000", "t") == 1; }));
  const std::string sum = "SELECT count(*) || ' ' || sum(id) || ' ' || sum(a) || ' ' || min(v) FROM {t}";
  CHECK(pipeline.sink_value(sum, "t") ==
        source().value("SELECT count(*) || ' ' || sum(id) || ' ' || sum(a) || ' ' || min(v) FROM columns.t"));
  CHECK(sink().value("SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'columns.t'::regclass"
                     " AND attnum > 0 AND NOT attisdropped AND attname <> 'double_a'") == "id a v");
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("TRUNCATE during the copy and while streaming, with the tables that refer to it", "[rows]") {
  make("emptied",
       "CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);"
       "CREATE TABLE c (id serial PRIMARY KEY, v text); INSERT INTO a SELECT g, 'v' FROM generate_series(1, 400) g;"
       "INSERT INTO b SELECT g, g FROM generate_series(1, 400) g; INSERT INTO c (v) SELECT 'v' FROM generate_series(1, 400)");
  LivePipeline pipeline(source(), &sink(), "emptied");
  pipeline.settings().pipeline_yaml = "snapshot: {workers: 2, chunk_rows: 20, adapt: false}";
  pipeline.start(kSlowCopy);
  {
    Repeating writer(
        "emptied", "INSERT INTO a VALUES (1000 + #, 'w'); INSERT INTO b VALUES (1000 + #, 1000 + #); INSERT INTO c (v) VALUES ('#')", 10ms);
    REQUIRE(wait_until(30s, [&] { return pipeline.sink_number("SELECT count(*) FROM {t}", "a") > 20; }));
    for (int i = 0; i < 3; ++i) {
      const auto client = source().client("emptied");
      client->exec("TRUNCATE a CASCADE");
      client->exec("INSERT INTO a VALUES (1, 'again'); INSERT INTO b VALUES (1, 1)");
      client->exec("BEGIN; INSERT INTO c (v) VALUES ('goes'); TRUNCATE c RESTART IDENTITY; INSERT INTO c (v) VALUES ('stays'); COMMIT");
      std::this_thread::sleep_for(200ms);
    }
    REQUIRE(pipeline.reaches("streaming"));
    source().exec("TRUNCATE emptied.a, emptied.b, emptied.c");
    std::this_thread::sleep_for(300ms);
    source().exec("BEGIN; TRUNCATE emptied.a CASCADE; ROLLBACK");
  }
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
}
