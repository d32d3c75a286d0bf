// kill -9 (kill_scene.h) of a daemon that reads MariaDB or MySQL.
#include "integration/kill_scene.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/postgres_server.h"

using namespace tidemark::test;

namespace {

/// Rows of d.archive that the source has read for anybody; nobody but tidemark reads them.
uint64_t archive_rows_read(MysqlFamilyServer& source) {
  const std::string sql = "SELECT rows_read FROM information_schema.table_statistics WHERE table_schema='d' AND table_name='archive'";
  return std::strtoull(source.value(sql).c_str(), nullptr, 10);
}

void kill_mariadb_at_random(PostgresServer* sink) {
  MysqlOptions options;
  options.extra = {"--userstat=1"};
  MariadbServer source(options);
  const LedgerSize size;
  const int copy_kills = 28, stream_kills = 26;
  KillScene scene(source, sink, seed_of_this_run(), size, 2);
  kill_at_random(scene, copy_kills, stream_kills);
  CHECK(scene.kills() >= 50);
  // A chunk's rows are read twice, once to find its bound. A life that ends in a kill wastes at most what was in flight: the chunks of two
  // workers and two that wait.
  const uint64_t rows = static_cast<uint64_t>(size.archive_rows);
  const uint64_t wasted = static_cast<uint64_t>(copy_kills + 1) * 4 * kChunkRows * 2;
  const uint64_t read = archive_rows_read(source);
  std::cout << fmt::format("archive: {} rows, {} read, {} allowed\n", rows, read, rows * 2 + wasted);
  CHECK(read <= rows * 2 + wasted);
  scene.finish();
}

}  // namespace

TEST_CASE("54 kills at random moments: MariaDB into PostgreSQL", "[kill]") {
  PostgresServer sink;
  kill_mariadb_at_random(&sink);
}

TEST_CASE("54 kills at random moments: MariaDB into SQLite", "[kill]") { kill_mariadb_at_random(nullptr); }

TEST_CASE("20 kills at random moments: MySQL with GTID into PostgreSQL", "[kill]") {
  MysqlServer source;
  PostgresServer sink;
  LedgerSize size;
  size.archive_rows = 2500;
  KillScene scene(source, &sink, seed_of_this_run(), size, 4);
  kill_at_random(scene, 10, 10);
  scene.finish();
}

TEST_CASE("kills at named points: MariaDB into PostgreSQL", "[kill]") {
  MariadbServer source;
  PostgresServer sink;
  KillScene scene(source, &sink, seed_of_this_run(), {}, 4);
  kill_at_points(scene);
}

TEST_CASE("kills at named points: MariaDB into SQLite", "[kill]") {
  MariadbServer source;
  KillScene scene(source, nullptr, seed_of_this_run(), {}, 4);
  kill_at_points(scene);
}
