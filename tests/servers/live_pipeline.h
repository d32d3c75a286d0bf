// One pipeline under test: its directory, configuration, daemon, and the comparison of its two sides. Into a server when one is given,
// else into SQLite. The servers are the caller's. Owned by one test, used by one thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "servers/database.h"
#include "servers/mysql_family_server.h"
#include "servers/pipeline_config.h"
#include "servers/postgres_server.h"
#include "servers/tidemark_process.h"

namespace tidemark::test {

class LivePipeline {
 public:
  /// Captures all of `database`, a schema in PostgreSQL; `settings` may hold anything else.
  LivePipeline(DatabaseServer& source, DatabaseServer* sink, std::string database, PipelineFile settings = {});

  /// Writes the configuration, for a command that is not `run`.
  void write();
  void start(std::vector<std::pair<std::string, std::string>> environment = {});
  /// SIGTERM, its exit code.
  int stop() { return daemon_->stop(); }
  /// Waits for it to end by itself; -1 when it does not.
  int exit_code(std::chrono::milliseconds limit = std::chrono::seconds(60));
  /// Changes what the next start reads.
  PipelineFile& settings() { return settings_; }
  TidemarkProcess& daemon() { return *daemon_; }
  const std::string& config() const { return config_; }
  const TempDir& directory() const { return directory_; }

  /// Of the pipeline: "copying", "streaming", "reconnecting", ...; empty when nobody answers.
  std::string state() const;
  bool reaches(const std::string& state, std::chrono::milliseconds limit = std::chrono::seconds(60)) const;
  /// A field of the pipeline in /v1/status, by a JSON pointer such as "/last_error/kind"; empty when it is missing.
  std::string status(const std::string& pointer) const;
  std::vector<std::string> differences();
  /// Equal within `limit`; prints the log and the first differences when it is not.
  bool becomes_equal(std::chrono::milliseconds limit = std::chrono::seconds(60));
  /// A number from the sink; -1 while the table is not there. `{t}` in the statement stands for the table's name at the sink.
  long long sink_number(const std::string& sql, const std::string& table);
  std::string sink_value(const std::string& sql, const std::string& table);
  void sink_exec(const std::string& sql, const std::string& table);
  bool log_has(const std::string& text) const;

 private:
  std::string on_table(std::string sql, const std::string& table) const;

  DatabaseServer& source_;
  DatabaseServer* sink_;
  std::string database_;
  PipelineFile settings_;
  TempDir directory_;
  std::string config_;
  std::unique_ptr<TidemarkProcess> daemon_;
};

}  // namespace tidemark::test
