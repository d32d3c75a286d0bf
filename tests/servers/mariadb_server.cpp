#include "servers/mariadb_server.h"

#include <fmt/core.h>
#include <unistd.h>

#include <stdexcept>

#include "servers/template_dir.h"

namespace tidemark::test {
namespace {

std::string mariadbd() {
  const std::string program = find_program("mariadbd");
  if (program.empty()) throw std::runtime_error("no mariadbd on this machine: install the package mariadb-server-core");
  return program;
}

// Names the template: it must be made anew when the server or this recipe changes.
std::string template_name(const std::string& version) {
  const size_t at = version.find("Ver ");
  const std::string rest = at == std::string::npos ? version : version.substr(at + 4);
  return "mariadb-" + rest.substr(0, rest.find_first_of(" \n")) + "-6";
}

constexpr const char* kAccounts = R"(
  CREATE USER cdc@'%' IDENTIFIED BY 'cdc-password';
  GRANT SELECT, LOCK TABLES, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO cdc@'%';
  CREATE USER tidemark@'%' IDENTIFIED BY 'sink-password';
  GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON *.* TO tidemark@'%';
)";

}  // namespace

MariadbServer::MariadbServer(MysqlOptions options) : MysqlFamilyServer(std::move(options)) { start_new(); }

std::vector<std::string> MariadbServer::program() const {
  return {mariadbd(), "--no-defaults", "--binlog-format=ROW", "--innodb-log-file-size=96M"};
}

void MariadbServer::make_data_dir(const std::filesystem::path& target) {
  copy_template(template_name(version_of(mariadbd())), target, [this](const std::filesystem::path& data) {
    const std::string installer = find_program("mariadb-install-db");
    if (installer.empty()) throw std::runtime_error("no mariadb-install-db on this machine: install the package mariadb-server-core");
    const TempDir work;
    std::vector<std::string> command{
        installer,        "--no-defaults",       "--datadir=" + data.string(), "--auth-root-authentication-method=normal",
        "--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=96M"};
    if (geteuid() == 0) command.push_back("--user=root");
    ChildProcess process(Command{command, work.file("log"), {}, "/dev/null", {}, {}, {}});
    if (process.wait(std::chrono::minutes(2)) != 0)
      throw std::runtime_error(fmt::format("mariadb-install-db:\n{}", tail(work.file("log"))));
    prepare(data, kAccounts);
  });
}

}  // namespace tidemark::test
