// kill -9 of the daemon, over and over, while writers write: equal in the end, nothing finished is copied again, and no reader of the
// sink ever sees a torn transaction or a position that does not belong to the data. Random moments are drawn from a printed seed
// (TIDEMARK_TEST_SEED repeats one), named moments are failpoints. For a binary of tests.
#pragma once

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/ledger.h"
#include "workload/ledger_count.h"
#include "workload/ledger_watcher.h"
#include "workload/sink_side.h"

namespace tidemark::test {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

inline constexpr uint64_t kChunkRows = 50;

inline uint64_t seed_of_this_run() {
  const char* given = std::getenv("TIDEMARK_TEST_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "TIDEMARK_TEST_SEED=" << seed << std::endl;
  return seed;
}

/// One source with its writers, one sink with its watcher, and the daemon between them, which may die.
class KillScene {
 public:
  KillScene(DatabaseServer& source, DatabaseServer* sink, uint64_t seed, const LedgerSize& size, int pause_ms)
      : source_(source), sink_(directory_, sink), seed_(seed), random_(seed) {
    create_ledger(source, size);
    count_ = std::make_shared<LedgerCount>(source);
    PipelineFile pipeline;
    pipeline.include = {"d.*"};
    pipeline.pipeline_yaml = fmt::format("snapshot: {{chunk_rows: {}, adapt: false}}", kChunkRows);
    config_ = sink_.configure(source, pipeline);
    watcher_ = std::make_unique<LedgerWatcher>(sink ? ledger_in(*sink) : ledger_in(sqlite_path(directory_)), count_, kLedgerTables);
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
    const bool caught_up = wait_until(60s, [&] { return std::to_string(sink_.ledger_rows()) == written; });
    const bool equal = caught_up && wait_until(20s, [&] { return (differences = sink_.differences(source_, "d")).empty(); });
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
  DatabaseServer& source_;
  TempDir directory_;
  SinkSide sink_;
  const uint64_t seed_;
  std::mt19937_64 random_;
  std::shared_ptr<LedgerCount> count_;
  std::string config_;
  std::unique_ptr<LedgerWatcher> watcher_;
  std::unique_ptr<LedgerWriters> writers_;
  std::unique_ptr<TidemarkProcess> daemon_;
  int kills_ = 0;
};

/// Kills during the copy, which is slowed down so that there is time for `copy_kills` of them, then during the stream.
inline void kill_at_random(KillScene& scene, int copy_kills, int stream_kills) {
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

/// Each point at its first, second and fifth time; those of the copy while it lasts.
inline void kill_at_points(KillScene& scene) {
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

}  // namespace tidemark::test
