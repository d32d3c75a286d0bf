#include "servers/mysql_family_server.h"

#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace tidemark::test {

using namespace std::chrono_literals;

std::vector<std::string> MysqlFamilyServer::arguments(const std::filesystem::path& data, const std::string& socket, uint16_t port) const {
  std::vector<std::string> out = program();
  const MysqlOptions& o = options_;
  for (const std::string& flag :
       {"--datadir=" + data.string(), "--socket=" + socket, "--pid-file=" + socket + ".pid", fmt::format("--port={}", port),
        std::string("--bind-address=127.0.0.1"), std::string("--skip-name-resolve"), fmt::format("--server-id={}", o.server_id),
        std::string("--log-bin=binlog"), "--binlog-row-image=" + o.row_image,
        std::string(o.full_metadata ? "--binlog-row-metadata=FULL" : "--binlog-row-metadata=MINIMAL"),
        fmt::format("--sync-binlog={}", o.durable ? 1 : 0), fmt::format("--innodb-flush-log-at-trx-commit={}", o.durable ? 1 : 2),
        std::string("--innodb-buffer-pool-size=192M"), std::string("--innodb-buffer-pool-dump-at-shutdown=OFF"),
        std::string("--max-allowed-packet=1G"), std::string("--max-connections=400"), std::string("--character-set-server=utf8mb4"),
        std::string("--table-open-cache=4000")}) {
    out.push_back(flag);
  }
  // a server that starts removes the temporary tables that it finds there, whosever they are
  out.push_back("--tmpdir=" + data.string());
  if (geteuid() == 0) out.push_back("--user=root");
  out.insert(out.end(), o.extra.begin(), o.extra.end());
  return out;
}

void MysqlFamilyServer::wait_until_ready(ChildProcess& process, const std::string& socket, const std::string& log) const {
  const auto end = std::chrono::steady_clock::now() + 90s;
  std::string last;
  while (std::chrono::steady_clock::now() < end && process.running()) {
    try {
      MysqlAddress address;
      address.socket = socket;
      MysqlClient(address).exec("SELECT 1");
      return;
    } catch (const MysqlFailure& failure) {
      last = failure.what();
    }
    std::this_thread::sleep_for(20ms);
  }
  throw std::runtime_error(fmt::format("{} does not start ({}); its log ends with:\n{}", engine(), last, tail(log)));
}

void MysqlFamilyServer::prepare(const std::filesystem::path& data, const std::string& sql) {
  const TempDir work;
  const std::string socket = work.file("s.sock");
  auto flags = arguments(data, socket, free_port());
  flags.push_back("--skip-networking");
  flags.push_back("--skip-log-bin");
  ChildProcess process(Command{flags, work.file("log"), {}, "/dev/null", {}, {}, {}});
  wait_until_ready(process, socket, work.file("log"));
  {
    MysqlAddress address;
    address.socket = socket;
    MysqlClient(address).exec(sql);
  }
  process.signal(SIGTERM);
  if (process.wait(60s) != 0) throw std::runtime_error(fmt::format("{} did not shut down:\n{}", engine(), tail(work.file("log"))));
}

void MysqlFamilyServer::start_new() {
  make_data_dir(dir_.path() / "data");
  start();
}

void MysqlFamilyServer::start() {
  // The free port may be taken by someone else before the server binds it; a restart must have the same one, so it insists.
  const bool first = port_ == 0;
  for (int attempt = 0;; ++attempt) {
    if (first) port_ = free_port();
    process_ = ChildProcess(Command{arguments(dir_.path() / "data", socket(), port_), log_file(), {}, "/dev/null", {}, {}, {}});
    try {
      wait_until_ready(process_, socket(), log_file());
      return;
    } catch (const std::runtime_error&) {
      process_.kill_group();
      if (attempt == 2) throw;
    }
  }
}

void MysqlFamilyServer::stop() {
  {
    std::lock_guard lock(admin_mutex_);
    admin_.reset();
  }
  process_.signal(SIGTERM);
  if (!process_.wait(90s)) throw std::runtime_error(fmt::format("{} did not shut down:\n{}", engine(), tail(log_file())));
}

void MysqlFamilyServer::kill9() {
  {
    std::lock_guard lock(admin_mutex_);
    admin_.reset();
  }
  process_.kill_group();
}

void MysqlFamilyServer::restart() {
  if (process_.running()) stop();
  start();
}

std::unique_ptr<DatabaseClient> MysqlFamilyServer::client(const std::string& schema) const {
  return std::make_unique<MysqlClient>(connect(schema));
}

MysqlClient MysqlFamilyServer::connect(const std::string& database) const {
  MysqlAddress address;
  address.socket = socket();
  address.database = database;
  return MysqlClient(address);
}

MysqlClient MysqlFamilyServer::connect_as_cdc(const std::string& database) const {
  MysqlAddress address;
  address.port = port_;
  address.user = user();
  address.password = password();
  address.database = database;
  return MysqlClient(address);
}

template <typename Work>
auto MysqlFamilyServer::with_admin(Work work) {
  std::lock_guard lock(admin_mutex_);
  if (!admin_) admin_ = std::make_unique<MysqlClient>(connect());
  return work(*admin_);
}

uint64_t MysqlFamilyServer::exec(const std::string& sql) {
  return with_admin([&](MysqlClient& c) { return c.exec(sql); });
}
TextRows MysqlFamilyServer::query(const std::string& sql) {
  return with_admin([&](MysqlClient& c) { return c.query(sql); });
}
std::string MysqlFamilyServer::value(const std::string& sql) {
  return with_admin([&](MysqlClient& c) { return c.value(sql); });
}

}  // namespace tidemark::test
