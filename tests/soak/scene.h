// The world of a soak round: a source with its writers, a sink with its watcher, proxies before both, and the daemon between them; and
// what can break in it. Everything is drawn from the round's seed (the threads' order is not, of course). Owned by one round; one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "servers/database.h"
#include "servers/fault_proxy.h"
#include "servers/pipeline_config.h"
#include "servers/tidemark_process.h"
#include "soak/schema.h"
#include "soak/writers.h"
#include "workload/ledger_watcher.h"
#include "workload/sink_side.h"

namespace tidemark::test {

class Scene {
 public:
  /// Engines that are empty are drawn.
  Scene(uint64_t seed, std::string source, std::string sink);

  /// "mysql without GTID, row image MINIMAL, into sqlite, 9 tables".
  const std::string& title() const { return title_; }
  /// Starts the daemon, at times with places where it dies or dawdles.
  void start(bool may_die);
  /// Draws a fault, lets it happen and repairs what broke. Throws std::runtime_error when the daemon did what it must not.
  void fault();
  /// Waits for the end of the copy, for so long at most.
  void wait_for_copy(std::chrono::milliseconds limit);
  /// Nothing breaks any more: the writers end, a daemon that dies nowhere goes on.
  void calm_down();
  /// What is wrong in the end; empty when the sink is equal by two judges and was whole all the time.
  std::vector<std::string> verdict();
  /// The daemon's and the source's logs, the configuration and the tables' definitions, for a person to read.
  void keep(const std::string& directory, const std::vector<std::string>& problems);

  const std::map<std::string, int>& faults() const { return faults_; }
  const SoakWriters& writers() const { return *writers_; }
  const LedgerWatcher& watcher() const { return *watcher_; }

 private:
  std::unique_ptr<DatabaseServer> start_source();
  std::unique_ptr<DatabaseServer> start_mysql_source();
  std::unique_ptr<DatabaseServer> start_postgres_source();
  void configure();
  void pause(int longest_ms);
  void check_alive();
  size_t starts_in_log() const;
  void break_daemon(int kind);
  void break_network(FaultProxy& proxy, const std::string& side);
  void strike(FaultProxy& proxy, const std::string& side);
  void break_source();
  void break_sink();

  const uint64_t seed_;
  Rng rng_;
  const std::string source_engine_, sink_engine_;
  std::string title_;
  bool checksums_ = true;  // of the source's log
  std::string source_yaml_;
  size_t starts_before_ = 0;                              // daemons that had begun when the latest was started
  bool armed_ = false;                                    // the daemon may kill itself
  std::unique_ptr<DatabaseServer> source_, sink_server_;  // no server for SQLite
  std::vector<SoakTable> tables_;
  TempDir directory_;
  SinkSide sink_;
  std::unique_ptr<FaultProxy> source_proxy_, sink_proxy_;
  std::string config_;
  std::unique_ptr<LedgerWatcher> watcher_;
  std::unique_ptr<SoakWriters> writers_;
  std::unique_ptr<TidemarkProcess> daemon_;
  std::map<std::string, int> faults_;
};

}  // namespace tidemark::test
