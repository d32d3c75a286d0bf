// A private PostgreSQL of Debian's package, or of another major version (packaging/postgres-private.sh): own data directory, loopback
// port, superuser `postgres`. As a sink: a user `tidemark` that owns the database `sink`. As a source: a database `shop` of the role
// `keeper`, who owns all tables in it, and a user `tidemark_source` who may replicate and belongs to that role, so that he can read and
// publish them. Owned by one test; the destructor kills it and removes the directory. exec, query and value may be called from several
// threads. Throws std::runtime_error with the end of the server's log.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "servers/child_process.h"
#include "servers/database.h"
#include "servers/postgres_client.h"
#include "servers/temp_dir.h"

namespace tidemark::test {

struct PostgresOptions {
  bool durable = false;            // fsync and synchronous_commit
  std::vector<std::string> extra;  // settings, e.g. "max_wal_size=4GB"
  bool is_source = false;          // exec and all that is connected here go to `shop` as its keeper, not to `sink` as superuser
  bool other_version = false;      // not the system's
  const class PostgresServer* standby_of = nullptr;  // streams from this one, of the same version, through its slot `standby`
};

class PostgresServer : public DatabaseServer {
 public:
  explicit PostgresServer(PostgresOptions options = {});
  std::string engine() const override { return "postgres"; }
  uint16_t port() const override { return port_; }
  Login source_login() const override { return {"tidemark_source", "source-password", "shop"}; }
  Login sink_login() const override { return {user(), password(), "sink"}; }
  std::string user() const { return "tidemark"; }
  std::string password() const { return "sink-password"; }
  std::string database() const { return options_.is_source ? "shop" : "sink"; }
  std::string log_file() const override { return dir_.file("log"); }
  pid_t pid() const { return process_.pid(); }

  /// In the database `sink` as superuser, or in `shop` as its keeper. Reconnects after a restart.
  uint64_t exec(const std::string& sql) override;
  TextRows query(const std::string& sql) override;
  std::string value(const std::string& sql) override;
  PostgresClient connect() const { return connect({}); }
  PostgresClient connect(const std::string& schema) const;
  std::unique_ptr<DatabaseClient> client(const std::string& schema = {}) const override;
  std::unique_ptr<DatabaseClient> superuser() const override;

  void stop() override;
  void kill9() override;  // the postmaster; its children end by themselves
  void restart() override;
  /// A standby becomes a primary; returns when it is one.
  void promote();

 private:
  PostgresAddress address() const;
  void make_data_dir();
  void copy_primary();
  void start();
  bool ready();
  template <typename Work>
  auto with_admin(Work work);

  PostgresOptions options_;
  TempDir dir_;
  uint16_t port_ = 0;
  ChildProcess process_;
  std::mutex admin_mutex_;
  std::unique_ptr<PostgresClient> admin_;
};

}  // namespace tidemark::test
