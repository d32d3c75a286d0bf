// One source that is written to, an empty sink, and a daemon that dies at a failpoint, is started again, and must end up equal for two
// judges. Made anew for every cell of the matrix, on servers that stay. Owned by main; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "servers/mysql_family_server.h"
#include "servers/pipeline_config.h"
#include "servers/postgres_server.h"
#include "servers/tidemark_process.h"
#include "workload/ledger.h"
#include "workload/sink_target.h"

namespace tidemark::test {

/// What a daemon begins with when it is to die.
enum class Life : uint8_t {
  fresh,    // nothing at the sink, no state file
  resumed,  // a finished copy, but the state file is lost, the sink lost a table, another table is selected and one no longer is
};
inline const char* name_of(Life life) { return life == Life::fresh ? "fresh" : "resumed"; }

class Scene {
 public:
  /// Into PostgreSQL, or into SQLite without a server. What an earlier scene left on the servers is removed.
  Scene(MysqlFamilyServer& source, PostgresServer* sink, uint64_t seed);

  /// How often a life from its start to its end passes each failpoint.
  std::map<std::string, uint64_t> hits(Life life);
  /// One life with these failpoints, which ends in SIGTERM. True: it was killed before its end.
  bool dies(Life life, const std::string& failpoints);
  /// Started without failpoints until all is equal. What is wrong then, empty when nothing is.
  std::string recovers();
  std::string log_tail() const { return tail(directory_.file("tidemark.log"), 25); }

 private:
  void begin(Life life);
  void lose_things();
  void select_all_but(const std::string& table);
  TidemarkProcess start(const std::string& failpoints);
  std::vector<std::string> differences();
  std::string differs_from_source(TidemarkProcess& daemon);

  MysqlFamilyServer& source_;
  PostgresServer* sink_;
  TempDir directory_;
  SinkTarget target_;
  PipelineFile pipeline_;
  std::string config_, not_selected_;
  std::unique_ptr<LedgerWriters> writers_;
};

}  // namespace tidemark::test
