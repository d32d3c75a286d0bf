// `tidemark verify` on real servers: differences that somebody planted in the sink are all found, by key and kind; equal sides are called
// equal, also while both are written to; a sink that stands behind is said to, and soon.
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>

#include "servers/mariadb_server.h"
#include "servers/postgres_server.h"
#include "servers/sqlite_file.h"
#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pipeline_view.h"
#include "workload/sink_target.h"

using namespace tidemark::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr auto kPatience = 60s;

constexpr const char* kTables =
    "CREATE DATABASE d CHARACTER SET utf8mb4; USE d;"
    "CREATE TABLE plain (id INT PRIMARY KEY, v VARCHAR(30), f FLOAT, x DOUBLE, n DECIMAL(10,2));"
    "INSERT INTO plain SELECT seq, CONCAT('row ', seq), 0.1, 0.1, seq / 4 FROM seq_1_to_3000;"
    "UPDATE plain SET v = '' WHERE id = 6; UPDATE plain SET v = NULL WHERE id = 7; UPDATE plain SET v = 'tail' WHERE id = 10;"
    "CREATE TABLE words (k VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, v INT);"
    "INSERT INTO words VALUES ('abc', 1), ('Def', 2), ('ghi', 3);"
    "CREATE TABLE pairs (a INT, b VARBINARY(8), v INT, PRIMARY KEY (a, b)); INSERT INTO pairs VALUES (1, x'00ff', 1), (1, x'00fe', 2);"
    "CREATE TABLE nokey (a INT, b VARCHAR(20)); INSERT INTO nokey VALUES (1, 'twice'), (1, 'twice'), (2, 'two'), (3, NULL), (4, 'four');"
    "CREATE TABLE same (id INT PRIMARY KEY, v INT); INSERT INTO same SELECT seq, seq FROM seq_1_to_100";

/// A daemon that has copied kTables, and both ends.
class Copied {
 public:
  explicit Copied(bool postgres) : server_(postgres ? std::make_unique<PostgresServer>() : nullptr), sink_(directory_, server_.get()) {
    source.exec(kTables);
    PipelineFile file;
    file.include = {"d.*"};
    config = sink_.configure(source, file);
    start();
    const bool copied = wait_until(kPatience, [&] { return !daemon->running() || view_pipeline(config).copied(); });
    INFO(daemon->log_tail());
    REQUIRE(copied);
  }

  void start() { daemon = std::make_unique<TidemarkProcess>(directory_, config); }
  /// `table` as the sink spells it.
  std::string at_sink(const std::string& table) const { return server_ ? "d." + table : table; }
  void plant(const std::string& sql) {
    if (server_) {
      server_->exec(sql);
    } else {
      SqliteFile(sqlite_path(directory_)).exec(sql);
    }
  }
  Finished verify(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"verify", "shop", "-c", config};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tidemark(arguments, 180s);
  }

  MariadbServer source;
  std::string config;
  std::unique_ptr<TidemarkProcess> daemon;

 private:
  TempDir directory_;
  std::unique_ptr<PostgresServer> server_;
  SinkTarget sink_;
};

/// "kind key columns" of every difference of a table.
std::set<std::string> findings(const json& report, const std::string& table) {
  std::set<std::string> out;
  for (const json& t : report["tables"]) {
    if (t["source"] != table) continue;
    for (const json& key : t["keys"]) {
      std::string line = key["kind"].get<std::string>() + " " + key["key"].get<std::string>();
      for (const json& column : key["columns"]) line += " " + column.get<std::string>();
      out.insert(line);
    }
  }
  return out;
}

json verdict_on(const json& report, const std::string& table) {
  for (const json& t : report["tables"]) {
    if (t["source"] == table) return t;
  }
  return {};
}

void plant_differences(Copied& copied) {
  const std::string plain = copied.at_sink("plain"), words = copied.at_sink("words"), nokey = copied.at_sink("nokey");
  copied.plant("DELETE FROM " + plain + " WHERE id = 3");
  copied.plant("INSERT INTO " + plain + " (id, v) VALUES (-100, 'extra')");
  copied.plant("UPDATE " + plain + " SET n = '2.75' WHERE id = 5");
  copied.plant("UPDATE " + plain + " SET v = NULL WHERE id = 6");
  copied.plant("UPDATE " + plain + " SET v = '' WHERE id = 7");
  copied.plant("UPDATE " + plain + " SET f = 0.10000000894069672 WHERE id = 8");
  copied.plant("UPDATE " + plain + " SET x = 0.10000000000000002 WHERE id = 9");
  copied.plant("UPDATE " + plain + " SET v = 'tail ' WHERE id = 10");
  copied.plant("UPDATE " + plain + " SET v = 'ROW 2999', x = 0 WHERE id = 2999");
  copied.plant("UPDATE " + words + " SET k = 'ABC' WHERE k = 'abc'");
  copied.plant("UPDATE " + words + " SET k = 'ghi ' WHERE k = 'ghi'");
  copied.plant("DELETE FROM " + copied.at_sink("pairs") + " WHERE v = 1");
  copied.plant("UPDATE " + nokey + " SET b = 'TWO' WHERE a = 2");
  copied.plant("UPDATE " + nokey + " SET b = '' WHERE a = 3");
  const std::string row = copied.at_sink("x") == "x" ? "rowid" : "ctid";
  copied.plant("DELETE FROM " + nokey + " WHERE " + row + " = (SELECT min(" + row + ") FROM " + nokey + " WHERE a = 1)");
}

void check_planted(Copied& copied) {
  CHECK(copied.verify().exit == 0);
  plant_differences(copied);
  const Finished as_json = copied.verify({"--json"});
  INFO(as_json.out << as_json.err);
  REQUIRE(as_json.exit == 4);
  const json report = json::parse(as_json.out);
  CHECK(report["equal"] == false);
  CHECK(findings(report, "d.plain") == std::set<std::string>{"missing 3", "extra -100", "different 5 n", "different 6 v", "different 7 v",
                                                             "different 8 f", "different 9 x", "different 10 v", "different 2999 v x"});
  CHECK(findings(report, "d.words") == std::set<std::string>{"missing 'abc'", "extra 'ABC'", "missing 'ghi'", "extra 'ghi '"});
  CHECK(findings(report, "d.pairs") == std::set<std::string>{"missing (1, 0x00ff)"});
  CHECK(verdict_on(report, "d.nokey")["missing"] == 3);
  CHECK(verdict_on(report, "d.nokey")["extra"] == 2);
  CHECK(verdict_on(report, "d.same")["equal"] == true);
  CHECK(verdict_on(report, "d.plain")["unsettled"] == 0);

  const Finished text = copied.verify();
  INFO(text.out << text.err);
  CHECK(text.exit == 4);
  for (const char* line : {"missing    3\n", "extra      -100\n", "different  8   in f\n", "different  2999   in v, x\n", "'ABC'", "'ghi '",
                           "(1, 0x00ff)", "DIFFERENT"}) {
    CAPTURE(line);
    CHECK(text.out.find(line) != std::string::npos);
  }
  for (const char* value : {"tail", "twice", "ROW 2999", "2.75"}) {  // other values than keys are nobody's business
    CAPTURE(value);
    CHECK(text.out.find(value) == std::string::npos);
  }
  CHECK(copied.verify({"--table", "d.same"}).exit == 0);
  CHECK(copied.verify({"--table", "nokey"}).exit == 4);
  CHECK(copied.daemon->stop() == 0);
}

}  // namespace

TEST_CASE("verify finds every planted difference in PostgreSQL", "[verify]") {
  Copied copied(true);
  check_planted(copied);
}

TEST_CASE("verify finds every planted difference in SQLite", "[verify]") {
  Copied copied(false);
  check_planted(copied);
}

TEST_CASE("verify says equal while writers run and the daemon streams; it suggests names; a sink that stands behind is said to",
          "[verify]") {
  Copied copied(true);
  const Finished unknown = copied.verify({"--table", "d.plane"});
  CHECK(unknown.exit == 2);
  CHECK(unknown.err.find("did you mean 'd.plain'") != std::string::npos);

  std::atomic<bool> writing{true};
  std::atomic<uint64_t> written{0};
  std::thread writer([&, client = copied.source.connect("d")]() mutable {
    for (uint64_t i = 0; writing; ++i, ++written) {
      const std::string id = std::to_string(i % 3000 + 1), other = std::to_string(10000 + i % 500);
      client.exec("BEGIN; UPDATE plain SET v = 'version " + std::to_string(i) + "' WHERE id = " + id +
                  "; REPLACE INTO plain (id, v) VALUES (" + other +
                  ", 'new'); DELETE FROM plain WHERE id = " + std::to_string(10000 + (i + 250) % 500) + "; " +
                  (i % 16 == 0 ? "UPDATE words SET v = v + 1; INSERT INTO nokey VALUES (5, 'five'); " : "") + "COMMIT");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));  // rows that never rest: verify_hot_rows_test.cpp
    }
  });
  for (int round = 0; round < 2 || written < 50; ++round) {
    const Finished live = copied.verify();
    INFO(live.out << live.err);
    CHECK(live.exit == 0);
  }
  writing = false;
  writer.join();
  CHECK(copied.daemon->stop() == 0);

  for (const char* table : {"plain", "same"}) copied.source.exec(std::string("DELETE FROM d.") + table + " WHERE id < 50");
  copied.source.exec("UPDATE d.words SET v = -1; UPDATE d.pairs SET v = -1; INSERT INTO d.nokey VALUES (6, 'six')");
  const auto start = std::chrono::steady_clock::now();
  const Finished behind = copied.verify({"--settle", "6s"});
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  INFO(behind.out << behind.err);
  CHECK(behind.exit == 4);
  CHECK(behind.out.find("does not move") != std::string::npos);
  CHECK(seconds < 18);  // waited for once, not for each of five tables

  copied.start();
  const Finished after = copied.verify();
  INFO(after.out << after.err);
  CHECK(after.exit == 0);
  CHECK(copied.daemon->stop() == 0);
}
