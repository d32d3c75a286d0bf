// A private PostgreSQL of Debian's package: own data directory, loopback port, superuser `postgres`, and a user `tidemark` (with a
// password) that owns the database `sink`. Owned by one test; the destructor kills it and removes the directory. exec, query and value
// may be called from several threads. Throws std::runtime_error with the end of the server's log.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "servers/child_process.h"
#include "servers/postgres_client.h"
#include "servers/temp_dir.h"

namespace tidemark::test {

struct PostgresOptions {
  bool durable = false;            // fsync and synchronous_commit
  std::vector<std::string> extra;  // settings, e.g. "max_wal_size=4GB"
};

class PostgresServer {
 public:
  explicit PostgresServer(PostgresOptions options = {});
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  std::string host() const { return "127.0.0.1"; }
  uint16_t port() const { return port_; }
  std::string user() const { return "tidemark"; }
  std::string password() const { return "sink-password"; }
  std::string database() const { return "sink"; }
  std::string log_file() const { return dir_.file("log"); }
  pid_t pid() const { return process_.pid(); }

  /// As superuser, in the database `sink`. Reconnects after a restart.
  void exec(const std::string& sql);
  TextRows query(const std::string& sql);
  std::string value(const std::string& sql);
  PostgresClient connect() const;

  void stop();
  void kill9();    // the postmaster; its children end by themselves
  void restart();  // same port and data directory; stops it first when it runs

 private:
  void make_data_dir();
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
