// kill -9 of the daemon, over and over, while writers write: equal in the end, nothing finished is copied again, and no reader of the
// sink ever sees a torn transaction or a position that does not belong to the data. Random moments are drawn from a printed seed
// (TIDEMARK_TEST_SEED repeats one), named moments are failpoints.
#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <random>

#include "servers/compare.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "servers/pipeline_config.h"
#include "servers/postgres_server.h"
#include "servers/sqlite_file.h"
#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/ledger.h"
#include "workload/ledger_watcher.h"

using namespace tidemark::test;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr uint64_t kChunkRows = 50;

uint64_t seed_of_this_run() {
  const char* given = std::getenv("TIDEMARK_TEST_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "TIDEMARK_TEST_SEED=" << seed << std::endl;
  return seed;
}

/// One source with its writers, one sink with its watcher, and the daemon between them, which may die.
class Scene {
 public:
  Scene(MysqlFamilyServer& source, PostgresServer* sink, uint64_t seed, const LedgerSize& size, int pause_ms)
      : source_(source), sink_(sink), seed_(seed), random_(seed), gtid_base_(create_ledger(source, size)) {
    PipelineFile pipeline;
    pipeline.include = {"d.*"};
    pipeline.pipeline_yaml = fmt::format("snapshot: {{chunk_rows: {}, adapt: false}}", kChunkRows);
    config_ = sink ? write_config(directory_, source, *sink, pipeline) : write_config(directory_, source, pipeline);
    watcher_ = std::make_unique<LedgerWatcher>(sink ? ledger_in(*sink) : ledger_in(sqlite_path(directory_)), gtid_base_, kLedgerTables);
    writers_ = std::make_unique<LedgerWriters>(source, seed, pause_ms);
  }

  void start(const std::string& failpoints = {}) {
    std::vector<std::pair<std::string, std::string>> environment;
    if (!failpoints.empty()) environment.emplace_back("TIDEMARK_FAILPOINTS", failpoints);
    daemon_ = std::make_unique<TidemarkProcess>(directory_, config_, std::vector<std::string>{}, environment);
  }

  /// Kills it within `longest`; it must not have ended by itself.
  void kill_within(milliseconds longest) {
    const milliseconds life(static_cast<int64_t>(random_() % static_cast<uint64_t>(longest.count())));
    const auto ended = daemon_->wait(life);
    INFO(daemon_->log_tail());
    REQUIRE_FALSE(ended);
    daemon_->kill9();
    ++kills_;
  }

  /// It kills itself at a failpoint.
  void dies_by_itself(const std::string& where) {
    const auto ended = daemon_->wait(30s);
    INFO(where << "\n" << daemon_->log_tail());
    REQUIRE(ended);
    REQUIRE(*ended == 128 + SIGKILL);
    ++kills_;
  }

  bool copied() const { return watcher_->copied(); }
  size_t chunks_done() const { return watcher_->chunks_done(); }
  int kills() const { return kills_; }
  const LedgerWatcher& watcher() const { return *watcher_; }
  TidemarkProcess& daemon() { return *daemon_; }

  void check_nothing_was_wrong() const {
    INFO("seed " << seed_ << " after " << kills_ << " kills\n" << daemon_->log_tail());
    CHECK(watcher_->findings() == std::vector<std::string>{});
  }

  /// The writers stop, the sink catches up: equal for two judges, and the daemon ends in order.
  void finish() {
    writers_->finish();
    std::vector<std::string> differences{"not compared"};
    auto ledger_rows = [&] { return source_.value("SELECT COUNT(*) FROM d.ledger"); };
    const std::string written = ledger_rows();
    const bool caught_up = wait_until(60s, [&] { return sink_value("ledger") == written; });
    const bool equal = caught_up && wait_until(20s, [&] { return (differences = compare()).empty(); });
    INFO("seed " << seed_ << " after " << kills_ << " kills\n" << daemon_->log_tail());
    CHECK(caught_up);
    CHECK(differences == std::vector<std::string>{});
    REQUIRE(equal);
    const Finished verified = run_tidemark({"verify", "shop", "-c", config_});
    INFO(verified.out << verified.err);
    CHECK(verified.exit == 0);
    CHECK(daemon_->stop() == 0);
    watcher_->stop();
    check_nothing_was_wrong();
    CHECK(watcher_->copied());
    CHECK(watcher_->whole_states_seen() > 5);
    std::cout << fmt::format("{} kills, {} transactions, {} whole states seen, {} chunks\n", kills_, writers_->transactions(),
                             watcher_->whole_states_seen(), watcher_->chunks_done());
  }

 private:
  std::string sink_value(const std::string& table) {
    if (sink_) return sink_->value("SELECT count(*) FROM d." + table);
    return SqliteFile(sqlite_path(directory_)).value("SELECT count(*) FROM " + table);
  }
  std::vector<std::string> compare() {
    MysqlClient from = source_.connect();
    if (sink_) {
      PostgresClient to = sink_->connect();
      return compare_tables(from, to, tables_of(from, "d"));
    }
    SqliteFile to(sqlite_path(directory_));
    return compare_tables(from, to, tables_of(from, "d"));
  }

  MysqlFamilyServer& source_;
  PostgresServer* sink_;
  const uint64_t seed_;
  std::mt19937_64 random_;
  const uint64_t gtid_base_;
  TempDir directory_;
  std::string config_;
  std::unique_ptr<LedgerWatcher> watcher_;
  std::unique_ptr<LedgerWriters> writers_;
  std::unique_ptr<TidemarkProcess> daemon_;
  int kills_ = 0;
};

/// Kills during the copy, which is slowed down so that there is time for `copy_kills` of them, then during the stream.
void kill_at_random(Scene& scene, int copy_kills, int stream_kills) {
  int while_copying = 0;
  size_t most_chunks_in_one_life = 0;
  for (int i = 0; i < copy_kills && !scene.copied(); ++i) {
    const size_t before = scene.chunks_done();
    const bool slowed = i < copy_kills * 2 / 3;
    scene.start(slowed ? "chunk.after_read=sleep:60" : "");
    scene.kill_within(1s);
    most_chunks_in_one_life = std::max(most_chunks_in_one_life, scene.chunks_done() - before);
    if (!scene.copied()) ++while_copying;
    scene.check_nothing_was_wrong();
  }
  INFO("chunks done: " << scene.chunks_done() << ", at most " << most_chunks_in_one_life << " in one life");
  CHECK(while_copying >= copy_kills / 3);
  CHECK(scene.chunks_done() > most_chunks_in_one_life);  // the copy went on from life to life
  scene.start();
  const bool copied = wait_until(90s, [&] { return scene.copied() || !scene.daemon().running(); });
  INFO(scene.daemon().log_tail());
  REQUIRE(copied);
  REQUIRE(scene.daemon().running());
  for (int i = 0; i < stream_kills || scene.kills() < copy_kills + stream_kills; ++i) {
    scene.kill_within(600ms);
    scene.start();
  }
  scene.check_nothing_was_wrong();
}

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
  Scene scene(source, sink, seed_of_this_run(), size, 2);
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

/// Each point at its first, second and fifth time; those of the copy while it lasts.
void kill_at_points(Scene& scene) {
  for (const char* point : {"chunk.before_open", "chunk.view_open", "chunk.after_read"}) {
    for (int hit : {1, 2, 5}) {
      REQUIRE_FALSE(scene.copied());
      scene.start(fmt::format("{}=kill@{}", point, hit));
      scene.dies_by_itself(fmt::format("{} {}", point, hit));
    }
  }
  const std::vector<std::string> points = {"sink.before_commit",  "sink.after_commit", "sink.after_rows",
                                           "session.after_write", "state.after_save",  "reader.after_read"};
  auto round = [&] {
    for (const std::string& point : points) {
      for (int hit : {1, 2, 5}) {
        scene.start(fmt::format("{}=kill@{}", point, hit));
        scene.dies_by_itself(fmt::format("{} {}", point, hit));
      }
      scene.check_nothing_was_wrong();
    }
  };
  round();
  scene.start();
  const bool copied = wait_until(90s, [&] { return scene.copied() || !scene.daemon().running(); });
  INFO(scene.daemon().log_tail());
  REQUIRE(copied);
  REQUIRE(scene.daemon().running());
  scene.daemon().kill9();
  round();
  scene.start();
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
  Scene scene(source, &sink, seed_of_this_run(), size, 4);
  kill_at_random(scene, 10, 10);
  scene.finish();
}

TEST_CASE("kills at named points: MariaDB into PostgreSQL", "[kill]") {
  MariadbServer source;
  PostgresServer sink;
  Scene scene(source, &sink, seed_of_this_run(), {}, 4);
  kill_at_points(scene);
}

TEST_CASE("kills at named points: MariaDB into SQLite", "[kill]") {
  MariadbServer source;
  Scene scene(source, nullptr, seed_of_this_run(), {}, 4);
  kill_at_points(scene);
}
