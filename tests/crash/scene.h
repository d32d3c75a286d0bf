// One source that is written to, an empty sink, and a daemon that dies at a failpoint, is started again, and must end up equal for two
// judges. Made anew for every cell of the matrix, on servers that stay. Owned by its lane; one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "servers/database.h"
#include "servers/pipeline_config.h"
#include "servers/tidemark_process.h"
#include "workload/ledger.h"
#include "workload/sink_target.h"

namespace tidemark::test {

/// What is to die, and what it begins with. A daemon copies, follows the log into another of its files, loses each of its connections
/// once, and is stopped.
enum class Life : uint8_t {
  fresh,    // a daemon; nothing at the sink, no state file
  resumed,  // a daemon; a finished copy, but the state file is lost, the sink lost a table, another table is selected and one no longer is
  verify,   // `tidemark verify` beside a daemon that follows the log
};
inline constexpr std::array kLives = {Life::fresh, Life::resumed, Life::verify};
inline const char* name_of(Life life) { return life == Life::fresh ? "fresh" : life == Life::resumed ? "resumed" : "verify"; }

class Scene {
 public:
  /// Into SQLite without a server. What an earlier scene left on the servers is removed.
  Scene(DatabaseServer& source, DatabaseServer* sink, uint64_t seed);

  /// How often a life from its start to its end passes each failpoint.
  std::map<std::string, uint64_t> hits(Life life);
  /// One life that is to be killed at this hit of a failpoint. True: it was, and said so; false: it came to its end.
  bool dies(Life life, const std::string& point, uint64_t hit);
  /// Started without failpoints until all is equal. What is wrong then, empty when nothing is.
  std::string recovers();
  std::string log_tail() const { return tail(directory_.file("tidemark.log"), 25); }

 private:
  bool killed(Life life, const std::string& failpoints);
  bool daemon_killed(TidemarkProcess& daemon, bool disturbed);
  bool verify_killed(const std::string& failpoints);
  void disturb(TidemarkProcess& daemon);
  std::string dump_connection();
  void lose_things();
  void select_all_but(const std::string& table);
  TidemarkProcess start(const std::string& failpoints, std::vector<std::string> arguments = {});
  std::vector<std::string> differences();
  std::string differs_from_source(TidemarkProcess& daemon);

  DatabaseServer& source_;
  DatabaseServer* sink_;
  TempDir directory_;
  SinkTarget target_;
  PipelineFile pipeline_;
  std::string config_, not_selected_;
  std::unique_ptr<LedgerWriters> writers_;
};

}  // namespace tidemark::test
