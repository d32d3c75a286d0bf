// One daemon with two pipelines in opposite directions, MariaDB into PostgreSQL and PostgreSQL into MariaDB, of different tables: both end
// equal, and while one's sink stands still, the other goes on.
#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "servers/compare.h"
#include "servers/mariadb_server.h"
#include "servers/pipeline_config.h"
#include "servers/postgres_server.h"
#include "servers/steady_writer.h"
#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

PostgresOptions as_source() {
  PostgresOptions options;
  options.is_source = true;
  return options;
}

struct BothWays {
  BothWays() {
    create_steady_table(maria, "ours", 1000);
    create_steady_table(postgres, "theirs", 1000);
    const Login source = postgres.source_login(), sink = maria.sink_login();
    const auto access = [](const DatabaseServer& server, const Login& login, const std::string& secret) {
      return fmt::format("    engine: {}\n    host: 127.0.0.1\n    port: {}\n    user: {}\n    password: {{file: {}}}\n", server.engine(),
                         server.port(), login.user, secret);
    };
    PipelineFile file;
    file.name = "east";
    file.include = {"ours.*"};
    file.daemon_yaml = "memory_limit: 128MiB";
    file.pipeline_yaml = "snapshot: {chunk_rows: 50, adapt: false}";
    file.more_sources_yaml = "  back:\n" + access(postgres, source, directory.write("back.password", source.password)) +
                             "    database: " + source.database + "\n";
    file.more_sinks_yaml = "  home:\n" + access(maria, sink, directory.write("home.password", sink.password));
    file.more_pipelines_yaml =
        "  - name: west\n    source: back\n    sink: home\n    tables:\n      include: [\"theirs.*\"]\n"
        "    snapshot: {chunk_rows: 50, adapt: false}\n";
    config = write_config(directory, maria, target, file);
  }

  bool east_equal(std::chrono::seconds limit = 60s) { return equal(maria, target, "ours", limit); }
  bool west_equal(std::chrono::seconds limit = 60s) { return equal(postgres, maria, "theirs", limit); }
  static bool equal(DatabaseServer& from, DatabaseServer& to, const std::string& schema, std::chrono::seconds limit) {
    return wait_until(limit, [&] {
      try {
        return compare_tables(*from.client(), *to.client(), tables_of(*from.client(), schema)).empty();
      } catch (const std::exception&) {
        return false;
      }
    });
  }
  /// A change at a source has arrived at its sink.
  static bool passes(DatabaseServer& from, DatabaseServer& to, const std::string& schema, const std::string& mark) {
    from.exec(fmt::format("INSERT INTO {}.t VALUES ({}, 'mark', 0)", schema, mark));
    return wait_until(30s, [&] { return to.value(fmt::format("SELECT count(*) FROM {}.t WHERE id = {}", schema, mark)) == "1"; });
  }

  /// The server itself and the processes that tidemark is connected to.
  std::vector<pid_t> target_processes() {
    std::vector<pid_t> processes{target.pid()};
    for (const auto& row : target.query("SELECT pid FROM pg_stat_activity WHERE usename = '" + target.user() + "'")) {
      processes.push_back(static_cast<pid_t>(std::stol(row[0].value_or(""))));
    }
    CHECK(processes.size() > 1);
    return processes;
  }

  MariadbServer maria;
  PostgresServer postgres{as_source()}, target;
  TempDir directory;
  std::string config;
};

}  // namespace

TEST_CASE("MariaDB into PostgreSQL beside PostgreSQL into MariaDB; a sink that stands still holds nobody else", "[pipelines]") {
  BothWays place;
  TidemarkProcess daemon(place.directory, place.config);
  {
    SteadyWriter east(place.maria, "ours", 1000, 1), west(place.postgres, "theirs", 1000, 2);
    std::this_thread::sleep_for(4s);
    CHECK(east.transactions() > 100);
    CHECK(west.transactions() > 100);
  }
  const bool equal = place.east_equal() && place.west_equal();
  INFO(daemon.log_tail());
  REQUIRE(equal);

  const auto in_target = place.target.client(), in_maria = place.maria.client("theirs");
  {
    SteadyWriter east(place.maria, "ours", 1000, 3), west(place.postgres, "theirs", 1000, 4);
    in_target->exec("BEGIN; LOCK TABLE ours.t IN ACCESS EXCLUSIVE MODE");
    std::this_thread::sleep_for(500ms);
    CHECK(place.passes(place.postgres, place.maria, "theirs", "5001"));
    in_target->exec("COMMIT");
    in_maria->exec("LOCK TABLES t READ");
    std::this_thread::sleep_for(500ms);
    CHECK(place.passes(place.maria, place.target, "ours", "5002"));
    in_maria->exec("UNLOCK TABLES");
  }
  CHECK(place.east_equal());
  CHECK(place.west_equal());
  {
    // the whole server stands still: its processes take connections, and answer nothing
    SteadyWriter east(place.maria, "ours", 1000, 5);
    const std::vector<pid_t> processes = place.target_processes();
    for (const pid_t process : processes) REQUIRE(::kill(process, SIGSTOP) == 0);
    std::this_thread::sleep_for(1s);
    CHECK(place.passes(place.postgres, place.maria, "theirs", "5003"));
    for (const pid_t process : processes) REQUIRE(::kill(process, SIGCONT) == 0);
  }
  CHECK(place.east_equal());
  CHECK(place.west_equal());
  CHECK(daemon.stop() == 0);
}
