#include "soak/scene.h"

#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "servers/wait.h"
#include "workload/ledger.h"
#include "workload/pair.h"
#include "workload/pipeline_view.h"

namespace tidemark::test {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

Protocol protocol_of(const DatabaseServer& server) { return server.dialect() == Dialect::postgres ? Protocol::postgres : Protocol::mysql; }

}  // namespace

Scene::Scene(uint64_t seed, std::string source, std::string sink)
    : seed_(seed),
      rng_(seed),
      source_engine_(!source.empty() ? std::move(source)
                     : seed % 2 == 1 ? "mysql"
                                     : "mariadb"),
      sink_engine_(!sink.empty()       ? std::move(sink)
                   : seed / 2 % 2 == 1 ? "sqlite"
                                       : "postgres"),
      source_(start_source()),
      sink_server_(make_sink(sink_engine_)),
      sink_(directory_, sink_server_.get()) {
  create_ledger(*source_, LedgerSize{1500, 800, 200, 40});
  tables_ = draw_tables(rng_, *source_, sink_engine_);
  create_tables(*source_, "d", tables_, rng_);
  title_ += fmt::format("into {}, {} tables", sink_engine_, tables_.size() + kLedgerTables);
  source_proxy_ = std::make_unique<FaultProxy>(source_->port(), protocol_of(*source_));
  if (sink_server_) sink_proxy_ = std::make_unique<FaultProxy>(sink_server_->port(), protocol_of(*sink_server_));
  configure();
  watcher_ = std::make_unique<LedgerWatcher>(sink_server_ ? ledger_in(*sink_server_) : ledger_in(sqlite_path(directory_)),
                                             std::make_shared<LedgerCount>(*source_), kLedgerTables + tables_.size());
  writers_ = std::make_unique<SoakWriters>(*source_, tables_, rng_.next(), 2 + rng_.below(12));
}

std::unique_ptr<DatabaseServer> Scene::start_source() {
  return source_engine_ == "postgres" ? start_postgres_source() : start_mysql_source();
}

std::unique_ptr<DatabaseServer> Scene::start_postgres_source() {
  PostgresOptions options;
  options.extra = {"synchronous_commit=on"};  // or a server that is killed loses what it committed
  // transactions are sent before they end
  if (rng_.percent(60)) options.extra.push_back("logical_decoding_work_mem=64kB");
  options.other_version = rng_.percent(40);
  const char* streaming = rng_.one_in(3) ? "off" : rng_.one_in(2) ? "on" : "parallel";
  source_yaml_ = fmt::format("streaming: {}", options.other_version || streaming[0] != 'p' ? streaming : "on");
  title_ = fmt::format("postgres{}, {}, ", options.other_version ? " of another version" : "", source_yaml_);
  for (const std::string& setting : options.extra) title_ += setting + ", ";
  return make_source("postgres", {}, options);
}

std::unique_ptr<DatabaseServer> Scene::start_mysql_source() {
  const bool mysql = source_engine_ == "mysql";
  MysqlOptions options;
  options.full_metadata = !rng_.percent(20);
  options.row_image = rng_.percent(60) ? "FULL" : rng_.one_in(2) ? "MINIMAL" : "NOBLOB";
  options.gtid = !mysql || !rng_.percent(25);
  if (rng_.percent(25)) options.extra.push_back(mysql ? "--binlog-transaction-compression=ON" : "--log-bin-compress=ON");
  if (mysql && rng_.percent(25)) options.extra.push_back("--binlog-row-value-options=PARTIAL_JSON");
  checksums_ = !rng_.percent(20);
  if (!checksums_) options.extra.push_back("--binlog-checksum=NONE");
  title_ = fmt::format("{}{}, row image {}{}", source_engine_, options.gtid ? "" : " without GTID", options.row_image,
                       options.full_metadata ? "" : ", short metadata");
  for (const std::string& flag : options.extra) title_ += ", " + flag.substr(2);
  title_ += ", ";
  return make_source(source_engine_, options);
}

void Scene::configure() {
  PipelineFile file;
  file.include = {"d.*"};
  for (const SoakTable& table : tables_) {
    if (table.key.name == "logical" && table.key.dialect == Dialect::mysql) file.tables_yaml = logical_keys_yaml("d");
  }
  file.pipeline_yaml = fmt::format("snapshot: {{workers: {}, chunk_rows: {}, adapt: {}}}\nretry: {{initial: 100ms, max: 1s}}",
                                   1 + rng_.below(3), 20 + rng_.below(150), rng_.one_in(4) ? "true" : "false");
  file.source_yaml = source_yaml_;
  file.source_port = source_proxy_->port();
  if (sink_proxy_) file.sink_port = sink_proxy_->port();
  config_ = sink_.configure(*source_, file);
}

void Scene::start(bool may_die) {
  static const std::vector<std::string> points{"chunk.before_open",   "chunk.view_open",    "chunk.after_read",   "reader.after_read",
                                               "sink.begin",          "sink.after_rows",    "sink.before_commit", "sink.after_commit",
                                               "session.after_write", "state.before_write", "state.after_write",  "state.after_save"};
  std::string places;
  if (may_die && rng_.percent(60)) places = fmt::format("chunk.after_read=sleep:{}", 10 + rng_.below(50));
  armed_ = may_die && rng_.percent(35);
  if (armed_) {
    const std::string& point = points[rng_.below(static_cast<uint32_t>(points.size()))];
    if (places.empty() || point != "chunk.after_read") {
      places += fmt::format("{}{}=kill@{}", places.empty() ? "" : ",", point, 1 + rng_.below(rng_.one_in(3) ? 80 : 8));
    }
  }
  std::vector<std::pair<std::string, std::string>> environment;
  if (!places.empty()) environment.emplace_back("TIDEMARK_FAILPOINTS", places);
  starts_before_ = starts_in_log();
  daemon_ = std::make_unique<TidemarkProcess>(directory_, config_, std::vector<std::string>{}, environment);
}

size_t Scene::starts_in_log() const {
  const std::string log = read_file(directory_.file("tidemark.log"));
  size_t found = 0;
  for (size_t at = log.find(" started: "); at != std::string::npos; at = log.find(" started: ", at + 1)) ++found;
  return found;
}

/// It runs, or it has killed itself where it was told to and is started again.
void Scene::check_alive() {
  if (daemon_->running()) return;
  const int status = daemon_->wait(0ms).value_or(-1);
  if (!armed_ || status != 128 + SIGKILL) throw std::runtime_error(fmt::format("the daemon ended by itself with {}", status));
  ++faults_["killed at a point"];
  start(true);
}

void Scene::pause(int longest_ms) {
  const auto end = std::chrono::steady_clock::now() + milliseconds(20 + rng_.below(longest_ms));
  while (std::chrono::steady_clock::now() < end) {
    check_alive();
    std::this_thread::sleep_for(10ms);
  }
}

void Scene::fault() {
  pause(1500);
  const int kind = rng_.below(20);
  if (kind < 8) return break_daemon(kind);
  if (kind < 12) return break_source();
  if (kind < 15) return break_network(*source_proxy_, "source");
  if (!sink_server_) return break_daemon(kind);
  if (kind < 18) return break_network(*sink_proxy_, "sink");
  break_sink();
}

void Scene::break_daemon(int kind) {
  if (kind % 3 != 0) {
    daemon_->kill9();
    ++faults_["kill -9"];
  } else {
    // a process that is told to end before it is a daemon ends as any other
    wait_until(20s, [&] { return starts_in_log() > starts_before_ || !daemon_->running(); });
    const int status = daemon_->stop();
    if (status != 0 && !(armed_ && status == 128 + SIGKILL)) {
      throw std::runtime_error(fmt::format("SIGTERM ended the daemon with {}", status));
    }
    ++faults_["SIGTERM"];
  }
  start(true);
}

void Scene::break_source() {
  if (rng_.one_in(2)) {
    source_->stop();
    ++faults_["source stopped"];
  } else {
    source_->kill9();
    ++faults_["source killed"];
  }
  // a daemon that is started while its source is away has to wait for it
  if (rng_.one_in(4)) break_daemon(rng_.below(3));
  if (rng_.one_in(2)) pause(1500);
  source_->restart();
}

void Scene::break_network(FaultProxy& proxy, const std::string& side) {
  const int kind = rng_.below(6);
  if (kind < 2) {
    proxy.stall();
    ++faults_[side + " stalled"];
    pause(rng_.one_in(4) ? 14000 : 2500);
  } else if (kind == 2) {
    proxy.cut();
    ++faults_[side + " cut"];
    pause(rng_.one_in(2) ? 100 : 1500);
  } else if (kind == 3) {
    const size_t piece = rng_.one_in(2) ? 1 : 0;
    proxy.slow_down(piece, static_cast<uint64_t>(5000 + rng_.below(200000)));
    ++faults_[side + " slow"];
    pause(2500);
  } else {
    strike(proxy, side);
  }
  proxy.resume();
}

/// A connection ends at a byte, an event or around a COMMIT, or a bit is flipped where a checksum sees it; when it comes to that.
void Scene::strike(FaultProxy& proxy, const std::string& side) {
  const bool source = &proxy == source_proxy_.get();
  Fault fault{rng_.one_in(2) ? Fault::Kind::reset : Fault::Kind::close};
  const Direction direction = rng_.one_in(2) ? Direction::up : Direction::down;
  Trigger trigger = Trigger::byte(direction, static_cast<uint64_t>(rng_.below(50000)));
  std::string what = " cut at a byte";
  if (!source && rng_.one_in(2)) {
    trigger = rng_.one_in(2) ? Trigger::statement("COMMIT", static_cast<uint64_t>(1 + rng_.below(3))) : Trigger::answer("COMMIT");
    what = " cut at a COMMIT";
  } else if (source && source_->dialect() == Dialect::mysql && rng_.percent(60)) {
    const int event = 1 + rng_.below(100), byte = rng_.below(60);
    trigger = Trigger::event(std::nullopt, static_cast<uint64_t>(event), byte);
    what = " cut at an event";
    if (checksums_ && rng_.one_in(2)) {
      fault = {Fault::Kind::flip, false, static_cast<unsigned>(rng_.below(8))};
      what = " flipped a bit";
    }
  }
  proxy.arm(std::move(trigger), fault);
  pause(2500);
  if (proxy.struck()) ++faults_[side + what];
  proxy.disarm();
}

void Scene::break_sink() {
  watcher_->let_sink_be_away(true);
  if (rng_.one_in(2)) {
    sink_server_->stop();
    ++faults_["sink stopped"];
  } else {
    sink_server_->kill9();
    ++faults_["sink killed"];
  }
  if (rng_.one_in(2)) pause(1000);
  sink_server_->restart();
  std::this_thread::sleep_for(200ms);  // the watcher, too, has connected again
  watcher_->let_sink_be_away(false);
}

void Scene::wait_for_copy(milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!watcher_->copied() && std::chrono::steady_clock::now() < end) pause(100);
}

void Scene::calm_down() {
  check_alive();
  if (armed_) {
    daemon_->kill9();
    start(false);
  }
  writers_->finish();
}

std::vector<std::string> Scene::verdict() {
  const auto written = std::stoull(source_->value("SELECT COUNT(*) FROM d.ledger"));
  const auto done = [&] { return watcher_->copied() && sink_.ledger_rows() == written; };
  wait_until(180s, [&] { return done() || !daemon_->running(); });
  std::vector<std::string> out;
  if (!daemon_->running()) return {fmt::format("the daemon ended with {}", daemon_->wait(0ms).value_or(-1))};
  if (!done()) {
    const PipelineView view = view_pipeline(config_);
    out.push_back(fmt::format("it does not converge: {} of {} transactions, {}, {} {}", sink_.ledger_rows(), written,
                              watcher_->copied() ? "copied" : "copying", view.state, view.error));
  } else {
    out = sink_.differences_after(20s, *source_);
    const Finished verified = run_tidemark({"verify", "shop", "-c", config_}, 180s);
    if (verified.exit != 0) out.push_back(fmt::format("verify: exit {}\n{}{}", verified.exit, verified.out, verified.err));
    PipelineView view;
    const bool balanced = wait_until(5s, [&] {
      view = view_pipeline(config_);
      return view.answers && view.changes_read == view.changes_applied + view.changes_dropped;
    });
    if (!balanced) {
      out.push_back(fmt::format("changes do not balance: {} in, {} applied, {} dropped", view.changes_read, view.changes_applied,
                                view.changes_dropped));
    }
  }
  if (const int status = daemon_->stop(); status != 0) out.push_back(fmt::format("SIGTERM ended the daemon with {}", status));
  watcher_->stop();
  for (const std::string& finding : watcher_->findings()) out.push_back("seen in the sink: " + finding);
  return out;
}

void Scene::keep(const std::string& directory, const std::vector<std::string>& problems) {
  namespace fs = std::filesystem;
  if (daemon_) daemon_->kill9();
  fs::create_directories(directory);
  for (const char* name : {"tidemark.log", "tidemark.yaml", "state.db", "sink.db"}) {
    if (fs::exists(directory_.file(name))) {
      fs::copy_file(directory_.file(name), fs::path(directory) / name, fs::copy_options::overwrite_existing);
    }
  }
  fs::copy_file(source_->log_file(), fs::path(directory) / "source.log", fs::copy_options::overwrite_existing);
  std::ofstream story(fs::path(directory) / "story.txt");
  story << fmt::format("seed {}: {}\n", seed_, title_);
  for (const auto& [name, times] : faults_) story << fmt::format("{} x {}\n", times, name);
  for (const std::string& problem : problems) story << problem << "\n";
  try {
    for (const SoakTable& table : tables_) {
      story << table.key.name << ":";
      for (const TypeCase& column : table.columns) story << " " << column.column << " " << column.type << ",";
      story << "\n";
      if (source_->dialect() == Dialect::postgres) continue;
      story << source_->query("SHOW CREATE TABLE d." + table.key.name).at(0).at(1).value_or("") << ";\n";
    }
  } catch (const std::exception& e) {
    story << "the source does not answer: " << e.what() << "\n";
  }
}

}  // namespace tidemark::test
