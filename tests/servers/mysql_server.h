// A private, real MySQL 9: packaging/mysql-private.sh unpacks it, tests/run.sh calls that beforehand. See MysqlFamilyServer.
#pragma once

#include "servers/mysql_family_server.h"

namespace tidemark::test {

class MysqlServer : public MysqlFamilyServer {
 public:
  explicit MysqlServer(MysqlOptions options = {});
  std::string engine() const override { return "mysql"; }

 protected:
  void make_data_dir(const std::filesystem::path& target) override;
  std::vector<std::string> program() const override;
};

}  // namespace tidemark::test
