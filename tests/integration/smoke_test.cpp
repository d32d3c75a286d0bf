// The shortest way through everything: each source into each sink, a copy, a few transactions, equal, a clean stop, and on again.
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include "servers/compare.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/pipeline_config.h"
#include "servers/postgres_server.h"
#include "servers/sqlite_file.h"
#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kTables =
    "CREATE DATABASE d; USE d;"
    "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40), n DECIMAL(12,3), at DATETIME(3)) CHARACTER SET utf8mb4;"
    "CREATE TABLE pair (a INT, b VARCHAR(10) COLLATE utf8mb4_bin, x BLOB, PRIMARY KEY (a, b)) CHARACTER SET utf8mb4;"
    "INSERT INTO t VALUES (1,'ένα',1.5,'2024-01-01 00:00:00.25'),(2,NULL,NULL,NULL),(-3,'','-0.001','1999-12-31 23:59:59.999');"
    "INSERT INTO pair VALUES (1,'a',x'00ff'),(1,'b',NULL),(2,'a','')";

constexpr const char* kChanges =
    "USE d; BEGIN; INSERT INTO t VALUES (10,'new',0.125,NOW(3)); UPDATE pair SET b='z' WHERE a=1 AND b='a'; DELETE FROM t WHERE id=2; "
    "COMMIT;"
    "UPDATE t SET id=id+100; INSERT INTO t VALUES (2,'again',2,NULL)";

/// Differences between source and sink, whatever the sink is; a sink that is not there yet differs.
using Comparison = std::function<std::vector<std::string>()>;

void check_pipeline(MysqlFamilyServer& source, const TempDir& directory, const std::string& config, const Comparison& differences) {
  auto equal_soon = [&] { return wait_until(30s, [&] { return differences().empty(); }); };
  {
    TidemarkProcess daemon(directory, config);
    const bool copied = equal_soon();
    INFO(daemon.log_tail());
    REQUIRE(copied);
    source.exec(kChanges);
    const bool streamed = equal_soon();
    INFO(daemon.log_tail());
    CHECK(streamed);
    CHECK(daemon.stop() == 0);
  }
  source.exec("INSERT INTO d.t VALUES (77,'while it was down',7,NULL); DELETE FROM d.pair WHERE a=2");
  TidemarkProcess daemon(directory, config);
  const bool caught_up = equal_soon();
  INFO(daemon.log_tail());
  CHECK(caught_up);
  const Finished verified = run_tidemark({"verify", "shop", "-c", config});
  INFO(verified.out << verified.err);
  CHECK(verified.exit == 0);
  CHECK(daemon.stop() == 0);
}

Comparison against(MysqlFamilyServer& source, DatabaseServer& sink) {
  return [&] {
    const auto from = source.client(), to = sink.client();
    return compare_tables(*from, *to, tables_of(*from, "d"));
  };
}

Comparison against(MysqlFamilyServer& source, const std::string& path) {
  return [&source, path] {
    if (!std::filesystem::exists(path)) return std::vector<std::string>{"no file yet"};
    MysqlClient from = source.connect();
    SqliteFile to(path);
    return compare_tables(from, to, tables_of(from, "d"));
  };
}

void into_each_sink(MysqlFamilyServer& source) {
  source.exec(kTables);
  PipelineFile pipeline;
  pipeline.include = {"d.*"};
  SECTION("into SQLite") {
    const TempDir directory;
    check_pipeline(source, directory, write_config(directory, source, pipeline), against(source, sqlite_path(directory)));
  }
  SECTION("into PostgreSQL") {
    PostgresServer sink;
    const TempDir directory;
    check_pipeline(source, directory, write_config(directory, source, sink, pipeline), against(source, sink));
  }
  SECTION("into MariaDB") {
    MariadbServer sink;
    const TempDir directory;
    check_pipeline(source, directory, write_config(directory, source, sink, pipeline), against(source, sink));
  }
  SECTION("into MySQL") {
    MysqlServer sink;
    const TempDir directory;
    check_pipeline(source, directory, write_config(directory, source, sink, pipeline), against(source, sink));
  }
}

}  // namespace

TEST_CASE("MariaDB: copy, stream, stop, go on", "[smoke]") {
  MariadbServer source;
  into_each_sink(source);
}

TEST_CASE("MySQL with GTID: copy, stream, stop, go on", "[smoke]") {
  MysqlServer source;
  into_each_sink(source);
}

TEST_CASE("MySQL without GTID: copy, stream, stop, go on", "[smoke]") {
  MysqlOptions options;
  options.gtid = false;
  MysqlServer source(options);
  into_each_sink(source);
}
