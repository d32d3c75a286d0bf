// Puts the parts together: one session, one transaction at a time. Belongs to the applier's thread, except cancel().
// After a throw from write() the connection is closed: the server rolls back what was open, and open() starts anew.
#include "engine/mysql/mysql_sink.h"

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "engine/mysql/sink_error.h"
#include "engine/mysql/sink_own_tables.h"
#include "engine/mysql/sink_row_reader.h"
#include "engine/mysql/sink_row_statements.h"
#include "engine/mysql/sink_session.h"
#include "engine/mysql/sink_statements.h"
#include "engine/mysql/sink_table_setup.h"
#include "tidemark/error.h"

namespace tidemark {
namespace mysql {
namespace {

constexpr std::chrono::milliseconds kLockPatience{10000};
constexpr int kDeadlockAttempts = 5;

class MysqlSink final : public Sink {
 public:
  explicit MysqlSink(const SinkConfig& config)
      : config_(config), session_(config.address), statements_(session_), rows_(session_, statements_), own_(config.tidemark_schema) {}

  std::string open() override {
    forget_session();
    guarded([&] {
      session_.open();
      check_server();
      own_.ensure(session_);
    });
    spdlog::info("sink {}: {} at {}{}", config_.name, session_.version(), session_.where(),
                 session_.takes_bulk() || session_.takes_local_data() ? "" : "; local_infile is off there, which makes the copy slower");
    return session_.version();
  }

  SavedState load_state(const std::string& pipeline) override {
    SavedState state;
    guarded([&] {
      take_lock(pipeline);
      state = own_.load(session_, pipeline);
    });
    return state;
  }

  std::vector<PreparedTable> prepare(const std::string& pipeline, const std::vector<SinkTable>& tables) override {
    pipeline_ = pipeline;
    SetUpTargets set_up;
    guarded([&] {
      take_lock(pipeline);
      set_up = set_up_targets(session_, tables, config_, [&](const std::vector<TableName>& lost) {
        own_.change_captured(statements_, pipeline, {}, lost);
        statements_.commit();
      });
    });
    targets_ = std::move(set_up.targets);
    return set_up.prepared;
  }

  void change_captured(const std::vector<TableName>& joined, const std::vector<TableName>& left) override {
    guarded([&] {
      take_lock(pipeline_);
      own_.change_captured(statements_, pipeline_, joined, left);
      if (failpoint_detail::enabled) statements_.land();
      failpoint("mysql_sink.captured_written");
      statements_.commit();
    });
  }

  void check_alive() override {
    guarded([&] { session_.check_peer(); });
  }

  void write(const SinkBatch& batch) override {
    guarded([&] {
      for (int attempt = 1;; ++attempt) {
        const bool continues = in_transaction_;
        try {
          write_once(batch);
          return;
        } catch (const Error& error) {
          // the server has rolled back all of the transaction: what came with earlier batches is not at hand any more
          if (!is_deadlock(error) || continues || attempt == kDeadlockAttempts) throw;
          spdlog::info("sink {}: the server chose tidemark's transaction to end a deadlock; it is written again", config_.name);
        }
        statements_.reset();
        session_.run("ROLLBACK", "rolling back after a deadlock");
        in_transaction_ = false;
      }
    });
  }

  void abandon() noexcept override {
    statements_.reset();
    if (!in_transaction_) return;
    try {
      session_.run("ROLLBACK", "rolling back");
      in_transaction_ = false;
      rows_.transaction_ended();
    } catch (...) {  // whatever it was, closing the session rolls back as well, and abandon() must not throw
      forget_session();
    }
  }

  void cancel() noexcept override { session_.interrupt(); }

  void bind(const std::vector<SinkTable>& tables) override {
    forget_session();
    guarded([&] {
      session_.open();
      check_server();
      targets_ = bind_targets(session_, tables, config_);
    });
  }
  Position begin_read(const std::string& pipeline) override {
    Position position;
    guarded([&] {
      session_.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
                   "beginning to read the sink");
      position = own_.position(session_, pipeline);
    });
    return position;
  }
  void end_read() override {
    guarded([&] { session_.run("COMMIT", "ending to read the sink"); });
  }
  void read_keys(uint32_t table, const std::vector<KeyBytes>& keys, const RowBlockSink& rows) override {
    guarded([&] { SinkRowReader(session_).read_keys(targets_.at(table), keys, rows); });
  }
  void read_key_page(uint32_t table, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows) override {
    guarded([&] {
      SinkTarget& target = targets_.at(table);
      if (target.schema->has_key())
        SinkRowReader(session_).read_key_page(target, after, limit, rows);
      else
        SinkRowReader(session_).read_whole(target, rows);
    });
  }
  Value represent(uint32_t table, uint32_t column, const Value& value, Arena& arena) override {
    return mysql::represent(targets_.at(table).codecs.at(column), value, arena);
  }

 private:
  /// Runs `work`; when it throws, the session is given up with whatever transaction it had.
  template <typename Work>
  void guarded(Work work) {
    try {
      work();
    } catch (...) {
      forget_session();
      throw;
    }
  }

  void forget_session() noexcept {
    session_.close();
    statements_.reset();
    in_transaction_ = false;
    locked_ = false;
    rows_.transaction_ended();
  }

  void check_server() const {
    if (session_.is_mariadb() == (config_.engine == "mariadb")) return;
    const char* server = session_.is_mariadb() ? "mariadb" : "mysql";
    throw Error(ErrorKind::config, fmt::format("sink {}", printable(config_.name)),
                fmt::format("the server is {}, the configuration says {}", session_.version(), config_.engine),
                fmt::format("set engine: {} in the configuration", server));
  }

  void take_lock(const std::string& pipeline) {
    if (locked_) return;
    own_.lock(session_, pipeline, kLockPatience);
    failpoint("mysql_sink.locked");
    locked_ = true;
  }

  void write_once(const SinkBatch& batch) {
    if (!in_transaction_) {
      take_lock(pipeline_);
      failpoint("sink.begin");
      in_transaction_ = true;  // the first statement begins it, see SinkSession
    }
    for (const TableStep& step : batch.steps) apply(step);
    if (failpoint_detail::enabled) statements_.land();  // so that a test finds the rows at the server, not in our memory
    failpoint("sink.after_rows");
    if (!batch.commit) {
      statements_.land();
      return;
    }
    own_.save(statements_, pipeline_, batch);
    if (failpoint_detail::enabled) statements_.land();
    failpoint("sink.before_commit");
    statements_.commit();
    in_transaction_ = false;
    rows_.transaction_ended();
    failpoint("sink.after_commit");
  }

  void apply(const TableStep& step) {
    SinkTarget& target = targets_.at(step.table);
    if (step.empty_first) rows_.empty(target);
    rows_.remove(target, step.deletes);
    rows_.upsert(target, step.upserts);
    rows_.patch(target, step.patches, step.patches_must_hit);
    rows_.replay(target, step.sequence);
    if (step.load_plain)
      rows_.load_plain(target, step.load);
    else
      rows_.upsert(target, step.load);
  }

  SinkConfig config_;
  SinkSession session_;
  SinkStatements statements_;
  SinkRowStatements rows_;
  SinkOwnTables own_;
  std::string pipeline_;
  std::vector<SinkTarget> targets_;
  bool in_transaction_ = false;
  bool locked_ = false;
};

}  // namespace
}  // namespace mysql

std::unique_ptr<Sink> make_mysql_sink(const SinkConfig& config) { return std::make_unique<mysql::MysqlSink>(config); }

}  // namespace tidemark
