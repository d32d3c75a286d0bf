#include "engine/mysql/mysql_source.h"

#include <fmt/format.h>

#include <set>

#include "base/log.h"
#include "engine/mysql/catalog.h"
#include "engine/mysql/checks.h"
#include "engine/mysql/connection.h"
#include "engine/mysql/log_reader.h"
#include "engine/mysql/positions.h"
#include "engine/mysql/snapshot_reader.h"
#include "engine/mysql/start_position.h"

namespace tidemark::mysql {

namespace {

class MysqlSource final : public Source {
 public:
  explicit MysqlSource(const SourceConfig& config) : config_(config) {}

  SourceInfo check() override {
    Connection connection(config_, Purpose::control);
    if (connection.is_mariadb() != (config_.engine == "mariadb")) {
      throw Error(ErrorKind::config, fmt::format("source {}", printable(config_.name)),
                  fmt::format("the server is {}, the configuration says {}", connection.is_mariadb() ? "MariaDB" : "MySQL", config_.engine),
                  fmt::format("set engine: {} in the configuration", connection.is_mariadb() ? "mariadb" : "mysql"));
    }
    info_ = check_server(connection, config_);
    return info_;
  }

  std::vector<SchemaRef> describe(const TableSelection& selection) override {
    Connection connection(config_, Purpose::control);
    std::vector<std::string> cascades;
    std::vector<SchemaRef> tables = describe_tables(connection, selection, &cascades);
    for (const std::string& warning : cascades) {
      if (warned_.insert(warning).second) spdlog::warn("source {}: {}", config_.name, warning);
    }
    check_lock_privilege(connection, tables);
    return tables;
  }

  Position end_position() override {
    Connection connection(config_, Purpose::control);
    return mysql::end_position(connection);
  }
  Position start_position() override {
    Connection connection(config_, Purpose::control);
    return mysql::start_position(connection);
  }
  Position earliest_position() override {
    Connection connection(config_, Purpose::control);
    return mysql::earliest_position(connection);
  }
  Position position_at(int64_t micros) override {
    Connection connection(config_, Purpose::control);
    return mysql::position_at(connection, config_, micros);
  }
  Position position_from(const std::string& text) override {
    Connection connection(config_, Purpose::control);
    return mysql::position_from(connection, text);
  }
  void check_position(const Position& position) override {
    Connection connection(config_, Purpose::control);
    mysql::check_position(connection, position);
  }

  std::unique_ptr<LogReader> open_log(const Position& from, std::vector<SchemaRef> tables, const TableSelection& selection) override {
    if (info_.engine.empty()) check();
    return make_log_reader(config_, info_, from, std::move(tables), selection);
  }

  std::unique_ptr<SnapshotReader> open_snapshot() override { return std::make_unique<MysqlSnapshotReader>(config_); }

 private:
  SourceConfig config_;
  SourceInfo info_;
  std::set<std::string> warned_;
};

}  // namespace
}  // namespace tidemark::mysql

namespace tidemark {

std::unique_ptr<Source> make_mysql_source(const SourceConfig& config) { return std::make_unique<mysql::MysqlSource>(config); }

}  // namespace tidemark
