// Holds a commit between the log and its visibility: semi-synchronous replication without a replica, waiting after the log is synced.
// The transaction is in the binlog, and is sent to whoever reads that, while no SELECT sees it. Owned by one test; the destructor
// lets go.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "servers/mysql_family_server.h"

namespace tidemark::test {

class CommitStall {
 public:
  /// MySQL gets the plugin; MariaDB has it built in and must have been started with options().
  explicit CommitStall(MysqlFamilyServer& server);
  ~CommitStall();
  CommitStall(const CommitStall&) = delete;
  CommitStall& operator=(const CommitStall&) = delete;
  static MysqlOptions options(bool mariadb, bool gtid = true);

  /// Commits are held from now on, for this long at most.
  void arm(std::chrono::milliseconds limit = std::chrono::seconds(60));
  /// Runs a transaction whose commit is held; returns when it is in the log. False when that does not happen.
  bool hold(const std::string& database, const std::string& transaction);
  /// Commits are no longer held; with hold(): returns when its commit has ended.
  void release();
  /// Where the log ends now.
  std::string log_end();

 private:
  std::string variable(const std::string& name) const;

  MysqlFamilyServer& server_;
  bool mariadb_;
  std::optional<MysqlClient> held_;
};

}  // namespace tidemark::test
