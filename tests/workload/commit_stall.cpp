#include "workload/commit_stall.h"

#include <fmt/core.h>

#include "servers/wait.h"

namespace tidemark::test {

MysqlOptions CommitStall::options(bool mariadb, bool gtid) {
  MysqlOptions out;
  out.gtid = gtid;
  if (mariadb) out.extra = {"--rpl-semi-sync-master-wait-point=AFTER_SYNC"};
  return out;
}

CommitStall::CommitStall(MysqlFamilyServer& server) : server_(server), mariadb_(server.engine() == "mariadb") {
  if (mariadb_) return;
  if (server_.value("SELECT COUNT(*) FROM information_schema.plugins WHERE plugin_name = 'rpl_semi_sync_source'") == "0")
    server_.exec("SET sql_log_bin = 0; INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'; SET sql_log_bin = 1");
  server_.exec("SET GLOBAL rpl_semi_sync_source_wait_point = AFTER_SYNC");
}

CommitStall::~CommitStall() {
  try {
    release();
  } catch (const std::exception&) {  // the server may have gone already
    held_.reset();
  }
}

std::string CommitStall::variable(const std::string& name) const {
  return fmt::format("GLOBAL rpl_semi_sync_{}_{}", mariadb_ ? "master" : "source", name);
}

void CommitStall::arm(std::chrono::milliseconds limit) {
  // once its time is over it stays off by itself, until it is enabled anew
  server_.exec(
      fmt::format("SET {} = {}; SET {} = 0; SET {} = 1", variable("timeout"), limit.count(), variable("enabled"), variable("enabled")));
}

bool CommitStall::hold(const std::string& database, const std::string& transaction) {
  arm();
  const std::string before = log_end();
  held_.emplace(server_.connect(database));
  held_->exec("BEGIN; " + transaction);
  held_->send("COMMIT");
  return wait_until(std::chrono::seconds(10), [&] { return log_end() != before; });
}

void CommitStall::release() {
  server_.exec(fmt::format("SET {} = 0", variable("enabled")));
  if (held_) held_->finish();
  held_.reset();
}

std::string CommitStall::log_end() {
  const TextRows rows = server_.query(mariadb_ ? "SHOW MASTER STATUS" : "SHOW BINARY LOG STATUS");
  return rows.at(0).at(0).value_or("") + ":" + rows.at(0).at(1).value_or("");
}

}  // namespace tidemark::test
