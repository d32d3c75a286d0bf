// `tidemark verify` while some rows never rest: updated as fast as a client can, inserted and deleted, moved to other keys. It comes to a
// verdict for every row: equal where they are, and a difference planted in a row that changes all the time is found.
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "servers/live_pipeline.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr const char* kTables =
    "CREATE TABLE hot (id INT PRIMARY KEY, n BIGINT NOT NULL, fixed VARCHAR(20) NOT NULL);"
    "INSERT INTO hot VALUES (1, 0, 'one'), (2, 0, 'two'), (3, 0, 'three'), (200, 0, 'moves'), (999, 0, 'rests');"
    "CREATE TABLE words (k VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, n BIGINT NOT NULL, fixed TEXT);"
    "INSERT INTO words VALUES ('Abc', 0, 'a'), ('rests', 0, 'r');"
    "CREATE TABLE nokey (a INT, n BIGINT); INSERT INTO nokey VALUES (1, 0), (2, 0), (2, 0), (3, 0)";

/// Clients that write without a rest, until it is destroyed.
class HotWriters {
 public:
  HotWriters(MysqlFamilyServer& server, const std::string& image) {
    write(server, image, {"UPDATE hot SET n = n + 1 WHERE id = 1"});
    write(server, image, {"UPDATE hot SET n = n + 1 WHERE id = 2", "UPDATE words SET n = n + 1 WHERE k = 'Abc'"});
    write(server, image,
          {"INSERT INTO hot VALUES (100, 1, 'comes and goes'), (101, 1, 'too')", "UPDATE hot SET n = 2 WHERE id = 101",
           "DELETE FROM hot WHERE id IN (100, 101)", "UPDATE hot SET id = 201 WHERE id = 200", "UPDATE nokey SET n = n + 1 WHERE a < 3",
           "UPDATE hot SET n = n + 1, id = 200 WHERE id = 201", "INSERT INTO nokey VALUES (4, 4)", "DELETE FROM nokey WHERE a = 4"});
  }
  ~HotWriters() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  uint64_t statements() const { return statements_; }

 private:
  void write(MysqlFamilyServer& server, const std::string& image, std::vector<std::string> statements) {
    threads_.emplace_back([this, client = server.connect("d"), image, statements = std::move(statements)]() mutable {
      client.exec("SET SESSION binlog_row_image = " + image);
      const bool moves_partial_rows = image == "MINIMAL" && statements.size() > 2;
      for (size_t i = 0; !stop_ || i != 0; i = (i + 1) % statements.size(), ++statements_) {
        client.exec(statements[i]);
        if (moves_partial_rows) std::this_thread::sleep_for(2ms);  // the sink does them one by one, and would fall behind without end
      }
    });
  }
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> statements_{0};
  std::vector<std::thread> threads_;
};

struct Outcome {
  int exit = -1;
  std::set<std::string> findings;  // "kind key columns" of the tables with a key
  json report;
};

Outcome verify(LivePipeline& pipeline, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"verify", "d", "--json", "-c", pipeline.config()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Finished finished = run_tidemark(arguments, 180s);
  INFO(finished.out << finished.err);
  Outcome outcome;
  outcome.exit = finished.exit;
  REQUIRE((finished.exit == 0 || finished.exit == 4));
  outcome.report = json::parse(finished.out);
  for (const json& table : outcome.report["tables"]) {
    CHECK(table["note"].get<std::string>().find("does not move") == std::string::npos);
    for (const json& key : table["keys"]) {
      std::string line = key["kind"].get<std::string>() + " " + key["key"].get<std::string>();
      for (const json& column : key["columns"]) line += " " + column.get<std::string>();
      outcome.findings.insert(line);
    }
  }
  return outcome;
}

/// From now on the sink itself spoils what comes: row 1 gets another value in a column that the source does not change, row 2 vanishes.
void plant(LivePipeline& pipeline, bool postgres) {
  if (postgres) {
    pipeline.sink_exec(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = 2 THEN RETURN NULL; END IF; "
        "IF NEW.id = 1 THEN NEW.fixed := 'planted'; END IF; RETURN NEW; END $$; "
        "CREATE TRIGGER spoil BEFORE INSERT OR UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION spoil(); "
        "ALTER TABLE {t} ENABLE ALWAYS TRIGGER spoil",
        "hot");
  } else {
    for (const std::string when : {"INSERT", "UPDATE"}) {
      pipeline.sink_exec("CREATE TRIGGER vanish_" + when + " AFTER " + when +
                             " ON {t} WHEN NEW.id = 2 BEGIN DELETE FROM {t} WHERE id = 2; END; CREATE TRIGGER spoil_" + when + " AFTER " +
                             when + " ON {t} WHEN NEW.id = 1 BEGIN UPDATE {t} SET fixed = 'planted' WHERE id = 1; END",
                         "hot");
    }
  }
  pipeline.sink_exec("DELETE FROM {t} WHERE id = 2", "hot");
  pipeline.sink_exec("UPDATE {t} SET fixed = 'planted' WHERE id = 1", "hot");
  pipeline.sink_exec("DELETE FROM {t} WHERE a = 3", "nokey");
}

void settles(MysqlFamilyServer& source, PostgresServer* sink, const std::string& image = "FULL") {
  CAPTURE(source.engine(), sink != nullptr, image);
  source.exec("CREATE DATABASE d CHARACTER SET utf8mb4");
  source.connect("d").exec(kTables);
  LivePipeline pipeline(source, sink, "d");
  pipeline.start();
  REQUIRE(pipeline.becomes_equal());
  {
    HotWriters writers(source, image);
    for (int round = 0; round < 5; ++round) {
      const Outcome live = verify(pipeline);
      INFO(live.report.dump(1));
      CHECK(live.exit == 0);
      CHECK(live.report["seconds"] < 90);  // three tables that waited for their rows to rest would take that
    }
    if (image == "FULL") CHECK(verify(pipeline, {"--settle", "0s"}).exit == 0);
    CHECK(writers.statements() > 1000);

    if (image == "FULL") {
      plant(pipeline, sink != nullptr);
    } else {  // a change does not touch what it does not name
      pipeline.sink_exec("UPDATE {t} SET fixed = 'planted' WHERE id = 1", "hot");
    }
    for (int round = 0; round < 3; ++round) {
      const Outcome spoilt = verify(pipeline);
      INFO(spoilt.report.dump(1));
      CHECK(spoilt.exit == 4);
      CHECK(spoilt.report["seconds"] < 90);
      if (image == "FULL") {
        CHECK(spoilt.findings == std::set<std::string>{"different 1 fixed", "missing 2"});
        CHECK(spoilt.report["tables"][1]["missing"] == 1);
        CHECK(spoilt.report["tables"][1]["extra"] == 0);
      } else {
        CHECK(spoilt.findings == std::set<std::string>{"different 1 fixed"});
      }
    }
  }
  CHECK(pipeline.state() == "streaming");  // the daemon's own stream was not disturbed
  CHECK_FALSE(pipeline.log_has("reconnect"));
  CHECK(pipeline.stop() == 0);
}

}  // namespace

TEST_CASE("verify comes to a verdict for rows that never rest: MariaDB into PostgreSQL", "[verify]") {
  MariadbServer source;
  PostgresServer sink;
  settles(source, &sink);
}

TEST_CASE("verify comes to a verdict for rows that never rest: MariaDB with partial row images into SQLite", "[verify]") {
  MariadbServer source;
  settles(source, nullptr, "MINIMAL");
}

TEST_CASE("verify comes to a verdict for rows that never rest: MySQL with GTIDs and partial row images into PostgreSQL", "[verify]") {
  MysqlServer source;
  PostgresServer sink;
  settles(source, &sink, "MINIMAL");
}

TEST_CASE("verify comes to a verdict for rows that never rest: MySQL with GTIDs into SQLite", "[verify]") {
  MysqlServer source;
  settles(source, nullptr);
}

TEST_CASE("verify comes to a verdict for rows that never rest: MySQL without GTIDs into PostgreSQL", "[verify]") {
  MysqlOptions options;
  options.gtid = false;
  MysqlServer source(options);
  PostgresServer sink;
  settles(source, &sink);
}
