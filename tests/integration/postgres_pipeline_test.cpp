// A whole pipeline with a PostgreSQL source through what happens to its log: a long backlog with kill -9 all the time, transactions that
// are sent before they end, a publication that is altered, a slot that is gone or taken, a busy neighbour, a sink that stands still. Each
// either goes on without loss or stops with what happened and the cure.
#include <signal.h>

#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "integration/stops_saying.h"
#include "servers/live_pipeline.h"
#include "servers/postgres_server.h"
#include "servers/steady_writer.h"
#include "servers/wait.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

PostgresOptions source_options() {
  PostgresOptions options;
  options.is_source = true;
  options.extra = {"max_replication_slots=40", "max_wal_senders=40", "logical_decoding_work_mem=64kB"};
  return options;
}

PostgresServer& source() {
  static PostgresServer server(source_options());
  return server;
}

void make(const std::string& schema, const std::string& sql) {
  source().exec("CREATE SCHEMA " + schema);
  source().client(schema)->exec(sql);
}

long long number(const std::string& sql) { return std::stoll("0" + source().value(sql)); }

}  // namespace

namespace {

/// One-row transactions that wait while nobody reads, then a daemon that dies over and over: while it reads, and around every one of its
/// sink transactions, which hold `batch_rows` rows.
void kill_through_backlog(const std::string& schema, int transactions, int batch_rows) {
  make(schema,
       "CREATE TABLE once (n int, v text); ALTER TABLE once REPLICA IDENTITY FULL; CREATE TABLE t (id int PRIMARY KEY, n bigint);"
       "INSERT INTO t SELECT g, 0 FROM generate_series(1, 100) g");
  PipelineFile file;
  file.pipeline_yaml = "apply: {batch_rows: " + std::to_string(batch_rows) + "}";
  LivePipeline pipeline(source(), nullptr, schema, file);
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
  for (int part = 0, rows = transactions / 10; part < 10; ++part) {
    source().client(schema)->exec(
        "DO $$ BEGIN FOR i IN " + std::to_string(part * rows + 1) + ".." + std::to_string((part + 1) * rows) +
        " LOOP IF i % 2 = 0 THEN INSERT INTO once VALUES (i, 'v'); ELSE UPDATE t SET n = n + 1 WHERE id = 1 + i % 100; END IF; COMMIT; "
        "END LOOP; END $$");
    source().superuser()->exec("CHECKPOINT");  // a place where the server can begin to read again
  }
  const auto left = [&] { return transactions - 2 * pipeline.sink_number("SELECT count(*) FROM {t}", "once"); };
  const std::vector<std::string> deaths{"sink.before_commit=kill@2", "sink.after_commit=kill@1", "reader.event_taken=kill@",
                                        "state.before_write=kill@1", "state.after_save=kill@1"};
  int kills = 0;
  for (long long before = left(); before > 3 * batch_rows; before = left(), ++kills) {
    std::string at = deaths[static_cast<size_t>(kills) % deaths.size()];
    // now and then a status gets through, and only then the server may begin later
    if (kills % 25 == 24) at = "sink.after_commit=sleep:300,postgres_source.acknowledged=kill@1";
    if (at.back() == '@') at += std::to_string(100 + kills * 389 % 3000);
    pipeline.start({{"TIDEMARK_FAILPOINTS", at}});
    const int code = pipeline.exit_code(30s);
    INFO(at << ", " << before << " transactions were left\n" << pipeline.daemon().log_tail());
    REQUIRE(code == 128 + SIGKILL);
    REQUIRE(left() <= before);
  }
  CHECK(kills >= transactions / batch_rows / 2);
  pipeline.start();
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.sink_number("SELECT count(*) FROM {t}", "once") == transactions / 2);
  CHECK(pipeline.stop() == 0);
  std::cout << transactions << " transactions, " << kills << " kills\n";
}

}  // namespace

TEST_CASE("one-row transactions with kill -9 all the time", "[history]") { kill_through_backlog("killed", 20000, 800); }

TEST_CASE("100,000 one-row transactions with kill -9 every few hundred messages", "[.long]") {
  kill_through_backlog("killed_often", 100000, 200);
}

TEST_CASE("big and small transactions that end in another order than they began, sent early or not", "[history]") {
  make("woven",
       "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, v text); INSERT INTO t SELECT g, 0, 'v' FROM generate_series(1, 9000) g");
  PipelineFile off, on;
  off.name = "woven_off";
  off.source_yaml = "streaming: off";
  on.name = "woven_on";
  on.source_yaml = "streaming: on";
  on.daemon_yaml = "memory_limit: 64MiB";
  LivePipeline plain(source(), nullptr, "woven", off), streamed(source(), nullptr, "woven", on);
  plain.start();
  streamed.start();
  REQUIRE(plain.becomes_equal());
  REQUIRE(streamed.becomes_equal());
  const auto first = source().client("woven"), second = source().client("woven"), small = source().client("woven");
  for (int round = 1; round <= 4; ++round) {
    const std::string n = std::to_string(round);
    first->exec("BEGIN; UPDATE t SET n = n + " + n + ", v = repeat('a', 200) WHERE id BETWEEN 1 AND 3000; SAVEPOINT a");
    second->exec("BEGIN; UPDATE t SET n = n * 2 WHERE id BETWEEN 3001 AND 6000; DELETE FROM t WHERE id = " + std::to_string(4000 + round));
    small->exec("UPDATE t SET n = -1 WHERE id = " + std::to_string(8000 + round));
    first->exec("UPDATE t SET n = 99 WHERE id BETWEEN 1 AND 2000; ROLLBACK TO a; SAVEPOINT b; DELETE FROM t WHERE id = " + n +
                "; RELEASE b; INSERT INTO t SELECT g, 1, 'new' FROM generate_series(10000 + " + n + " * 5000, 14999 + " + n + " * 5000) g");
    small->exec("UPDATE t SET n = n + 7 WHERE id BETWEEN 6500 AND 6510");
    second->exec("COMMIT");
    small->exec("UPDATE t SET n = n + 1 WHERE id = 4500");
    first->exec(round == 3 ? "ROLLBACK" : "COMMIT");
    small->exec("UPDATE t SET n = n + 1 WHERE id = 2500");
  }
  CHECK(plain.becomes_equal());
  CHECK(streamed.becomes_equal());
  CHECK(number("SELECT coalesce(sum(stream_count), 0) FROM pg_stat_replication_slots WHERE slot_name = 'tidemark_woven_on'") > 0);
  CHECK(number("SELECT coalesce(sum(stream_count), 0) FROM pg_stat_replication_slots WHERE slot_name = 'tidemark_woven_off'") == 0);
  CHECK(plain.stop() == 0);
  CHECK(streamed.stop() == 0);
}

TEST_CASE("a table that leaves the publication under load stops the pipeline, also when it comes back at once", "[history]") {
  for (const bool comes_back : {false, true}) {
    const std::string schema = comes_back ? "published2" : "published1";
    CAPTURE(schema);
    create_steady_table(source(), schema, 50);
    source().exec("CREATE TABLE " + schema + ".other (id int PRIMARY KEY); INSERT INTO " + schema + ".other VALUES (1)");
    LivePipeline pipeline(source(), nullptr, schema);
    pipeline.start();
    REQUIRE(pipeline.becomes_equal());
    SteadyWriter writer(source(), schema, 50, 3);
    const auto owner = source().superuser();
    const std::string alter = "ALTER PUBLICATION tidemark_" + schema, table = " TABLE ONLY " + schema + ".other";
    owner->exec(alter + " DROP" + table);
    source().exec("INSERT INTO " + schema + ".other VALUES (2)");
    if (comes_back) owner->exec(alter + " ADD" + table);
    stops_saying(pipeline, {"publication tidemark_" + schema, "copied anew"});
    if (comes_back) continue;
    pipeline.start();  // and it does not go on by itself
    stops_saying(pipeline, {schema + ".other"});
  }
}

TEST_CASE("a table that a new pattern includes is published and copied while the others go on", "[history]") {
  make("included",
       "CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text);"
       "INSERT INTO a SELECT g, 'v' FROM generate_series(1, 500) g; INSERT INTO b SELECT * FROM a");
  PipelineFile file;
  file.include = {"included.a"};
  file.name = "included";
  LivePipeline pipeline(source(), nullptr, "included", file);
  pipeline.start();
  REQUIRE(pipeline.reaches("streaming"));
  CHECK(pipeline.stop() == 0);
  source().exec("UPDATE included.a SET v = 'w'; UPDATE included.b SET v = 'w'");
  pipeline.settings().include = {"included.*"};
  pipeline.start();
  source().exec("UPDATE included.b SET v = 'x' WHERE id < 100; INSERT INTO included.b VALUES (1000, 'y')");
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);

  // what leaves is not published any more, and is copied anew when it comes back
  const std::string published =
      "SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_publication_tables WHERE pubname = 'tidemark_included'";
  CHECK(source().value(published) == "a,b");
  pipeline.settings().include = {"included.a"};
  pipeline.start();
  CHECK(wait_until(30s, [&] { return source().value(published) == "a"; }));
  source().exec("DELETE FROM included.b WHERE id = 1000; INSERT INTO included.a VALUES (1000, 'y')");
  REQUIRE(wait_until(30s, [&] { return pipeline.sink_number("SELECT count(*) FROM {t}", "a") == 501; }));
  CHECK(pipeline.stop() == 0);
  pipeline.sink_exec("DELETE FROM {t}", "b");
  pipeline.settings().include = {"included.*"};
  pipeline.start();
  CHECK(pipeline.becomes_equal());
  CHECK(source().value(published) == "a,b");
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("a slot that is in use elsewhere is waited for, one that was dropped stops the pipeline", "[history]") {
  make("slot", "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  LivePipeline pipeline(source(), nullptr, "slot");
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  // a second daemon of the same pipeline, with a sink and a state file of its own
  LivePipeline second(source(), nullptr, "slot");
  second.start();
  const bool said = wait_until(30s, [&] { return second.log_has("tidemark_slot") && second.log_has("in use by the server's process"); });
  INFO(second.daemon().log_tail());
  CHECK(said);
  second.daemon().kill9();
  source().exec("INSERT INTO slot.t VALUES (2)");
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);

  source().superuser()->exec("SELECT pg_drop_replication_slot('tidemark_slot')");
  pipeline.start();
  stops_saying(pipeline, {"no replication slot tidemark_slot", "tidemark drop"});
}

TEST_CASE("another cluster on the same address stops the pipeline", "[history]") {
  make("moved", "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  LivePipeline pipeline(source(), nullptr, "moved");
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
  PostgresOptions options = source_options();
  options.other_version = true;  // clusters of one version are copies of one template here, identifier and all
  PostgresServer other(options);
  other.exec("CREATE SCHEMA moved; CREATE TABLE moved.t (id int PRIMARY KEY)");
  pipeline.settings().source_port = other.port();
  pipeline.start();
  stops_saying(pipeline, {"system identifier", "connect to the server that it belongs to"});
}

TEST_CASE("a busy neighbour's log is not retained while nothing of ours changes", "[history]") {
  make("quiet", "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  make("busy", "CREATE TABLE t (id int, v text)");
  LivePipeline pipeline(source(), nullptr, "quiet");
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  REQUIRE(pipeline.reaches("streaming"));
  const std::string retained =
      "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), restart_lsn)::bigint FROM pg_replication_slots WHERE slot_name = "
      "'tidemark_quiet'";
  const long long begin = number("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint");
  const auto neighbour = source().client("busy");
  for (int i = 0; i < 36; ++i) {
    neighbour->exec("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 30000) g; TRUNCATE t");
  }
  CHECK(number("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint") - begin > 1000LL << 20);
  const bool below = wait_until(60s, [&] {
    source().superuser()->exec("CHECKPOINT");  // writes what the slot may begin with
    return number(retained) < 64 << 20;
  });
  INFO(number(retained));
  CHECK(below);
  source().exec("INSERT INTO quiet.t VALUES (2)");
  CHECK(pipeline.becomes_equal());
  CHECK_FALSE(pipeline.log_has("reconnect"));
  CHECK(pipeline.stop() == 0);
}

TEST_CASE("a sink that stands still for ten seconds does not cost the connection to the source", "[history]") {
  PostgresOptions options = source_options();
  options.extra.push_back("wal_sender_timeout=3s");
  PostgresServer server(options), sink;
  create_steady_table(server, "slow", 100);
  server.exec("CREATE TABLE slow.big (id int PRIMARY KEY, v text); INSERT INTO slow.big SELECT g, 'v' FROM generate_series(1, 400) g");
  PipelineFile file;
  file.daemon_yaml = "memory_limit: 64MiB";
  LivePipeline pipeline(server, &sink, "slow", file);
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  {
    SteadyWriter writer(server, "slow", 100, 5, 1);
    const auto holder = sink.client();
    holder->exec("BEGIN; LOCK TABLE slow.t IN ACCESS EXCLUSIVE MODE");
    for (int i = 0; i < 10; ++i) {  // more than the queue takes
      server.exec("UPDATE slow.big SET v = repeat(chr(65 + " + std::to_string(i) + "), 20000)");
      std::this_thread::sleep_for(1s);
    }
    holder->exec("COMMIT");
  }
  CHECK(pipeline.becomes_equal());
  const std::string log = read_file(server.log_file());
  CHECK(log.find("replication timeout") == std::string::npos);
  CHECK_FALSE(pipeline.log_has("reconnect"));
  CHECK(pipeline.stop() == 0);
}

/// `drop` at a terminal of its own, where somebody types `answer`; standard output and error together, and the exit status behind them.
std::string drop_answered(const std::string& answer, const std::string& config) {
  const TempDir work;
  const std::string drop = tidemark_binary() + " drop copied --json -c " + config;
  const std::string line = "(echo " + answer + "; sleep 1) | script -qec '" + drop + "' /dev/null >" + work.file("out") +
                           " 2>&1; echo \"exit $?\" >>" + work.file("out");
  CHECK(std::system(line.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe): one thread
  return read_file(work.file("out"));
}

TEST_CASE("snapshot copies and ends; what it leaves at the source is removed by drop", "[history]") {
  make("copied", "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 2000) g");
  LivePipeline pipeline(source(), nullptr, "copied");
  pipeline.write();
  const std::string slots = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'tidemark_copied'";
  const std::string publications = "SELECT count(*) FROM pg_publication WHERE pubname = 'tidemark_copied'";
  const Finished copy = run_tidemark({"snapshot", "copied", "-c", pipeline.config()});
  INFO(copy.out << copy.err);
  CHECK(copy.exit == 0);
  CHECK(pipeline.differences().empty());
  CHECK(number(slots) == 1);
  CHECK(number(publications) == 1);
  source().exec("INSERT INTO copied.t VALUES (-1, 'later')");
  pipeline.start();  // and a daemon goes on from there
  CHECK(pipeline.becomes_equal());
  CHECK(pipeline.stop() == 0);
  const std::string refused = drop_answered("n", pipeline.config());
  INFO(refused);
  CHECK(refused.find("[y/N]") != std::string::npos);
  CHECK(refused.find(R"("dropped":[])") != std::string::npos);
  CHECK(refused.find("exit 4") != std::string::npos);
  CHECK(number(slots) == 1);
  const Finished unasked = run_tidemark({"drop", "copied", "-c", pipeline.config()});
  CHECK(unasked.err.find("say --yes") != std::string::npos);
  CHECK(number(slots) == 1);
  const Finished drop = run_tidemark({"drop", "copied", "--yes", "-c", pipeline.config()});
  INFO(drop.out << drop.err);
  CHECK(drop.exit == 0);
  CHECK(number(slots) == 0);
  CHECK(number(publications) == 0);
}
