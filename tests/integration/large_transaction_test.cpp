// Source transactions of two million rows with memory_limit: 256MiB: the daemon stays below 320 MiB, nobody ever sees a part of one, a
// kill -9 in the middle of one costs nothing, and source and sink are equal afterwards.
#include <signal.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "integration/peak_memory.h"
#include "servers/mariadb_server.h"
#include "servers/postgres_server.h"
#include "servers/tidemark_process.h"
#include "servers/wait.h"
#include "support/catch.h"
#include "workload/pipeline_view.h"
#include "workload/sink_target.h"

using namespace tidemark::test;
using namespace std::chrono_literals;

namespace {

constexpr uint64_t kRows = 2'000'000;
constexpr uint64_t kPeakMib = 320;
constexpr auto kPatience = 240s;

/// What a reader of the sink may see of d.big: rows, least and greatest phase.
std::string whole(int phase) { return std::to_string(kRows) + "/" + std::to_string(phase) + "/" + std::to_string(phase); }
const std::string kEmpty = "0/-/-";

/// Reads d.big at the sink all the time, and keeps every state that it saw.
class Watcher {
 public:
  explicit Watcher(const SinkTarget& sink) : sink_(sink), thread_([this] { watch(); }) {}
  ~Watcher() { stop(); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void stop() {
    running_ = false;
    if (thread_.joinable()) thread_.join();
  }
  std::set<std::string> states() const {
    std::lock_guard lock(mutex_);
    return states_;
  }
  bool waits_for(const std::string& state) const {
    return wait_until(kPatience, [&] { return states().count(state) != 0; });
  }

 private:
  void watch() {
    while (running_) {
      const std::string state = look();
      if (!state.empty()) {
        std::lock_guard lock(mutex_);
        states_.insert(state);
      }
      std::this_thread::sleep_for(200ms);
    }
  }

  std::string look() const {
    try {
      return sink_.value(
          "CAST(count(*) AS text) || '/' || coalesce(CAST(min(phase) AS text), '-') || '/' || coalesce(CAST(max(phase) AS text), '-')", "d",
          "big");
    } catch (const std::exception& error) {
      return error.what();  // a state like another: the test expects others
    }
  }

  const SinkTarget& sink_;
  std::atomic<bool> running_{true};
  mutable std::mutex mutex_;
  std::set<std::string> states_;
  std::thread thread_;
};

PipelineFile pipeline() {
  PipelineFile file;
  file.include = {"d.*"};
  file.daemon_yaml = "memory_limit: 256MiB";
  return file;
}

void insert_update_delete(PostgresServer* server) {
  MariadbServer source;
  source.exec("CREATE DATABASE d; USE d; CREATE TABLE big (id INT PRIMARY KEY, phase INT NOT NULL, n INT NOT NULL)");
  const TempDir directory;
  const SinkTarget sink(directory, server);
  const std::string config = sink.configure(source, pipeline());
  auto daemon = std::make_unique<TidemarkProcess>(directory, config);
  REQUIRE(wait_until(30s, [&] { return view_pipeline(config).copied(); }));
  Watcher watcher(sink);

  source.exec("INSERT INTO d.big SELECT seq, 1, seq % 1000 FROM seq_1_to_" + std::to_string(kRows));
  const bool inserted = watcher.waits_for(whole(1));
  INFO(daemon->log_tail());
  REQUIRE(inserted);

  source.exec("UPDATE d.big SET phase = 2, n = n + 1");
  const uint64_t before = view_pipeline(config).changes_read;
  // well inside the transaction, as the sink has not committed it
  const bool inside = wait_until(60s, [&] { return view_pipeline(config).changes_read > std::max<uint64_t>(before, kRows) + kRows / 4; });
  CHECK(inside);
  CHECK(watcher.states().count(whole(2)) == 0);
  check_peak(*daemon, kPeakMib);
  daemon->kill9();
  daemon = std::make_unique<TidemarkProcess>(directory, config);
  const bool updated = watcher.waits_for(whole(2));
  INFO(daemon->log_tail());
  REQUIRE(updated);
  CHECK(sink.differences(source, "d") == std::vector<std::string>{});

  source.exec("DELETE FROM d.big");
  const bool deleted = wait_until(kPatience, [&] { return sink.value("count(*)", "d", "big") == "0"; });
  CHECK(deleted);
  watcher.stop();
  CHECK(watcher.states() == std::set<std::string>{kEmpty, whole(1), whole(2)});
  CHECK(sink.differences(source, "d") == std::vector<std::string>{});
  check_peak(*daemon, kPeakMib);
  CHECK(daemon->stop() == 0);
}

}  // namespace

TEST_CASE("two million rows in one transaction: inserted, updated, deleted; into PostgreSQL", "[large]") {
  PostgresServer server;
  insert_update_delete(&server);
}

TEST_CASE("two million rows in one transaction: inserted, updated, deleted; into SQLite", "[large]") { insert_update_delete(nullptr); }

TEST_CASE("two million rows of 200 bytes in one transaction while another table is copied", "[large]") {
  MariadbServer source;
  source.exec(
      "CREATE DATABASE d; USE d; CREATE TABLE d.big (id INT PRIMARY KEY, phase INT NOT NULL, t VARCHAR(250) NOT NULL);"
      "CREATE TABLE d.other (id INT PRIMARY KEY, t VARCHAR(500) NOT NULL);"
      "INSERT INTO d.other SELECT seq, REPEAT(CHAR(65 + seq % 26), 400) FROM seq_1_to_200000");
  PostgresServer server;
  const TempDir directory;
  const SinkTarget sink(directory, &server);
  PipelineFile file = pipeline();
  file.pipeline_yaml = "snapshot: {chunk_rows: 500, adapt: false}";
  const std::string config = sink.configure(source, file);
  MysqlClient writer = source.connect("d");
  // in the log before most of the copy
  TidemarkProcess daemon(directory, config);
  REQUIRE(wait_until(30s, [&] { return view_pipeline(config).chunks_done > 3; }));
  writer.exec("INSERT INTO big SELECT seq, 1, REPEAT(CHAR(65 + seq % 26), 190) FROM seq_1_to_" + std::to_string(kRows));
  Watcher watcher(sink);
  const bool inserted = watcher.waits_for(whole(1));
  INFO(daemon.log_tail());
  REQUIRE(inserted);
  const bool copied = wait_until(kPatience, [&] { return view_pipeline(config).copied(); });
  CHECK(copied);
  watcher.stop();
  for (const std::string& state : watcher.states()) CHECK((state == kEmpty || state == whole(1)));
  check_peak(daemon, kPeakMib);
  CHECK(sink.differences(source, "d") == std::vector<std::string>{});
  CHECK(daemon.stop() == 0);
}
