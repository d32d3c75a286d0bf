// A primary and a standby that streams from it, both of the newest version of PostgreSQL. Owned by one case, used by its thread.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "servers/live_pipeline.h"
#include "servers/postgres_server.h"
#include "servers/wait.h"
#include "support/catch.h"

namespace tidemark::test {

inline PostgresOptions cluster_options(const PostgresServer* primary, std::vector<std::string> extra) {
  PostgresOptions out;
  out.is_source = true;
  out.other_version = true;
  out.standby_of = primary;
  out.extra = std::move(extra);
  out.extra.push_back("synchronous_commit=on");  // a commit is in the log when it returns
  return out;
}

struct Cluster {
  explicit Cluster(const std::vector<std::string>& at_primary = {}, const std::vector<std::string>& at_standby = {})
      : primary(cluster_options(nullptr, at_primary)), standby(cluster_options(&primary, at_standby)) {}

  /// What the primary has done so far is in the standby, too.
  void standby_catches_up() {
    const std::string end = primary.superuser()->value("SELECT pg_current_wal_flush_lsn()");
    REQUIRE(wait_until(std::chrono::seconds(30), [&] { return standby.value("SELECT pg_last_wal_replay_lsn() >= '" + end + "'") == "t"; }));
  }
  void publish(const std::string& pipeline, const std::string& table) {
    primary.superuser()->exec("CREATE PUBLICATION tidemark_" + pipeline + " FOR TABLE " + table);
    standby_catches_up();
  }
  /// A slot on the standby begins where the primary says which transactions run, which an idle one does not by itself.
  void say_what_runs() { primary.superuser()->exec("SELECT pg_log_standby_snapshot()"); }
  bool follows(LivePipeline& pipeline) {
    return wait_until(std::chrono::seconds(60), [&] {
      say_what_runs();
      return pipeline.state() == "streaming";
    });
  }

  PostgresServer primary, standby;
};

}  // namespace tidemark::test
