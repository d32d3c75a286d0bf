// The MySQL and MariaDB sink against real servers: what it refuses and how it says so, conflicts, deadlocks, lost sessions, a second
// writer, triggers and foreign keys.
#include <atomic>
#include <thread>

#include "integration/mysql_sink_fixture.h"
#include "servers/wait.h"

using namespace tidemark;
using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

SchemaRef numbers(const std::string& database) {
  return schema(database, "t", {column("id", ValueKind::int64, "int(11)"), column("v", ValueKind::int64, "int(11)")}, {0});
}

TableStep upserts(Rows& rows, std::vector<std::pair<int64_t, int64_t>> values) {
  TableStep step;
  for (const auto& [id, v] : values) step.upserts.push_back(rows.row({Value::int64(id), Value::int64(v)}));
  return step;
}

}  // namespace

TEST_CASE("a table that cannot take the rows is refused with its cure") {
  on_both([](MysqlFamilyServer& server) {
    server.exec(
        "CREATE DATABASE fit; CREATE TABLE fit.t (id INT PRIMARY KEY, v TINYINT NOT NULL, more INT NOT NULL);"
        "CREATE TABLE fit.plain (id INT PRIMARY KEY, v INT) ENGINE=MyISAM; CREATE VIEW fit.view AS SELECT 1 AS id, 2 AS v;"
        "CREATE TABLE fit.keyless (id INT, v INT)");
    auto sink = make_mysql_sink(sink_config(server));
    auto refusal = [&](const std::string& table) {
      auto s = std::make_shared<TableSchema>(*numbers("fit"));
      s->name.table = table;
      sink->open();
      sink->load_state("fit");
      return error_of([&] { sink->prepare("fit", {{s, "fit", table}}); });
    };
    const Error columns = refusal("t");
    CHECK(columns.kind() == ErrorKind::data);
    CHECK(columns.what_failed() == "preparing table fit.t");
    CHECK(columns.cause().find("column v") != std::string::npos);
    CHECK(columns.cause().find("column more is not at the source") != std::string::npos);
    CHECK(columns.hint().find("ALTER TABLE `fit`.`t` MODIFY `v`") != std::string::npos);
    CHECK(refusal("plain").hint() == "ALTER TABLE `fit`.`plain` ENGINE=InnoDB");
    CHECK(refusal("view").cause().find("not an ordinary table") != std::string::npos);
    CHECK(refusal("keyless").hint() == "ALTER TABLE `fit`.`keyless` ADD PRIMARY KEY (`id`)");
    CHECK(refusal(std::string(65, 'x')).kind() == ErrorKind::config);
    sink->open();
    sink->load_state("fit");
    const Error own = error_of([&] { sink->prepare("fit", {{numbers("fit"), "tidemark", "position"}}); });
    CHECK(own.kind() == ErrorKind::config);
  });
}

TEST_CASE("a deadlock is written again, and nothing of it is lost or doubled") {
  on_both([](MysqlFamilyServer& server) {
    MysqlTarget target(server, "deadlock", numbers("deadlock"));
    Rows rows;
    target.sink->write(batch_of(upserts(rows, {{1, 0}, {2, 0}, {3, 0}}), 100));
    // the other one has changed more, so that the server ends ours
    server.exec("CREATE TABLE deadlock.weight (id INT PRIMARY KEY AUTO_INCREMENT, v INT)");
    MysqlClient other = server.connect("deadlock");
    other.exec("BEGIN; INSERT INTO weight (v) VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10); UPDATE t SET v=50 WHERE id=2");
    SinkBatch batch = batch_of(upserts(rows, {{1, 7}}), 200);
    batch.steps.push_back(upserts(rows, {{2, 7}}));
    std::thread writer([&] { target.sink->write(batch); });
    const bool waits = wait_until(20s, [&] {
      return server.value("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='tidemark' AND COMMAND='Query' AND TIME>=1") ==
             "1";
    });
    CHECK(waits);
    other.exec("UPDATE t SET v=50 WHERE id=1");
    other.exec("COMMIT");
    writer.join();
    CHECK(server.value("SELECT GROUP_CONCAT(v ORDER BY id) FROM deadlock.t") == "7,7,0");
    CHECK(target.sink->load_state("deadlock").position == position_at(200));
  });
}

TEST_CASE("only one session writes a pipeline; a dead one of our own is ended") {
  on_both([](MysqlFamilyServer& server) {
    Rows rows;
    MysqlTarget first(server, "lock", numbers("lock_one"));
    // the same pipeline in this process: our former session, which is ended
    MysqlTarget second(server, "lock", numbers("lock_one"));
    second.sink->write(batch_of(upserts(rows, {{1, 1}}), 100));
    const Error lost = error_of([&] { first.sink->write(batch_of(upserts(rows, {{1, 2}}), 90)); });
    CHECK((lost.kind() == ErrorKind::sink_unavailable || lost.kind() == ErrorKind::commit_unknown));
    CHECK(server.value("SELECT v FROM lock_one.t") == "1");
    CHECK(second.sink->load_state("lock").position == position_at(100));
    // a stranger holds it
    second.sink.reset();
    MysqlClient stranger = server.connect();
    const std::string name = "CONCAT('tidemark ',LEFT(SHA2('tidemark\\nlock',256),40))";
    REQUIRE(wait_until(10s, [&] { return stranger.value(fmt::format("SELECT GET_LOCK({},1)", name)) == "1"; }));
    first.sink->open();
    const Error busy = error_of([&] { first.sink->load_state("lock"); });
    CHECK(busy.kind() == ErrorKind::busy);
    CHECK(busy.hint().find(fmt::format("KILL {}", stranger.thread_id())) != std::string::npos);
  });
}

TEST_CASE("what the server refuses is named by kind, without row values") {
  on_both([](MysqlFamilyServer& server) {
    server.exec("CREATE DATABASE refuse; CREATE TABLE refuse.t (id INT PRIMARY KEY, v INT, CONSTRAINT small CHECK (v < 1000))");
    MysqlTarget target(server, "refuse", numbers("refuse"));
    Rows rows;
    auto failure = [&](TableStep step) {
      const Error error = error_of([&] { target.sink->write(batch_of(std::move(step))); });
      CHECK(std::string(error.what()).find("4711") == std::string::npos);
      target.reopen();
      target.sink->prepare("refuse", {{target.table, "refuse", "t"}});
      return error;
    };
    CHECK(failure(upserts(rows, {{1, 4711}})).kind() == ErrorKind::data);
    TableStep plain;
    for (int64_t i = 0; i < 100; ++i) plain.load.push_back(rows.row({Value::int64(i), Value::int64(i == 50 ? 4711 : i)}));
    plain.load_plain = true;
    CHECK(failure(plain).kind() == ErrorKind::data);
    CHECK(server.value("SELECT COUNT(*) FROM refuse.t") == "0");
    // a plain load meets a row: LOCAL makes the server pass over it, which must not go unseen
    server.exec("INSERT INTO refuse.t VALUES (4711, 1)");
    TableStep meets;
    for (int64_t i = 4700; i < 4800; ++i) meets.load.push_back(rows.row({Value::int64(i), Value::int64(2)}));
    meets.load_plain = true;
    CHECK(failure(meets).kind() == ErrorKind::sink_conflict);
    CHECK(server.value("SELECT COUNT(*) FROM refuse.t") == "1");
    // a read-only server
    server.exec(server.engine() == "mysql" ? "SET GLOBAL super_read_only=1" : "SET GLOBAL read_only=1");
    const Error error = error_of([&] { target.sink->write(batch_of(upserts(rows, {{1, 1}}))); });
    server.exec(server.engine() == "mysql" ? "SET GLOBAL super_read_only=0; SET GLOBAL read_only=0" : "SET GLOBAL read_only=0");
    CHECK(error.kind() == ErrorKind::server_settings);
    CHECK(error.hint().find("primary") != std::string::npos);
  });
}

TEST_CASE("foreign keys of the target do not stop rows that arrive in another order, and do not cascade; triggers fire") {
  on_both([](MysqlFamilyServer& server) {
    server.exec(
        "CREATE DATABASE keys_; USE keys_; CREATE TABLE parent (id INT PRIMARY KEY);"
        "CREATE TABLE t (id INT PRIMARY KEY, v INT, FOREIGN KEY (v) REFERENCES parent (id) ON DELETE CASCADE);"
        "CREATE TABLE seen (id INT); CREATE TRIGGER tell AFTER INSERT ON t FOR EACH ROW INSERT INTO seen VALUES (NEW.id)");
    SchemaRef parent = schema("keys_", "parent", {column("id", ValueKind::int64, "int(11)")}, {0});
    auto sink = make_mysql_sink(sink_config(server));
    sink->open();
    sink->load_state("keys");
    sink->prepare("keys", {{numbers("keys_"), "keys_", "t"}, {parent, "keys_", "parent"}});
    Rows rows;
    sink->write(batch_of(upserts(rows, {{1, 10}}), 100));  // the child first
    TableStep other;
    other.table = 1;
    other.upserts = {rows.row({Value::int64(10)})};
    sink->write(batch_of(other, 200));
    other.upserts.clear();
    other.deletes = {rows.row({Value::int64(10)})};
    sink->write(batch_of(other, 300));
    CHECK(server.value("SELECT CONCAT((SELECT COUNT(*) FROM keys_.t), (SELECT COUNT(*) FROM keys_.parent), (SELECT COUNT(*) FROM "
                       "keys_.seen))") == "101");
  });
}

TEST_CASE("a server that goes away under COMMIT leaves the outcome open, and the position row tells") {
  on_both([](MysqlFamilyServer& server) {
    MysqlTarget target(server, "gone", numbers("gone"));
    Rows rows;
    target.sink->write(batch_of(upserts(rows, {{1, 1}}), 100));
    target.sink->check_alive();
    server.exec("KILL " + server.value("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='tidemark' ORDER BY ID DESC LIMIT 1"));
    CHECK(wait_until(5s, [&] { return error_of([&] { target.sink->check_alive(); }).kind() == ErrorKind::sink_unavailable; }));
    target.reopen();
    // a COMMIT that waits: the server is stopped under it, and asked afterwards
    server.exec("FLUSH TABLES WITH READ LOCK");
    std::thread writer([&] {
      const Error error = error_of([&] { target.sink->write(batch_of(upserts(rows, {{1, 2}}), 200)); });
      CHECK((error.kind() == ErrorKind::commit_unknown || error.kind() == ErrorKind::interrupted));
    });
    std::this_thread::sleep_for(500ms);
    target.sink->cancel();
    writer.join();
    server.exec("UNLOCK TABLES");
    target.reopen();
    const bool committed = target.sink->load_state("gone").position == position_at(200);
    CHECK(server.value("SELECT v FROM gone.t") == (committed ? "2" : "1"));
  });
}
