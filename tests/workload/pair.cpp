#include "workload/pair.h"

#include <stdexcept>
#include <utility>

#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"

namespace tidemark::test {

std::unique_ptr<DatabaseServer> make_source(const std::string& engine, const MysqlOptions& mysql, PostgresOptions postgres) {
  if (engine == "mariadb") return std::make_unique<MariadbServer>(mysql);
  if (engine == "mysql") return std::make_unique<MysqlServer>(mysql);
  if (engine != "postgres") throw std::invalid_argument("no source is called " + engine + ": mariadb, mysql or postgres");
  postgres.is_source = true;
  return std::make_unique<PostgresServer>(std::move(postgres));
}

std::unique_ptr<DatabaseServer> make_sink(const std::string& engine) {
  if (engine == "sqlite") return nullptr;
  if (engine == "postgres") {
    PostgresOptions options;
    options.extra = {"synchronous_commit=on"};
    return std::make_unique<PostgresServer>(options);
  }
  MysqlOptions options;
  options.server_id = 77;
  if (engine == "mariadb") return std::make_unique<MariadbServer>(options);
  if (engine == "mysql") return std::make_unique<MysqlServer>(options);
  throw std::invalid_argument("no sink is called " + engine + ": postgres, mariadb, mysql or sqlite");
}

}  // namespace tidemark::test
