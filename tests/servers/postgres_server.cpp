#include "servers/postgres_server.h"

#include <fmt/core.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "servers/template_dir.h"

namespace tidemark::test {

using namespace std::chrono_literals;

namespace {

std::string other_program(const std::string& name) {
  static const std::string folder = [] {
    const TempDir work;
    const std::string output = work.file("folder");
    // unpacks it when that has not been done: then the network is needed, and a minute
    ChildProcess child(
        Command{{"bash", TIDEMARK_SOURCE_DIR "/packaging/postgres-private.sh"}, output, work.file("log"), "/dev/null", {}, {}, {}});
    if (child.wait(10min) != 0) throw std::runtime_error(fmt::format("no other PostgreSQL:\n{}", tail(work.file("log"))));
    const std::string text = read_file(output);
    return text.substr(0, text.find('\n'));
  }();
  return folder + "/" + name;
}

std::string program(const std::string& name, bool other_version) {
  if (other_version) return other_program(name);
  // by hand, all that runs on the system's PostgreSQL on that of this folder
  if (const char* folder = std::getenv("TIDEMARK_TEST_POSTGRES")) return std::string(folder) + "/" + name;
  const std::string found = find_program(name, "/usr/lib/postgresql/*/bin/" + name);
  if (found.empty()) throw std::runtime_error(fmt::format("no {} on this machine: install the package postgresql", name));
  return found;
}

// PostgreSQL refuses to run as root.
std::string server_user() {
  if (geteuid() != 0) return {};
  return getpwnam("postgres") ? "postgres" : "nobody";
}

constexpr const char* kAccounts =
    "CREATE ROLE tidemark LOGIN PASSWORD 'sink-password';\nCREATE DATABASE sink OWNER tidemark;\n"
    "CREATE ROLE keeper;\nCREATE ROLE tidemark_source LOGIN REPLICATION PASSWORD 'source-password' IN ROLE keeper;\n"
    "CREATE DATABASE shop OWNER keeper;\n";

void init_database(const std::filesystem::path& data, bool other_version) {
  const TempDir work;
  std::filesystem::permissions(work.path(), std::filesystem::perms(0755));
  const std::string user = server_user();
  if (!user.empty()) {
    const passwd* entry = getpwnam(user.c_str());
    if (chown(data.c_str(), entry->pw_uid, entry->pw_gid) != 0) throw std::runtime_error("chown of a new data directory failed");
  }
  const std::string log = work.file("log");
  ChildProcess process(Command{{program("initdb", other_version), "--pgdata=" + data.string(), "--username=postgres", "--auth=trust",
                                "--encoding=UTF8", "--locale=C", "--no-sync"},
                               log,
                               {},
                               "/dev/null",
                               "/",
                               user,
                               {}});
  if (process.wait(2min) != 0) throw std::runtime_error(fmt::format("initdb:\n{}", tail(log)));
  const std::string single = work.write("sql", kAccounts);
  std::filesystem::permissions(single, std::filesystem::perms(0644));
  ChildProcess setup(
      Command{{program("postgres", other_version), "--single", "-D", data.string(), "postgres"}, log, {}, single, "/", user, {}});
  if (setup.wait(1min) != 0) throw std::runtime_error(fmt::format("postgres --single:\n{}", tail(log)));
}

}  // namespace

PostgresServer::PostgresServer(PostgresOptions options) : options_(std::move(options)) {
  make_data_dir();
  start();
}

void PostgresServer::make_data_dir() {
  if (options_.standby_of != nullptr) return copy_primary();
  std::string version = version_of(program("postgres", options_.other_version));
  version = version.substr(version.find(") ") + 2);
  copy_template("postgres-" + version.substr(0, version.find_first_of(" \n")) + "-4", dir_.path() / "data",
                [this](const std::filesystem::path& data) { init_database(data, options_.other_version); });
  if (!server_user().empty()) dir_.give_to(server_user());
  // passwords over TCP, so that tidemark's way of giving one is used; the tests' own connections are trusted
  std::filesystem::remove(dir_.path() / "data" / "pg_hba.conf");
  dir_.write("data/pg_hba.conf",
             "local all,replication all trust\nhost all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
  if (!server_user().empty()) dir_.give_to(server_user());
}

void PostgresServer::copy_primary() {
  const PostgresServer& primary = *options_.standby_of;
  if (!server_user().empty()) dir_.give_to(server_user());
  ChildProcess copy(Command{{program("pg_basebackup", options_.other_version), "--pgdata=" + dir_.file("data"),
                             "--host=" + primary.dir_.path().string(), "--port=" + std::to_string(primary.port()), "--username=postgres",
                             "--create-slot", "--slot=standby", "--checkpoint=fast", "--no-sync"},
                            log_file(),
                            {},
                            "/dev/null",
                            "/",
                            server_user(),
                            {}});
  if (copy.wait(2min) != 0) throw std::runtime_error(fmt::format("pg_basebackup:\n{}", tail(log_file())));
  dir_.write("data/standby.signal", "");
  if (!server_user().empty()) dir_.give_to(server_user());
  options_.extra.insert(options_.extra.end(), {fmt::format("primary_conninfo=host={} port={} user=postgres dbname=postgres",
                                                           primary.dir_.path().string(), primary.port()),
                                               "primary_slot_name=standby", "hot_standby_feedback=on"});
}

void PostgresServer::promote() { superuser()->exec("SELECT pg_promote()"); }

void PostgresServer::start() {
  const bool first = port_ == 0;
  for (int attempt = 0;; ++attempt) {
    if (first) port_ = free_port();
    std::vector<std::string> arguments{program("postgres", options_.other_version),
                                       "-D",
                                       dir_.file("data"),
                                       "-p",
                                       std::to_string(port_),
                                       "-k",
                                       dir_.path().string(),
                                       "-c",
                                       "listen_addresses=127.0.0.1"};
    std::vector<std::string> settings{"max_connections=100", "shared_buffers=128MB", "max_wal_size=1GB", "wal_level=logical"};
    if (!options_.durable) settings.insert(settings.end(), {"fsync=off", "synchronous_commit=off", "full_page_writes=off"});
    settings.insert(settings.end(), options_.extra.begin(), options_.extra.end());
    for (const auto& setting : settings) arguments.insert(arguments.end(), {"-c", setting});
    process_ = ChildProcess(Command{arguments, log_file(), {}, "/dev/null", "/", server_user(), {}});
    if (ready()) return;
    process_.kill_group();
    if (attempt == 4) throw std::runtime_error(fmt::format("PostgreSQL does not start; its log ends with:\n{}", tail(log_file())));
    std::this_thread::sleep_for(300ms);  // after kill9 the old backends need a moment to let go of the data directory
  }
}

bool PostgresServer::ready() {
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < end && process_.running()) {
    try {
      connect().exec("SELECT 1");
      return true;
    } catch (const PostgresFailure&) {
      std::this_thread::sleep_for(20ms);
    }
  }
  return false;
}

PostgresAddress PostgresServer::address() const {
  PostgresAddress out;
  out.port = port_;
  out.database = database();
  return out;
}

PostgresClient PostgresServer::connect(const std::string& schema) const {
  PostgresAddress to = address();
  if (options_.is_source) to.role = "keeper";
  to.search_path = schema;
  return PostgresClient(to);
}

std::unique_ptr<DatabaseClient> PostgresServer::superuser() const { return std::make_unique<PostgresClient>(address()); }

std::unique_ptr<DatabaseClient> PostgresServer::client(const std::string& schema) const {
  return std::make_unique<PostgresClient>(connect(schema));
}

void PostgresServer::stop() {
  {
    std::lock_guard lock(admin_mutex_);
    admin_.reset();
  }
  process_.signal(SIGINT);  // "fast": ends the sessions
  if (!process_.wait(60s)) throw std::runtime_error(fmt::format("PostgreSQL did not shut down:\n{}", tail(log_file())));
}

void PostgresServer::kill9() {
  {
    std::lock_guard lock(admin_mutex_);
    admin_.reset();
  }
  process_.kill_group();
}

void PostgresServer::restart() {
  if (process_.running()) stop();
  start();
}

template <typename Work>
auto PostgresServer::with_admin(Work work) {
  std::lock_guard lock(admin_mutex_);
  if (!admin_) admin_ = std::make_unique<PostgresClient>(connect());
  return work(*admin_);
}

uint64_t PostgresServer::exec(const std::string& sql) {
  return with_admin([&](PostgresClient& c) { return c.exec(sql); });
}
TextRows PostgresServer::query(const std::string& sql) {
  return with_admin([&](PostgresClient& c) { return c.query(sql); });
}
std::string PostgresServer::value(const std::string& sql) {
  return with_admin([&](PostgresClient& c) { return c.value(sql); });
}

}  // namespace tidemark::test
