// A MariaDB with the ledger workload's tables, a sink, and tidemark's configuration between them, in a directory of their own: where
// tests of tidemark's life begin. Owned by one test.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "servers/database.h"
#include "servers/mariadb_server.h"
#include "servers/pipeline_config.h"
#include "servers/tidemark_process.h"
#include "workload/ledger.h"
#include "workload/ledger_count.h"
#include "workload/ledger_watcher.h"
#include "workload/sink_side.h"

namespace tidemark::test {

inline const std::vector<std::string> kNoDifference;

class LedgerPlace {
 public:
  /// No server: into an SQLite file. Small tables, chunks of 50 rows.
  explicit LedgerPlace(DatabaseServer* server, const std::string& pipeline_yaml = {});

  /// Writes the configuration anew, after `pipeline` was changed.
  void configure() { config = sink.configure(source, pipeline); }
  TidemarkProcess start(const std::string& failpoints = {}, std::vector<std::string> arguments = {}) const;
  std::unique_ptr<LedgerWatcher> watch() const;
  /// False when it has not happened within a minute.
  bool wait_for_copy() const;
  /// Runs it until the sink is equal, and stops it; gives what still differs, and its log when it did not end in order.
  std::vector<std::string> go_on();
  /// How many transactions of the workload the position row stands for.
  uint64_t transactions_saved() { return count->at(sink.position()).value(); }

  MariadbServer source;
  TempDir directory;
  SinkSide sink;
  DatabaseServer* server;
  PipelineFile pipeline;
  std::string config;
  std::shared_ptr<LedgerCount> count;
};

}  // namespace tidemark::test
