#include "engine/mysql/mysql_source.h"

#include <fmt/format.h>

#include <charconv>
#include <mutex>
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

/// Puts questions, each on a connection of its own, which cancel() ends from any thread. Connecting itself is bounded by its timeout.
class Asker {
 public:
  explicit Asker(const SourceConfig& config) : config_(config) {}

  template <typename Question>
  auto ask(const Question& question) {
    require_not_cancelled();
    Connection connection(config_, Purpose::control);
    const Asked asked(*this, connection);
    require_not_cancelled();
    return question(connection);
  }
  void cancel() noexcept {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (asked_ != nullptr) asked_->cancel();
  }

 private:
  class Asked {
   public:
    Asked(Asker& asker, Connection& connection) : asker_(asker) { set(&connection); }
    ~Asked() { set(nullptr); }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;

   private:
    void set(Connection* connection) {
      const std::lock_guard lock(asker_.mutex_);
      asker_.asked_ = connection;
    }
    Asker& asker_;
  };
  void require_not_cancelled() {
    const std::lock_guard lock(mutex_);
    if (cancelled_) throw Error(ErrorKind::interrupted, fmt::format("asking source {}", printable(config_.name)), "stopped on request");
  }

  const SourceConfig& config_;
  std::mutex mutex_;  // guards what follows
  Connection* asked_ = nullptr;
  bool cancelled_ = false;
};

class MysqlSource final : public Source {
 public:
  explicit MysqlSource(const SourceConfig& config) : config_(config), asker_(config_) {}

  SourceInfo check() override {
    return asker_.ask([&](Connection& connection) {
      if (connection.is_mariadb() != (config_.engine == "mariadb")) {
        throw Error(
            ErrorKind::config, fmt::format("source {}", printable(config_.name)),
            fmt::format("the server is {}, the configuration says {}", connection.is_mariadb() ? "MariaDB" : "MySQL", config_.engine),
            fmt::format("set engine: {} in the configuration", connection.is_mariadb() ? "mariadb" : "mysql"));
      }
      info_ = check_server(connection, config_);
      return info_;
    });
  }

  std::vector<SchemaRef> describe(const TableSelection& selection) override {
    return asker_.ask([&](Connection& connection) {
      std::vector<std::string> cascades;
      std::vector<SchemaRef> tables = describe_tables(connection, selection, &cascades);
      for (const std::string& warning : cascades) {
        if (warned_.insert(warning).second) spdlog::warn("source {}: {}", config_.name, warning);
      }
      check_lock_privilege(connection, tables);
      return tables;
    });
  }

  Position end_position() override { return asker_.ask(&mysql::end_position); }
  Position start_position() override { return asker_.ask(&mysql::start_position); }
  Position earliest_position() override { return asker_.ask(&mysql::earliest_position); }
  Position position_at(int64_t micros) override {
    return asker_.ask([&](Connection& connection) { return mysql::position_at(connection, config_, micros); });
  }
  int64_t clock_micros() override {
    const std::string text =
        asker_.ask([](Connection& connection) { return connection.query_text("SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)"); });
    int64_t micros = 0;
    std::from_chars(text.data(), text.data() + text.size(), micros);
    return micros;
  }
  Position position_from(const std::string& text) override {
    return asker_.ask([&](Connection& connection) { return mysql::position_from(connection, text); });
  }
  void check_position(const Position& position) override {
    asker_.ask([&](Connection& connection) { mysql::check_position(connection, position); });
  }

  std::unique_ptr<LogReader> open_log(const Position& from, std::vector<SchemaRef> tables, const TableSelection& selection) override {
    if (info_.engine.empty()) check();
    return make_log_reader(config_, info_, from, std::move(tables), selection);
  }

  std::unique_ptr<SnapshotReader> open_snapshot() override { return std::make_unique<MysqlSnapshotReader>(config_); }

  void cancel() noexcept override { asker_.cancel(); }

 private:
  SourceConfig config_;
  SourceInfo info_;
  std::set<std::string> warned_;
  Asker asker_;
};

}  // namespace
}  // namespace tidemark::mysql

namespace tidemark {

std::unique_ptr<Source> make_mysql_source(const SourceConfig& config) { return std::make_unique<mysql::MysqlSource>(config); }

}  // namespace tidemark
