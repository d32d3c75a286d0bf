#include "crash/scene.h"

#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "base/failpoint_names.h"
#include "servers/compare.h"
#include "servers/sqlite_file.h"
#include "servers/wait.h"
#include "workload/pipeline_view.h"

namespace tidemark::test {

using namespace std::chrono_literals;

namespace {

constexpr int kWriterPauseMs = 4;
constexpr auto kLifeLongest = 60s;  // of a daemon that was to copy all and stream a while
constexpr auto kStreamed = 500ms;   // how long a life goes on after its copy
constexpr auto kEqualWithin = 60s;  // after the last start
constexpr int kKilled = 128 + SIGKILL;
// larger than what is read at once, and without a key: its copy goes through a file
constexpr const char* kHeap =
    "CREATE TABLE d.heap (n BIGINT UNSIGNED, t VARCHAR(2500)); INSERT INTO d.heap SELECT id, REPEAT(v, 150) FROM d.archive";

constexpr const char* kLate = "CREATE TABLE d.late (n INT PRIMARY KEY, t VARCHAR(60)); INSERT INTO d.late SELECT id, v FROM d.archive";

void empty_servers(MysqlFamilyServer& source, PostgresServer* sink) {
  source.exec("DROP DATABASE IF EXISTS d");
  if (sink == nullptr) return;
  sink->exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidemark'");
  sink->exec("DROP SCHEMA IF EXISTS d CASCADE; DROP SCHEMA IF EXISTS tidemark CASCADE");
}

}  // namespace

Scene::Scene(MysqlFamilyServer& source, PostgresServer* sink, uint64_t seed) : source_(source), sink_(sink), target_(directory_, sink) {
  empty_servers(source, sink);
  create_ledger(source, LedgerSize{500, 300, 100, 40});
  source.connect().exec(kHeap);
  source.connect().exec(kLate);
  pipeline_.include = {"d.*"};
  pipeline_.pipeline_yaml = "snapshot: {chunk_rows: 50, adapt: false, chunk_bytes: 64KiB}";
  select_all_but("late");
  writers_ = std::make_unique<LedgerWriters>(source, seed, kWriterPauseMs);
}

void Scene::select_all_but(const std::string& table) {
  not_selected_ = table;
  pipeline_.tables_yaml = "exclude: [\"d." + table + "\"]";
  config_ = target_.configure(source_, pipeline_);
}

TidemarkProcess Scene::start(const std::string& failpoints) {
  std::vector<std::pair<std::string, std::string>> environment;
  if (!failpoints.empty()) environment.emplace_back("TIDEMARK_FAILPOINTS", failpoints);
  return TidemarkProcess(directory_, config_, {}, environment);
}

void Scene::begin(Life life) {
  if (life == Life::fresh) return;
  if (dies(Life::fresh, "")) throw std::runtime_error("a daemon without failpoints was killed");
  lose_things();
}

void Scene::lose_things() {
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(state_path(directory_) + suffix);
  if (sink_)
    sink_->exec("DROP TABLE d.archive");
  else
    SqliteFile(sqlite_path(directory_)).exec("DROP TABLE archive");
  select_all_but("label");
}

bool Scene::dies(Life life, const std::string& failpoints) {
  begin(life);
  TidemarkProcess daemon = start(failpoints);
  const auto end = std::chrono::steady_clock::now() + kLifeLongest;
  auto status = daemon.wait(100ms);
  while (!status && !view_pipeline(config_).copied()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it did not finish its copy");
    status = daemon.wait(100ms);
  }
  if (!status) status = daemon.wait(kStreamed);
  if (!status) {
    daemon.signal(SIGTERM);
    status = daemon.wait(kLifeLongest);
  }
  if (!status) throw std::runtime_error("it did not stop");
  if (*status != kKilled && *status != 0) throw std::runtime_error(fmt::format("it ended by itself with exit status {}", *status));
  return *status == kKilled;
}

std::map<std::string, uint64_t> Scene::hits(Life life) {
  std::string all;
  for (const std::string_view name : kFailpoints) all += fmt::format("{}{}=trace", all.empty() ? "" : ",", name);
  if (dies(life, all)) throw std::runtime_error("a daemon that only traces failpoints was killed");
  std::map<std::string, uint64_t> out;
  std::istringstream log(read_file(directory_.file("tidemark.log")));
  const std::string mark = "failpoint ";
  for (std::string line; std::getline(log, line);) {
    if (line.rfind(mark, 0) == 0) ++out[line.substr(mark.size())];
  }
  writers_->finish();
  return out;
}

std::vector<std::string> Scene::differences() {
  MysqlClient from = source_.connect();
  std::vector<TablePair> tables = tables_of(from, "d");
  std::erase_if(tables, [&](const TablePair& table) { return table.table == not_selected_; });
  if (sink_) {
    PostgresClient to = sink_->connect();
    return compare_tables(from, to, tables);
  }
  if (!std::filesystem::exists(sqlite_path(directory_))) return {"there is no SQLite file"};
  SqliteFile to(sqlite_path(directory_));
  return compare_tables(from, to, tables);
}

/// Waits for the last transaction of the writers, and then for the copy, which may still be under way.
std::string Scene::differs_from_source(TidemarkProcess& daemon) {
  std::vector<std::string> found{"not compared"};
  wait_until(kEqualWithin, [&] {
    if (!daemon.running()) return true;
    try {
      if (target_.value("count(*)", "d", "ledger") != source_.value("SELECT COUNT(*) FROM d.ledger")) return false;
      found = differences();
    } catch (const std::runtime_error& error) {  // its tables are being made
      found = {error.what()};
    }
    return found.empty();
  });
  if (!daemon.running()) return "the daemon that should recover has ended";
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(found.size(), 5); ++i) text += "\n    " + found[i].substr(0, 160);
  return text.empty() ? text : "the sink differs from the source:" + text;
}

std::string Scene::recovers() {
  TidemarkProcess daemon = start("");
  daemon.wait(200ms);  // what recovers meets new transactions
  writers_->finish();
  const std::string differs = differs_from_source(daemon);
  if (!differs.empty()) return differs;
  const Finished verified = run_tidemark({"verify", pipeline_.name, "-c", config_});
  if (verified.exit != 0) return fmt::format("tidemark verify ends with {}:\n{}{}", verified.exit, verified.out, verified.err);
  const int status = daemon.stop();
  return status == 0 ? "" : fmt::format("the daemon ended with {} when it was stopped", status);
}

}  // namespace tidemark::test
