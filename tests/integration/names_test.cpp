// Names that break careless quoting, as databases, tables and columns, copied and streamed into both sinks; and very many columns.
#include <fmt/core.h>

#include <string>
#include <vector>

#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/postgres_server.h"
#include "servers/sqlite_file.h"
#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pipeline_view.h"
#include "workload/sink_target.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 60s;

/// Every one is a name that MySQL and MariaDB allow, for a database, a table and a column.
const std::vector<std::string>& hostile_names() {
  static const std::vector<std::string> names = {
      "double\"quote",
      "quo'te",
      "back`tick",
      "`\"'",
      "dot.ted.name",
      "new\nline",
      "tab\there",
      "select",
      "ORDER",
      "Group by",
      "日本語の名前",
      "Ünïcödé ☃",
      "two  spaces inside",
      " begins with a space",
      "%s%n%d%",
      "'; DROP TABLE x;--",
      "back\\slash\\",
      "{database}_{table}",
      "a/b",
      "#hash -- comment /* open",
      "$1",
      "?",
      "*",
      std::string(64, 'x'),
      std::string(60, 'y') + "żółw",
  };
  return names;
}

/// The sink's name of what is longer than PostgreSQL's 63 bytes is the sink's choice: those are compared by `tidemark verify` only.
bool is_long(const std::string& name) { return name.size() > 63; }

struct Place {
  std::string database, table;
};

/// Long names of columns are in the tables with long names only, so that the others can be compared.
std::vector<std::string> columns_of(const Place& place) {
  std::vector<std::string> columns;
  for (const std::string& name : hostile_names()) {
    if (is_long(place.table) || !is_long(name)) columns.push_back(name);
  }
  return columns;
}

std::string quoted(const Place& place) { return mysql_name(place.database) + "." + mysql_name(place.table); }

/// A table of each name, each with a column of each name, some of them in the key; and a database of each name.
std::vector<Place> create_tables(MysqlFamilyServer& source) {
  source.exec("CREATE DATABASE names CHARACTER SET utf8mb4");
  std::vector<Place> places;
  for (const std::string& name : hostile_names()) {
    const Place place{"names", name};
    std::string columns;
    for (const std::string& column : columns_of(place)) columns += fmt::format(", {} VARCHAR(40)", mysql_name(column));
    source.exec(fmt::format("CREATE TABLE {} (id INT NOT NULL, {} INT NOT NULL, a VARCHAR(40){}, PRIMARY KEY ({}, id))", quoted(place),
                            mysql_name("the key's \"`name"), columns, mysql_name("the key's \"`name")));
    places.push_back(place);
  }
  for (const std::string& name : hostile_names()) {
    source.exec("CREATE DATABASE " + mysql_name(name) + " CHARACTER SET utf8mb4");
    const Place place{name, "table " + std::to_string(places.size())};
    source.exec(fmt::format("CREATE TABLE {} (id INT NOT NULL PRIMARY KEY, a VARCHAR(40))", quoted(place)));
    places.push_back(place);
  }
  return places;
}

void insert_rows(MysqlFamilyServer& source, const std::vector<Place>& places, int first) {
  for (const Place& place : places) {
    std::string columns = "id, a", values = fmt::format("{}, 'row'", first);
    if (place.database == "names") {
      columns += ", " + mysql_name("the key's \"`name");
      values += ", 7";
      for (const std::string& name : columns_of(place)) {
        columns += ", " + mysql_name(name);
        values += ", " + mysql_quote("%s\"'`\\😀");
      }
    }
    source.exec(fmt::format("INSERT INTO {} ({}) VALUES ({})", quoted(place), columns, values));
  }
}

void change_rows(MysqlFamilyServer& source, const std::vector<Place>& places) {
  insert_rows(source, places, 2);
  insert_rows(source, places, 3);
  for (const Place& place : places) {
    source.exec(fmt::format("UPDATE {0} SET a = 'changed' WHERE id = 1; UPDATE {0} SET id = 20 WHERE id = 2; DELETE FROM {0} WHERE id = 3",
                            quoted(place)));
  }
}

/// What the independent comparison finds for all names that both sides spell alike.
std::vector<std::string> differences(MysqlFamilyServer& source, PostgresServer* server, const TempDir& directory,
                                     const std::vector<Place>& places) {
  std::vector<TablePair> pairs;
  for (const Place& place : places) {
    if (server != nullptr && (is_long(place.database) || is_long(place.table))) continue;
    pairs.push_back({place.database, place.table, place.database, place.table});
  }
  MysqlClient from = source.connect();
  if (server != nullptr) {
    PostgresClient to = server->connect();
    return compare_tables(from, to, pairs);
  }
  SqliteFile to(sqlite_path(directory));
  return compare_tables(from, to, pairs);
}

void check_names(MysqlFamilyServer& source, PostgresServer* server) {
  const std::vector<Place> places = create_tables(source);
  insert_rows(source, places, 1);
  const TempDir directory;
  const SinkTarget sink(directory, server);
  PipelineFile file;
  file.include = {"*.*"};
  const std::string config = sink.configure(source, file);
  TidemarkProcess daemon(directory, config);
  const bool copied = wait_until(kPatience, [&] { return !daemon.running() || view_pipeline(config).copied(); });
  INFO(daemon.log_tail());
  REQUIRE(copied);
  CHECK(differences(source, server, directory, places) == std::vector<std::string>{});
  change_rows(source, places);
  const Finished verified = run_tidemark({"verify", "shop", "-c", config});
  INFO(verified.out << verified.err);
  CHECK(verified.exit == 0);
  CHECK(verified.out.find(" 0 rows") == std::string::npos);
  CHECK(differences(source, server, directory, places) == std::vector<std::string>{});
  // a control character of a name must not get into the log as it is
  CHECK(daemon.log().find("new\nline") == std::string::npos);
  CHECK(daemon.stop() == 0);
}

void into_both_sinks(MysqlFamilyServer& source) {
  SECTION("into PostgreSQL") {
    PostgresServer server;
    check_names(source, &server);
  }
  SECTION("into SQLite") { check_names(source, nullptr); }
}

}  // namespace

TEST_CASE("hostile names of databases, tables and columns, from MariaDB", "[names]") {
  MariadbServer source;
  into_both_sinks(source);
}

TEST_CASE("hostile names of databases, tables and columns, from MySQL", "[names]") {
  MysqlServer source;
  into_both_sinks(source);
}

TEST_CASE("a table of three hundred columns", "[names]") {
  MariadbServer source;
  std::string columns, values, changes;
  for (int i = 0; i < 300; ++i) {
    const bool text = i % 3 == 1;
    columns += fmt::format(", c{} {}", i, i % 3 == 0 ? "INT" : text ? "VARCHAR(12)" : "DECIMAL(9,2)");
    values += text ? fmt::format(", CONCAT('v', seq, '-{}')", i) : fmt::format(", seq + {}", i);
    if (i % 7 == 0) changes += fmt::format("{} c{} = NULL", changes.empty() ? "" : ",", i);
  }
  source.exec("CREATE DATABASE d; USE d; CREATE TABLE wide (id INT PRIMARY KEY" + columns +
              ") CHARACTER SET utf8mb4; INSERT INTO wide SELECT seq" + values + " FROM seq_1_to_3000");
  PostgresServer server;
  const bool postgres = GENERATE(true, false);
  const TempDir directory;
  const SinkTarget sink(directory, postgres ? &server : nullptr);
  PipelineFile file;
  file.include = {"d.*"};
  const std::string config = sink.configure(source, file);
  TidemarkProcess daemon(directory, config);
  const bool copied = wait_until(kPatience, [&] { return !daemon.running() || view_pipeline(config).copied(); });
  INFO(daemon.log_tail());
  REQUIRE(copied);
  CHECK(sink.differences(source, "d") == std::vector<std::string>{});
  source.exec("UPDATE wide SET" + changes + " WHERE id % 3 = 0; DELETE FROM wide WHERE id % 5 = 0; INSERT INTO wide (id) VALUES (-1); " +
              "INSERT INTO wide SELECT seq" + values + " FROM seq_4000_to_4500");
  const bool equal = wait_until(kPatience, [&] { return sink.differences(source, "d").empty(); });
  CHECK(equal);
  CHECK(daemon.stop() == 0);
}
