// A private MariaDB of Debian's package mariadb-server-core. See MysqlFamilyServer.
#pragma once

#include "servers/mysql_family_server.h"

namespace tidemark::test {

class MariadbServer : public MysqlFamilyServer {
 public:
  explicit MariadbServer(MysqlOptions options = {});
  std::string engine() const override { return "mariadb"; }

 protected:
  void make_data_dir(const std::filesystem::path& target) override;
  std::vector<std::string> program() const override;
};

}  // namespace tidemark::test
