// What private MariaDB and MySQL servers have in common: own data directory, loopback port, binlog on, a user `cdc` with the grants that
// tidemark documents for a source, and `tidemark` with those of a sink. Owned by one test; the destructor kills the server and removes the
// directory. exec, query and value may be called from several threads; start, stop, kill9 and restart from one at a time. Throws
// std::runtime_error with the end of the server's log.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "servers/child_process.h"
#include "servers/database.h"
#include "servers/mysql_client.h"
#include "servers/temp_dir.h"

namespace tidemark::test {

struct MysqlOptions {
  bool full_metadata = true;       // binlog_row_metadata=FULL
  std::string row_image = "FULL";  // binlog_row_image
  bool durable = false;            // sync_binlog=1 and a flush per commit; off, since a test's machine does not lose power
  bool gtid = true;                // MySQL only: gtid_mode
  uint32_t server_id = 1;
  std::vector<std::string> extra;  // more flags, e.g. "--binlog-checksum=NONE"; they win over ours
};

class MysqlFamilyServer : public DatabaseServer {
 public:
  uint16_t port() const override { return port_; }
  Login source_login() const override { return {user(), password(), {}}; }
  Login sink_login() const override { return {"tidemark", "sink-password", {}}; }
  std::string socket() const { return dir_.file("s.sock"); }
  /// The replication user of the tests; its grants are what the README asks for.
  std::string user() const { return "cdc"; }
  std::string password() const { return "cdc-password"; }
  std::string data_dir() const { return dir_.file("data"); }
  std::string log_file() const override { return dir_.file("log"); }
  pid_t pid() const { return process_.pid(); }

  /// As root, over the Unix socket. Reconnects after a restart.
  uint64_t exec(const std::string& sql) override;
  TextRows query(const std::string& sql) override;
  std::string value(const std::string& sql) override;
  std::unique_ptr<DatabaseClient> client(const std::string& schema = {}) const override;
  std::unique_ptr<DatabaseClient> superuser() const override { return client(); }
  /// A connection of its own, as root; for writers and for holding locks.
  MysqlClient connect(const std::string& database = {}) const;
  /// As `cdc`, over TCP, as tidemark does.
  MysqlClient connect_as_cdc(const std::string& database = {}) const;

  void stop() override;
  void kill9() override;
  void restart() override;
  /// Flags for the next restart.
  MysqlOptions& options() { return options_; }

 protected:
  explicit MysqlFamilyServer(MysqlOptions options) : options_(std::move(options)) {}
  /// To be called by the constructor of the concrete class.
  void start_new();
  virtual void make_data_dir(const std::filesystem::path& target) = 0;
  /// The program with the flags that only this server knows.
  virtual std::vector<std::string> program() const = 0;

  const MysqlOptions& server_options() const { return options_; }
  /// Runs a server on a data directory, feeds it SQL from a client and shuts it down: to prepare a template.
  void prepare(const std::filesystem::path& data, const std::string& sql);

 private:
  void start();
  std::vector<std::string> arguments(const std::filesystem::path& data, const std::string& socket, uint16_t port) const;
  void wait_until_ready(ChildProcess& process, const std::string& socket, const std::string& log) const;
  template <typename Work>
  auto with_admin(Work work);

  MysqlOptions options_;
  TempDir dir_;
  uint16_t port_ = 0;
  ChildProcess process_;
  std::mutex admin_mutex_;
  std::unique_ptr<MysqlClient> admin_;
};

}  // namespace tidemark::test
