#include "servers/mysql_server.h"

#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "servers/template_dir.h"

namespace tidemark::test {
namespace {

constexpr const char* kScript = TIDEMARK_SOURCE_DIR "/packaging/mysql-private.sh";

constexpr const char* kAccounts = R"(
  CREATE USER cdc@'%' IDENTIFIED WITH caching_sha2_password BY 'cdc-password';
  GRANT SELECT, LOCK TABLES, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO cdc@'%';
  CREATE USER tidemark@'%' IDENTIFIED WITH caching_sha2_password BY 'sink-password';
  GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON *.* TO tidemark@'%';
)";

std::string private_version() {
  const TempDir work;
  const std::string output = work.file("version");
  // unpacks it when that has not been done: then the network is needed, and minutes
  ChildProcess child(Command{{"bash", kScript, "mysqld", "--version"}, output, {}, "/dev/null", {}, {}, {}});
  if (child.wait(std::chrono::minutes(10)) != 0) {
    throw std::runtime_error(fmt::format("no private MySQL (bash packaging/mysql-private.sh unpacks one):\n{}", tail(output)));
  }
  const std::string text = read_file(output);
  const size_t at = text.find("Ver ");
  const std::string rest = at == std::string::npos ? "unknown" : text.substr(at + 4);
  return rest.substr(0, rest.find_first_of(" \n"));
}

}  // namespace

MysqlServer::MysqlServer(MysqlOptions options) : MysqlFamilyServer(std::move(options)) { start_new(); }

std::vector<std::string> MysqlServer::program() const {
  std::vector<std::string> out{"bash", kScript, "mysqld", "--innodb-redo-log-capacity=128M"};
  if (server_options().gtid) {
    out.push_back("--gtid-mode=ON");
    out.push_back("--enforce-gtid-consistency=ON");
  } else {
    out.push_back("--gtid-mode=OFF");
  }
  return out;
}

void MysqlServer::make_data_dir(const std::filesystem::path& target) {
  copy_template("mysql-" + private_version() + "-6", target, [this](const std::filesystem::path& data) {
    const TempDir work;
    std::vector<std::string> command{
        "bash", kScript, "mysqld", "--initialize-insecure", "--datadir=" + data.string(), "--innodb-redo-log-capacity=8M"};
    if (geteuid() == 0) command.push_back("--user=root");
    ChildProcess process(Command{command, work.file("log"), {}, "/dev/null", {}, {}, {}});
    if (process.wait(std::chrono::minutes(5)) != 0)
      throw std::runtime_error(fmt::format("mysqld --initialize:\n{}", tail(work.file("log"))));
    prepare(data, kAccounts);
    std::filesystem::remove(data / "auto.cnf");  // its server_uuid: every copy makes its own
  });
}

}  // namespace tidemark::test
