// Holds a commit between the log and its visibility. MySQL and MariaDB: semi-synchronous replication without a replica, waiting after the
// log is synced. PostgreSQL: a synchronous standby that does not exist. The transaction is in the log, and is sent to whoever reads that,
// while no SELECT sees it. Owned by one test; the destructor lets go.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "servers/database.h"
#include "servers/mysql_family_server.h"
#include "servers/postgres_server.h"

namespace tidemark::test {

class CommitStall {
 public:
  /// MySQL gets the plugin; MariaDB has it built in, but must have been started with options(), PostgreSQL with postgres_options().
  explicit CommitStall(DatabaseServer& server);
  ~CommitStall();
  CommitStall(const CommitStall&) = delete;
  CommitStall& operator=(const CommitStall&) = delete;
  static MysqlOptions options(bool mariadb, bool gtid = true);
  static PostgresOptions postgres_options();

  /// Commits are held from now on until release().
  void arm();
  /// Commits are held for a while.
  void hold_for(std::chrono::milliseconds limit);
  /// Runs a transaction whose commit is held; returns when it is in the log. False when that does not happen.
  bool hold(const std::string& database, const std::string& transaction);
  /// Commits are no longer held; with hold(): returns when its commit has ended.
  void release();

 private:
  void semi_sync(std::chrono::milliseconds limit);
  std::string variable(const std::string& name) const;
  bool in_the_log(const std::string& before);
  std::string log_end();

  DatabaseServer& server_;
  const std::string engine_;
  std::unique_ptr<DatabaseClient> admin_, held_;
};

}  // namespace tidemark::test
