#include "crash/scene.h"

#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "base/failpoint_names.h"
#include "crash/dump.h"
#include "servers/sqlite_file.h"
#include "servers/wait.h"
#include "workload/pipeline_view.h"

namespace tidemark::test {

using namespace std::chrono_literals;

namespace {

constexpr int kWriterPauseMs = 4;
constexpr auto kLifeLongest = 60s;  // of a daemon that was to copy all and stream a while
constexpr auto kStreamed = 300ms;   // how long a life goes on after that
constexpr auto kEqualWithin = 60s;  // after the last start
constexpr int kKilled = 128 + SIGKILL;
// larger than what is read at once, and without a key: its copy goes through a file
constexpr const char* kHeap = "CREATE TABLE heap (n BIGINT, t VARCHAR(2500)); INSERT INTO heap SELECT id, REPEAT(v, 150) FROM archive";
// of PostgreSQL: one row a page and more pages than one connection reads, and a row of which a transaction writes many versions
constexpr const char* kScanned =
    "CREATE TABLE scanned (n INT, t TEXT) WITH (fillfactor = 10); ALTER TABLE scanned REPLICA IDENTITY FULL;"
    "INSERT INTO scanned SELECT g, repeat('s', 450) FROM generate_series(1, 4200) g;"
    "CREATE TABLE swollen (n INT PRIMARY KEY, t TEXT); INSERT INTO swollen VALUES (1, '')";
constexpr const char* kLate = "CREATE TABLE late (n INT PRIMARY KEY, t VARCHAR(60)); INSERT INTO late SELECT id, v FROM archive";

void cut(DatabaseServer& server, const std::string& connection) {
  try {
    server.superuser()->exec(server.dialect() == Dialect::postgres ? "SELECT pg_terminate_backend(" + connection + ")"
                                                                   : "KILL " + connection);
  } catch (const DatabaseFailure& failure) {
    if (failure.kind != DatabaseFailure::Kind::gone_thread) throw;  // the daemon has died, and it went with it
  }
}

/// Ends every connection of tidemark to the server, as a sink.
void cut_sink(DatabaseServer& sink) {
  if (sink.dialect() == Dialect::postgres) {
    sink.superuser()->exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tidemark'");
    return;
  }
  for (const TextRow& row : sink.query("SELECT id FROM information_schema.processlist WHERE user = 'tidemark'")) {
    cut(sink, row.at(0).value());
  }
}

void empty_sink(DatabaseServer& sink) {
  cut_sink(sink);
  if (sink.dialect() == Dialect::postgres)
    sink.exec("DROP SCHEMA IF EXISTS d CASCADE; DROP SCHEMA IF EXISTS tidemark CASCADE");
  else
    sink.exec("DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS tidemark");
}

/// In PostgreSQL the slot and the publication of an earlier life, too.
void empty_source(DatabaseServer& source) {
  if (source.dialect() != Dialect::postgres) {
    source.exec("DROP DATABASE IF EXISTS d");
    return;
  }
  const auto client = source.superuser();
  client->exec("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL");
  const bool left = wait_until(20s, [&] { return client->value("SELECT count(*) FROM pg_replication_slots WHERE active") == "0"; });
  if (!left) throw std::runtime_error("a slot of an earlier life stays active");
  client->exec("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
  for (const TextRow& row : client->query("SELECT pubname FROM pg_publication")) {
    client->exec("DROP PUBLICATION " + sql_name(Dialect::postgres, row.at(0).value()));
  }
  client->exec("DROP SCHEMA IF EXISTS d CASCADE");
}

/// Of PostgreSQL: most of it is sent before it ends; some is rolled back, and what is left is more than is kept in memory.
void large_transaction(DatabaseServer& source) {
  const auto client = source.client("d");
  client->exec("BEGIN; UPDATE archive SET n = n + 1; SAVEPOINT large; INSERT INTO heap SELECT h.* FROM heap h, generate_series(1, 3)");
  client->query("SELECT pg_sleep(0.3)");  // what is rolled back at once is not sent
  client->exec(
      "ROLLBACK TO SAVEPOINT large; UPDATE archive SET n = n + 1;"
      "DO $$ BEGIN FOR i IN 1..40 LOOP UPDATE swollen SET t = repeat(md5(i::text), 2000); END LOOP; END $$; COMMIT");
}

/// False: it has ended before `holds`.
bool goes_on_until(TidemarkProcess& daemon, const char* otherwise, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + kLifeLongest;
  while (!daemon.wait(50ms)) {
    if (holds()) return true;
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error(fmt::format("it {} in {} s", otherwise, kLifeLongest.count()));
  }
  return false;
}

}  // namespace

Scene::Scene(DatabaseServer& source, DatabaseServer* sink, uint64_t seed) : source_(source), sink_(sink), target_(directory_, sink) {
  empty_source(source);
  if (sink) empty_sink(*sink);
  create_ledger(source, LedgerSize{500, 300, 100, 40});
  const auto client = source.client("d");
  client->exec(kHeap);
  client->exec(kLate);
  if (source.dialect() == Dialect::postgres) {
    client->exec("ALTER TABLE heap REPLICA IDENTITY FULL");
    client->exec(kScanned);
  }
  pipeline_.include = {"d.*"};
  pipeline_.pipeline_yaml = "snapshot: {chunk_rows: 50, adapt: false, chunk_bytes: 64KiB}\nretry: {initial: 50ms, max: 200ms}";
  select_all_but("late");
  writers_ = std::make_unique<LedgerWriters>(source, seed, kWriterPauseMs);
}

void Scene::select_all_but(const std::string& table) {
  not_selected_ = table;
  pipeline_.tables_yaml = "exclude: [\"d." + table + "\"]";
  config_ = target_.configure(source_, pipeline_);
}

TidemarkProcess Scene::start(const std::string& failpoints, std::vector<std::string> arguments) {
  std::vector<std::pair<std::string, std::string>> environment;
  if (!failpoints.empty()) environment.emplace_back("TIDEMARK_FAILPOINTS", failpoints);
  return TidemarkProcess(directory_, config_, std::move(arguments), environment);
}

void Scene::lose_things() {
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(state_path(directory_) + suffix);
  if (sink_)
    sink_->exec("DROP TABLE d.archive");
  else
    SqliteFile(sqlite_path(directory_)).exec("DROP TABLE archive");
  select_all_but("label");
}

bool Scene::dies(Life life, const std::string& point, uint64_t hit) {
  if (!killed(life, fmt::format("{}=kill@{}", point, hit))) return false;
  const std::string said = fmt::format("failpoint {} kills at hit {}\n", point, hit);
  if (read_file(directory_.file("tidemark.log")).find(said) == std::string::npos) throw std::runtime_error("something else killed it");
  return true;
}

bool Scene::killed(Life life, const std::string& failpoints) {
  if (life == Life::verify) return verify_killed(failpoints);
  if (life == Life::resumed) {
    TidemarkProcess before = start("");
    if (daemon_killed(before, false)) throw std::runtime_error("a daemon without failpoints was killed");
    lose_things();
  }
  TidemarkProcess daemon = start(failpoints);
  return daemon_killed(daemon, true);
}

bool Scene::daemon_killed(TidemarkProcess& daemon, bool disturbed) {
  if (goes_on_until(daemon, "did not finish its copy", [&] { return view_pipeline(config_).copied(); })) {
    if (disturbed) disturb(daemon);
    if (!daemon.wait(kStreamed)) daemon.signal(SIGTERM);
  }
  const auto status = daemon.wait(kLifeLongest);
  if (!status) throw std::runtime_error("it did not stop");
  if (*status != kKilled && *status != 0) throw std::runtime_error(fmt::format("it ended by itself with exit status {}", *status));
  return *status == kKilled;
}

/// While it streams: the log goes on in another file, then each of its ends loses the connection.
void Scene::disturb(TidemarkProcess& daemon) {
  if (source_.dialect() == Dialect::mysql) {
    source_.exec("FLUSH BINARY LOGS");
  } else {
    large_transaction(source_);
    source_.superuser()->exec("SELECT pg_switch_wal()");
  }
  for (const bool at_source : {true, false}) {
    if (!at_source && sink_ == nullptr) return;
    std::string before;
    if (!goes_on_until(daemon, "has no replication connection", [&] { return !(before = dump_connection()).empty(); })) return;
    if (daemon.wait(100ms)) return;
    if (at_source)
      cut(source_, before);
    else
      cut_sink(*sink_);
    const auto connected_again = [&] {
      const std::string now = dump_connection();
      return !now.empty() && now != before;
    };
    if (!goes_on_until(daemon, "did not connect again", connected_again)) return;
  }
}

/// The number of the daemon's connection that gets the log; empty while there is none.
std::string Scene::dump_connection() {
  if (source_.dialect() == Dialect::postgres) {
    return source_.superuser()->value("SELECT MAX(active_pid) FROM pg_replication_slots WHERE active AND plugin = 'pgoutput'");
  }
  return source_.value("SELECT MAX(id) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'");
}

bool Scene::verify_killed(const std::string& failpoints) {
  TidemarkProcess daemon = start("sink.begin=sleep:20");  // it lags, so that there is something to replay
  if (!goes_on_until(daemon, "did not finish its copy", [&] { return view_pipeline(config_).copied(); })) {
    throw std::runtime_error("a daemon that is to go on has ended");
  }
  TidemarkProcess verify = start(failpoints, {"verify", pipeline_.name, "-c", config_});
  const auto status = verify.wait(kLifeLongest);
  if (!status) throw std::runtime_error("tidemark verify does not end");
  if (*status != kKilled && *status != 0) throw std::runtime_error(fmt::format("tidemark verify ended with {}", *status));
  daemon.kill9();
  return *status == kKilled;
}

std::map<std::string, uint64_t> Scene::hits(Life life) {
  std::string all;
  for (const std::string_view name : kFailpoints) all += fmt::format("{}{}=trace", all.empty() ? "" : ",", name);
  if (killed(life, all)) throw std::runtime_error("what only traces failpoints was killed");
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
  const auto from = source_.client();
  if (sink_) return compare_dumps(*from, *sink_->client(), not_selected_);
  if (!std::filesystem::exists(sqlite_path(directory_))) return {"there is no SQLite file"};
  SqliteFile to(sqlite_path(directory_));
  return compare_dumps(*from, to, not_selected_);
}

/// Waits for the last transaction of the writers, and then for the copy, which may still be under way.
std::string Scene::differs_from_source(TidemarkProcess& daemon) {
  std::vector<std::string> found;
  wait_until(kEqualWithin, [&] {
    if (!daemon.running()) return true;
    try {
      const std::string there = target_.value("count(*)", "d", "ledger"), here = source_.value("SELECT COUNT(*) FROM d.ledger");
      found = {fmt::format("{} of {} transactions are there", there.empty() ? "0" : there, here)};
      if (there != here) return false;
      found = differences();
    } catch (const std::runtime_error& error) {  // its tables are being made
      found = {error.what()};
    }
    return found.empty();
  });
  if (!daemon.running()) return "the daemon that should recover has ended";
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(found.size(), 5); ++i) text += "\n    " + found[i].substr(0, 160);
  if (text.empty()) return text;
  const PipelineView view = view_pipeline(config_);
  return fmt::format(
      "the sink differs from the source: the pipeline is {}, {}, {} tables to copy, {} changes read, {} applied, {} dropped{}", view.state,
      view.reason + view.error, view.tables_left, view.changes_read, view.changes_applied, view.changes_dropped, text);
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
