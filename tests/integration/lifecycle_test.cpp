// Starting, stopping, being stopped harder, losing the state file or the sink, and meeting another daemon.
#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "integration/both_sinks.h"
#include "servers/postgres_server.h"
#include "servers/sqlite_file.h"
#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/ledger_place.h"
#include "workload/pipeline_view.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr int kBusy = 75, kData = 65;

/// Keeps tidemark from writing to the ledger's copy: a lock on the table in PostgreSQL, a write transaction in SQLite.
class Blockade {
 public:
  Blockade(const TempDir& directory, PostgresServer* server) {
    if (server) {
      postgres_ = std::make_unique<PostgresClient>(server->connect());
      postgres_->exec("BEGIN; LOCK TABLE d.ledger IN ACCESS EXCLUSIVE MODE");
    } else {
      sqlite_ = std::make_unique<SqliteFile>(sqlite_path(directory));
      sqlite_->exec("BEGIN IMMEDIATE");
    }
  }

 private:
  std::unique_ptr<PostgresClient> postgres_;
  std::unique_ptr<SqliteFile> sqlite_;
};

/// Holds the lock of the running pipeline, as another tidemark would that came while its connection was lost.
class Taken {
 public:
  explicit Taken(PostgresServer& server) : client_(server.connect()) {
    // it stands in line before the pipeline loses its connection
    std::thread waits([&] { client_.exec("SELECT pg_advisory_lock(hashtextextended('tidemark pipeline \"tidemark\" shop', 0))"); });
    const bool stands_in_line =
        wait_until(20s, [&] { return server.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == "1"; });
    server.exec(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM "
        "pg_database WHERE datname = current_database())");
    waits.join();
    REQUIRE(stands_in_line);
  }

 private:
  PostgresClient client_;
};

}  // namespace

TEST_CASE("SIGTERM under load: what was read is applied, exit 0, and on without loss", "[lifecycle]") {
  into_both([](PostgresServer* server) {
    LedgerPlace place(server);
    const auto watcher = place.watch();
    LedgerWriters writers(place.source, 7, 1);
    for (int round = 0; round < 4; ++round) {
      TidemarkProcess daemon = place.start();
      REQUIRE(place.wait_for_copy());
      REQUIRE(wait_until(20s, [&] { return place.sink.ledger_rows() > 0; }));
      const uint64_t read = place.count->at(view_pipeline(place.config).position_read).value();
      const auto before = std::chrono::steady_clock::now();
      CHECK(daemon.stop(20s) == 0);
      INFO(daemon.log_tail());
      CHECK(std::chrono::steady_clock::now() - before < 15s);
      CHECK(read > 0);
      CHECK(place.transactions_saved() >= read);
      CHECK(place.sink.ledger_rows() == place.transactions_saved());
      CHECK(daemon.log().find("stopped") != std::string::npos);
      CHECK(daemon.log().find(" started: 1 pipeline, ") != std::string::npos);
    }
    writers.finish();
    CHECK(place.go_on() == kNoDifference);
    watcher->stop();
    CHECK(watcher->findings() == kNoDifference);
    CHECK(watcher->copied());
  });
}

TEST_CASE("a second SIGTERM drops the batch that the sink does not take, and nothing is lost", "[lifecycle]") {
  into_both([](PostgresServer* server) {
    LedgerPlace place(server);
    TidemarkProcess daemon = place.start();
    REQUIRE(place.wait_for_copy());
    REQUIRE(place.sink.differences_after(20s, place.source) == kNoDifference);
    {
      const Blockade blockade(place.directory, server);
      place.source.exec("INSERT INTO d.ledger VALUES (1, 1, 5)");
      std::this_thread::sleep_for(500ms);
      daemon.signal(SIGTERM);
      CHECK_FALSE(daemon.wait(1500ms));  // it waits for the sink
      daemon.signal(SIGTERM);
      const auto ended = daemon.wait(8s);
      INFO(daemon.log_tail());
      REQUIRE(ended);
      CHECK(*ended == 0);
      CHECK(daemon.log().find("drop the batch") != std::string::npos);
    }
    // PostgreSQL may have had the COMMIT already; either way position and data agree
    CHECK(place.sink.ledger_rows() == place.transactions_saved());
    if (!server) CHECK(place.sink.ledger_rows() == 0);
    CHECK(place.go_on() == kNoDifference);
    CHECK(place.sink.ledger_rows() == 1);
  });
}

TEST_CASE("shutdown_timeout ends what SIGTERM began", "[lifecycle]") {
  PostgresServer server;
  LedgerPlace place(&server);
  place.pipeline.daemon_yaml = "shutdown_timeout: 2s";
  place.configure();
  TidemarkProcess daemon = place.start();
  REQUIRE(place.wait_for_copy());
  {
    const Blockade blockade(place.directory, &server);
    place.source.exec("INSERT INTO d.ledger VALUES (1, 1, 5)");
    std::this_thread::sleep_for(500ms);
    CHECK(daemon.stop(15s) == 0);
    CHECK(daemon.log().find("shutdown_timeout is over") != std::string::npos);
  }
  CHECK(place.go_on() == kNoDifference);
}

TEST_CASE("SIGTERM during the copy: finished chunks stay, and are not copied again", "[lifecycle]") {
  into_both([](PostgresServer* server) {
    LedgerPlace place(server);
    const auto watcher = place.watch();
    LedgerWriters writers(place.source, 8, 5);
    size_t records = 0;
    for (int round = 0; round < 3; ++round) {
      TidemarkProcess daemon = place.start("chunk.after_read=sleep:40");
      REQUIRE(wait_until(30s, [&] { return watcher->chunks_done() >= records + 8; }));
      CHECK(daemon.stop(20s) == 0);
      const size_t now = place.sink.finish_records();
      CHECK(now > records);
      records = now;
    }
    writers.finish();
    CHECK_FALSE(watcher->copied());
    {
      TidemarkProcess daemon = place.start();
      REQUIRE(place.wait_for_copy());
      // what the last session copied is what the sessions before it had not; the progress is that of all of them
      const PipelineView view = view_pipeline(place.config);
      CHECK(view.chunks_resumed == records);
      CHECK(view.chunks_done == place.sink.finish_records());
      CHECK(view.rows_copied >= 1500 + 800 + 200 + 40 + kAccounts);
      CHECK(daemon.stop() == 0);
    }
    CHECK(place.go_on() == kNoDifference);
    watcher->stop();
    CHECK(watcher->findings() == kNoDifference);
  });
}

TEST_CASE("a lost state file is rebuilt from the sink", "[lifecycle]") {
  into_both([](PostgresServer* server) {
    LedgerPlace place(server);
    const auto watcher = place.watch();
    LedgerWriters writers(place.source, 9, 3);
    auto lose = [&] {
      for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(state_path(place.directory) + suffix);
    };
    {
      TidemarkProcess daemon = place.start("chunk.after_read=sleep:40");
      REQUIRE(wait_until(30s, [&] { return watcher->chunks_done() >= 8; }));
      daemon.kill9();
    }
    lose();  // during the copy
    {
      TidemarkProcess daemon = place.start();
      REQUIRE(place.wait_for_copy());
      CHECK(daemon.log().find("rebuilt from the sink") != std::string::npos);
      CHECK(daemon.stop() == 0);
    }
    lose();  // during the stream
    writers.finish();
    CHECK(place.go_on() == kNoDifference);
    watcher->stop();
    CHECK(watcher->findings() == kNoDifference);
  });
}

TEST_CASE("a lost sink stops the pipeline, which does not start anew by itself", "[lifecycle]") {
  into_both([](PostgresServer* server) {
    LedgerPlace place(server);
    CHECK(place.go_on() == kNoDifference);
    if (server) {
      server->exec("DROP SCHEMA d CASCADE; DROP SCHEMA tidemark CASCADE");
    } else {
      for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(sqlite_path(place.directory) + suffix);
    }
    TidemarkProcess daemon = place.start();
    const auto ended = daemon.wait(20s);
    INFO(daemon.log_tail());
    CHECK(ended == kData);
    CHECK(daemon.log().find("the sink knows nothing of it") != std::string::npos);
    CHECK(daemon.log().find("move the state file") != std::string::npos);
    std::filesystem::rename(state_path(place.directory), place.directory.file("state.old"));  // what the hint says
    CHECK(place.go_on() == kNoDifference);
  });
}

TEST_CASE("a second daemon is refused, on the same state file and on the same pipeline in the sink", "[lifecycle]") {
  into_both([](PostgresServer* server) {
    LedgerPlace place(server);
    TidemarkProcess daemon = place.start();
    REQUIRE(place.wait_for_copy());
    const Finished same_state = run_tidemark({"run", "-c", place.config});
    INFO(same_state.err);
    CHECK(same_state.exit == kBusy);
    CHECK(same_state.err.find(fmt::format("pid {}", daemon.pid())) != std::string::npos);
    CHECK(same_state.err.find("hint: ") != std::string::npos);

    const std::string other = read_file(place.config);
    auto replaced = [](std::string text, const std::string& from, const std::string& to) {
      return text.replace(text.find(from), from.size(), to);
    };
    const std::string config =
        place.directory.write("other.yaml", replaced(replaced(other, state_path(place.directory), place.directory.file("other.db")),
                                                     socket_path(place.directory), place.directory.file("other.sock")));
    const Finished same_sink = run_tidemark({"run", "-c", config});
    INFO(same_sink.err);
    CHECK(same_sink.exit == kBusy);
    CHECK(same_sink.err.find("another tidemark") != std::string::npos);
    CHECK(same_sink.err.find("hint: ") != std::string::npos);

    place.source.exec("INSERT INTO d.ledger VALUES (1, 1, 5)");  // the first one is not disturbed
    CHECK(place.sink.differences_after(20s, place.source) == kNoDifference);
    CHECK(daemon.stop() == 0);
  });
}

TEST_CASE("a pipeline that runs waits for a sink that another tidemark has taken", "[lifecycle]") {
  PostgresServer server;
  LedgerPlace place(&server, "retry: {initial: 100ms, max: 500ms}");
  TidemarkProcess daemon = place.start();
  REQUIRE(place.wait_for_copy());
  {
    const Taken other(server);
    place.source.exec("INSERT INTO d.ledger VALUES (1, 1, 5)");
    const bool waits = wait_until(40s, [&] { return view_pipeline(place.config).error.find("another tidemark") != std::string::npos; });
    INFO(daemon.log_tail());
    REQUIRE(waits);
    CHECK(view_pipeline(place.config).state == "reconnecting");
    CHECK(daemon.running());
    CHECK(daemon.log().find("hint: stop the other one") != std::string::npos);
  }
  CHECK(place.sink.differences_after(40s, place.source) == kNoDifference);
  CHECK(daemon.stop() == 0);
}

TEST_CASE("rows that are in the target already stop a new pipeline, unless it is told to keep them", "[lifecycle]") {
  into_both([](PostgresServer* server) {
    LedgerPlace place(server);
    if (!server) place.directory.write("sink.db", "");
    if (server) server->exec("CREATE SCHEMA d AUTHORIZATION tidemark; SET ROLE tidemark");
    const std::string strict = server ? "" : " STRICT";
    place.sink.exec("CREATE TABLE {}account (id integer PRIMARY KEY, balance " + std::string(server ? "bigint" : "integer") + " NOT NULL)" +
                    strict);
    place.sink.exec("INSERT INTO {}account VALUES (3, 77), (5000, 88)");
    {
      TidemarkProcess daemon = place.start();
      const auto ended = daemon.wait(20s);
      INFO(daemon.log_tail());
      CHECK(ended == kData);
      CHECK(daemon.log().find("already has rows") != std::string::npos);
      CHECK(daemon.log().find("existing_rows: keep") != std::string::npos);
    }
    CHECK(place.sink.value("balance", "d", "account", "id = 3") == "77");
    place.pipeline.pipeline_yaml += "\nexisting_rows: keep";
    place.configure();
    TidemarkProcess daemon = place.start();
    REQUIRE(place.wait_for_copy());
    INFO(daemon.log_tail());
    CHECK(place.sink.value("balance", "d", "account", "id = 3") == std::to_string(kOpeningBalance));
    CHECK(place.sink.value("balance", "d", "account", "id = 5000") == "88");
    place.source.exec("DELETE FROM d.account WHERE id = 3");
    place.sink.exec("DELETE FROM {}account WHERE id = 5000");
    CHECK(place.sink.differences_after(20s, place.source) == kNoDifference);
    CHECK(daemon.stop() == 0);
  });
}

TEST_CASE("stop: latest ends by itself where the log ended at the start", "[lifecycle]") {
  into_both([](PostgresServer* server) {
    LedgerPlace place(server, "stop: latest");
    TidemarkProcess daemon = place.start();
    const auto ended = daemon.wait(60s);
    INFO(daemon.log_tail());
    CHECK(ended == 0);
    CHECK(place.sink.differences(place.source, "d") == kNoDifference);
    place.source.exec("INSERT INTO d.ledger VALUES (1, 1, 5); UPDATE d.account SET balance = 0 WHERE id = 1");
    TidemarkProcess again = place.start();
    CHECK(again.wait(60s) == 0);
    CHECK(place.sink.differences(place.source, "d") == kNoDifference);
  });
}

TEST_CASE("startup: snapshot-only ends by itself when the copy is done", "[lifecycle]") {
  into_both([](PostgresServer* server) {
    LedgerPlace place(server, "startup: snapshot-only");
    LedgerWriters writers(place.source, 10, 5);
    TidemarkProcess daemon = place.start();
    const auto ended = daemon.wait(60s);
    INFO(daemon.log_tail());
    CHECK(ended == 0);
    writers.finish();
    CHECK(place.sink.ledger_rows() == place.transactions_saved());
    const std::string there = place.sink.position();
    TidemarkProcess again = place.start();
    CHECK(again.wait(20s) == 0);
    CHECK(place.transactions_saved() >= place.count->at(there).value());
    CHECK(place.sink.ledger_rows() == place.transactions_saved());
  });
}
