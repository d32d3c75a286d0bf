#include "workload/commit_stall.h"

#include <fmt/core.h>

#include <thread>

#include "servers/wait.h"

namespace tidemark::test {

using namespace std::chrono_literals;

MysqlOptions CommitStall::options(bool mariadb, bool gtid) {
  MysqlOptions out;
  out.gtid = gtid;
  if (mariadb) out.extra = {"--rpl-semi-sync-master-wait-point=AFTER_SYNC"};
  return out;
}

PostgresOptions CommitStall::postgres_options() {
  PostgresOptions out;
  out.is_source = true;
  out.extra = {"synchronous_commit=on"};  // or nothing waits for a standby
  return out;
}

CommitStall::CommitStall(DatabaseServer& server) : server_(server), engine_(server.engine()), admin_(server.superuser()) {
  if (engine_ != "mysql") return;
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
  return fmt::format("GLOBAL rpl_semi_sync_{}_{}", engine_ == "mariadb" ? "master" : "source", name);
}

void CommitStall::semi_sync(std::chrono::milliseconds limit) {
  // once its time is over it stays off by itself, until it is enabled anew
  admin_->exec(
      fmt::format("SET {} = {}; SET {} = 0; SET {} = 1", variable("timeout"), limit.count(), variable("enabled"), variable("enabled")));
}

void CommitStall::arm() {
  if (engine_ != "postgres") return semi_sync(60s);
  admin_->exec("ALTER SYSTEM SET synchronous_standby_names = 'ghost'");
  admin_->exec("SELECT pg_reload_conf()");
  // each process reads it when it gets to it; the one that lets commits wait is the checkpointer
  wait_until(10s, [&] { return admin_->value("SHOW synchronous_standby_names") == "ghost"; });
  std::this_thread::sleep_for(300ms);
}

void CommitStall::hold_for(std::chrono::milliseconds limit) {
  if (engine_ == "postgres") {
    arm();
    std::this_thread::sleep_for(limit);
    release();
  } else {
    semi_sync(limit);
    std::this_thread::sleep_for(limit + limit / 10);
  }
}

bool CommitStall::hold(const std::string& database, const std::string& transaction) {
  arm();
  const std::string before = log_end();
  held_ = server_.client(database);
  held_->exec("BEGIN; " + transaction);
  held_->send("COMMIT");
  return wait_until(10s, [&] { return in_the_log(before); });
}

bool CommitStall::in_the_log(const std::string& before) {
  if (engine_ != "postgres") return log_end() != before;
  // it waits for the standby after it has flushed its commit
  return admin_->value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'") != "0";
}

void CommitStall::release() {
  if (engine_ == "postgres") {
    admin_->exec("ALTER SYSTEM RESET synchronous_standby_names");
    admin_->exec("SELECT pg_reload_conf()");
  } else {
    admin_->exec(fmt::format("SET {} = 0", variable("enabled")));
  }
  if (held_) held_->finish();
  held_.reset();
}

std::string CommitStall::log_end() {
  if (engine_ == "postgres") return {};
  const TextRows rows = admin_->query(engine_ == "mariadb" ? "SHOW MASTER STATUS" : "SHOW BINARY LOG STATUS");
  return rows.at(0).at(0).value_or("") + ":" + rows.at(0).at(1).value_or("");
}

}  // namespace tidemark::test
