// Rules for single columns of a PostgreSQL source, through whole pipelines: other types, and what becomes of values that the sink cannot
// hold. What the copy and the stream make of a row is the same, and verify knows it.
#include <fmt/format.h>

#include <chrono>

#include "servers/postgres_server.h"
#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pair.h"
#include "workload/pipeline_view.h"
#include "workload/sink_target.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr int kData = 65;
constexpr int kStreamed = 100;  // added to the key of the same row by the stream

/// A column with one value a row, its rule, and what the sink then has.
struct Ruled {
  std::string column, type, rule;
  std::vector<std::string> given, held;
};

struct Scene {
  Scene(const std::string& sink_engine, std::vector<Ruled> ruled)
      : engine(sink_engine), columns(std::move(ruled)), source(make_source("postgres")), server(make_sink(engine)) {
    std::string list = "id integer PRIMARY KEY";
    for (const Ruled& column : columns) list += fmt::format(", {} {}", column.column, column.type);
    source->exec("CREATE SCHEMA d");
    client = source->client("d");
    client->exec(fmt::format("CREATE TABLE t ({})", list));
  }
  void write(int first_id) const {
    for (size_t row = 0; row < columns[0].given.size(); ++row) {
      std::string values = std::to_string(first_id + static_cast<int>(row));
      for (const Ruled& column : columns) values += fmt::format(", '{}'", column.given.at(row));
      client->exec(fmt::format("INSERT INTO t VALUES ({})", values));
    }
  }
  std::string configure() const {
    PipelineFile pipeline;
    pipeline.include = {"d.*"};
    for (const Ruled& column : columns) {
      if (column.rule.empty()) continue;
      if (pipeline.pipeline_yaml.empty()) pipeline.pipeline_yaml = "columns:\n";
      pipeline.pipeline_yaml += fmt::format("  \"d.t.{}\": {{{}}}\n", column.column, column.rule);
    }
    return target.configure(*source, pipeline);
  }
  std::string held(const Ruled& column, int id) const {
    const bool is_text = engine == "sqlite" || engine == "postgres";
    return target.value(fmt::format("coalesce(CAST({} AS {}), 'null')", column.column, is_text ? "TEXT" : "CHAR"), "d", "t",
                        fmt::format("id = {}", id));
  }
  void check(int first_id) const {
    for (const Ruled& column : columns) {
      for (size_t row = 0; row < column.held.size(); ++row) {
        INFO(column.column << " " << column.type << ", " << column.rule << ": " << column.given[row] << ", row " << first_id + row);
        CHECK(held(column, first_id + static_cast<int>(row)) == column.held[row]);
      }
    }
  }
  bool is_there(int id) const { return target.value("count(*)", "d", "t", fmt::format("id = {}", id)) == "1"; }

  std::string engine;
  std::vector<Ruled> columns;
  std::unique_ptr<DatabaseServer> source, server;
  std::unique_ptr<DatabaseClient> client;
  TempDir directory;
  SinkTarget target{directory, server.get()};
};

void check_rules(const std::string& engine, std::vector<Ruled> columns) {
  Scene scene(engine, std::move(columns));
  const int rows = static_cast<int>(scene.columns[0].given.size());
  scene.write(1);
  const std::string config = scene.configure();
  TidemarkProcess daemon(scene.directory, config);
  const bool copied = wait_until(60s, [&] { return view_pipeline(config).copied() || !daemon.running(); });
  INFO(daemon.log_tail());
  REQUIRE((copied && daemon.running()));
  scene.check(1);
  scene.write(1 + kStreamed);
  REQUIRE(wait_until(60s, [&] { return scene.is_there(rows + kStreamed) || !daemon.running(); }));
  scene.check(1 + kStreamed);
  const Finished verified = run_tidemark({"verify", "shop", "-c", config});
  INFO(verified.out << verified.err);
  CHECK(verified.exit == 0);
  CHECK(daemon.stop() == 0);
}

const std::vector<std::string> kDays{"infinity", "-infinity", "0044-03-15 BC", "2024-02-29"};
const std::vector<std::string> kMoments{"infinity", "-infinity", "0044-03-15 12:00:00 BC", "2024-02-29 12:00:00.5"};

std::vector<Ruled> mysql_columns() {
  return {
      {"day", "date", "unfit: clamp", kDays, {"9999-12-31", "0001-01-01", "0001-01-01", "2024-02-29"}},
      {"ts", "timestamp", "unfit: null", kMoments, {"null", "null", "null", "2024-02-29 12:00:00.500000"}},
      {"tz",
       "timestamptz",
       "type: varchar(60)",
       kMoments,
       {"infinity", "-infinity", "0044-03-15 12:00:00.000000 BC", "2024-02-29 12:00:00.500000"}},
      {"ratio", "float8", "unfit: null", {"NaN", "Infinity", "-Infinity", "0.1"}, {"null", "null", "null", "0.1"}},
      {"amount",
       "numeric",
       "type: \"decimal(6,2)\", unfit: clamp",
       {"123456.5", "-1e50", "9999.99", "1.5"},
       {"9999.99", "-9999.99", "9999.99", "1.50"}},
      {"total",
       "numeric",
       "type: varchar(60)",
       {"NaN", "1e40", "1.50", "-Infinity"},
       {"NaN", "1" + std::string(40, '0'), "1.50", "-Infinity"}},
  };
}

}  // namespace

TEST_CASE("rules of a pipeline into MariaDB") { check_rules("mariadb", mysql_columns()); }

TEST_CASE("rules of a pipeline into MySQL") { check_rules("mysql", mysql_columns()); }

TEST_CASE("rules of a pipeline into SQLite") {
  check_rules("sqlite", {
                            {"ratio", "float8", "unfit: null", {"NaN", "0.1"}, {"null", "0.1"}},
                            {"exact", "float8", "type: TEXT", {"NaN", "0.1"}, {"NaN", "0.1"}},
                            {"amount", "numeric", "type: REAL", {"123456.5", "0.1"}, {"123456.5", "0.1"}},
                            {"list", "integer[]", "unfit: clamp", {"[0:1]={1,2}", "{1,NULL}"}, {R"({"[0:1]": [1,2]})", "[1,null]"}},
                            {"printed", "integer[]", "type: TEXT", {"[0:1]={1,2}", "{1,NULL}"}, {"[0:1]={1,2}", "{1,NULL}"}},
                            {"flags", "bit(9)", "type: INTEGER", {"100000001", "000000010"}, {"257", "2"}},
                        });
}

TEST_CASE("rules of a pipeline into PostgreSQL") {
  check_rules("postgres", {
                              {"nearest", "bigint", "type: integer, unfit: clamp", {"9223372036854775807", "-7"}, {"2147483647", "-7"}},
                              {"none", "bigint", "type: integer, unfit: null", {"9223372036854775807", "-7"}, {"null", "-7"}},
                              {"amount", "numeric", "type: \"numeric(6,2)\", unfit: clamp", {"123456.5", "1.5"}, {"9999.99", "1.50"}},
                              {"printed", "interval", "type: text", {"1 day", "-1 month"}, {"P1D", "P-1M"}},
                          });
}

TEST_CASE("without a rule the pipeline stops at the value, and says which rule would let it pass") {
  const auto [engine, column] = GENERATE(table<std::string, Ruled>({
      {"sqlite", {"ratio", "float8", "", {"NaN"}, {}}},
      {"mariadb", {"day", "date", "", {"infinity"}, {}}},
      {"postgres", {"low", "bigint", "type: integer", {"9223372036854775807"}, {}}},
  }));
  Scene scene(engine, {column});
  scene.write(1);
  TidemarkProcess daemon(scene.directory, scene.configure());
  const auto code = daemon.wait(60s);
  INFO(daemon.log_tail());
  CHECK(code == kData);
  CHECK(daemon.log().find(column.column) != std::string::npos);
  CHECK(daemon.log().find("unfit: null or clamp") != std::string::npos);
  CHECK_FALSE(scene.is_there(1));
}
