// Puts the parts together: one session, one transaction at a time. Belongs to the applier's thread, except cancel().
// After a throw from write() the connection is closed: the server rolls back what was open, and open() starts anew.
#include "engine/postgres/postgres_sink.h"

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "engine/postgres/connection.h"
#include "engine/postgres/flight.h"
#include "engine/postgres/own_tables.h"
#include "engine/postgres/row_reader.h"
#include "engine/postgres/row_statements.h"
#include "engine/postgres/table_setup.h"
#include "tidemark/error.h"

namespace tidemark {
namespace postgres {
namespace {

constexpr std::chrono::milliseconds kLockPatience{10000};
const std::string kBeginning = "beginning a transaction at the sink";

class PostgresSink final : public Sink {
 public:
  explicit PostgresSink(const SinkConfig& config)
      : config_(config), connection_(config.address), flight_(connection_), rows_(connection_, flight_), own_(config.tidemark_schema) {}

  std::string open() override {
    forget_session();
    guarded([&] {
      connection_.open();
      check_server();
      own_.ensure(connection_);
    });
    spdlog::info(
        "sink {}: {} at {}{}", config_.name, connection_.version(), connection_.where(),
        connection_.is_replica_role() ? ", its triggers and foreign keys do not fire for tidemark (session_replication_role=replica)" : "");
    return connection_.version();
  }

  SavedState load_state(const std::string& pipeline) override {
    SavedState state;
    guarded([&] {
      take_lock(pipeline);
      state = own_.load(connection_, pipeline);
    });
    return state;
  }

  std::vector<PreparedTable> prepare(const std::string& pipeline, const std::vector<SinkTable>& tables) override {
    pipeline_ = pipeline;
    SetUpTables set_up;
    guarded([&] {
      set_up = set_up_tables(connection_, tables, config_, [&](const SinkTable& created) {
        if (created.captured) own_.forget(connection_, pipeline, created.schema->name);
      });
    });
    tables_ = std::move(set_up.tables);
    return set_up.prepared;
  }

  void change_captured(const std::vector<TableName>& joined, const std::vector<TableName>& left) override {
    guarded([&] {
      begin();
      own_.change_captured(flight_, pipeline_, joined, left);
      if (failpoint_detail::enabled) flight_.land();
      failpoint("postgres.captured_written");
      land_commit();
    });
  }

  void check_alive() override {
    guarded([&] { connection_.check_peer(); });
  }

  void write(const SinkBatch& batch) override {
    guarded([&] {
      if (!in_transaction_) begin();
      for (const TableStep& step : batch.steps) apply(step);
      if (failpoint_detail::enabled) flight_.land();  // so that a test finds the rows at the server, not in our memory
      failpoint("sink.after_rows");
      if (batch.commit)
        commit(batch);
      else
        flight_.land();
    });
  }

  void abandon() noexcept override {
    if (!in_transaction_) return;
    try {
      flight_.land();
      connection_.run("ROLLBACK", "rolling back");
      in_transaction_ = false;
      rows_.transaction_ended(tables_, true);
    } catch (...) {  // whatever it was, closing the session rolls back as well, and abandon() must not throw
      forget_session();
    }
  }

  void cancel() noexcept override { connection_.interrupt(); }

  void bind(const std::vector<SinkTable>& tables) override {
    forget_session();
    guarded([&] {
      connection_.open();
      tables_ = bind_tables(connection_, tables, config_);
    });
  }
  Position begin_read(const std::string& pipeline) override {
    Position position;
    guarded([&] {
      connection_.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "beginning to read the sink");
      position = own_.position(connection_, pipeline);
    });
    return position;
  }
  void end_read() override {
    guarded([&] { connection_.run("COMMIT", "ending to read the sink"); });
  }
  void read_keys(uint32_t table, const std::vector<KeyBytes>& keys, const RowBlockSink& rows) override {
    guarded([&] { RowReader(connection_).read_keys(tables_.at(table), keys, rows); });
  }
  void read_key_page(uint32_t table, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows) override {
    guarded([&] {
      TargetTable& target = tables_.at(table);
      if (target.schema->has_key())
        RowReader(connection_).read_key_page(target, after, limit, rows);
      else
        RowReader(connection_).read_whole(target, rows);
    });
  }
  Value represent(uint32_t table, uint32_t column, const Value& value, Arena& arena) override {
    return represent_value(tables_.at(table), column, value, arena);
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
    connection_.close();
    flight_.reset();
    in_transaction_ = false;
    locked_ = false;
    rows_.transaction_ended(tables_, true);
  }

  void check_server() {
    if (connection_.value("SELECT pg_is_in_recovery()", Params(), "checking the sink") == "t") {
      throw Error(ErrorKind::server_settings, fmt::format("opening the sink at {}", connection_.where()),
                  "the server is a standby, which cannot be written", "connect to the primary");
    }
    const std::string encoding = connection_.value("SHOW server_encoding", Params(), "checking the sink");
    if (encoding != "UTF8")
      spdlog::warn("sink {}: the database's encoding is {}; characters that it lacks stop the pipeline", config_.name, encoding);
  }

  void take_lock(const std::string& pipeline) {
    if (locked_) return;
    own_.lock(connection_, pipeline, kLockPatience);
    failpoint("postgres.locked");
    locked_ = true;
  }

  void begin() {
    if (!locked_) take_lock(pipeline_);
    failpoint("sink.begin");
    in_transaction_ = true;
    flight_.send(begin_, Params(), kBeginning);
    // foreign keys of the user are checked at the commit, where the transaction is whole
    if (!connection_.is_replica_role()) flight_.send(defer_, Params(), kBeginning);
  }

  void apply(const TableStep& step) {
    TargetTable& table = tables_.at(step.table);
    if (step.empty_first) rows_.empty(table);
    rows_.remove(table, step.deletes);
    rows_.upsert(table, step.upserts);
    rows_.patch(table, step.patches, step.patches_must_hit);
    rows_.replay(table, step.sequence);
    if (step.load_plain)
      rows_.load_plain(table, step.load);
    else
      rows_.upsert(table, step.load);
  }

  void commit(const SinkBatch& batch) {
    own_.save(flight_, pipeline_, batch);
    if (failpoint_detail::enabled) flight_.land();
    failpoint("sink.before_commit");
    land_commit();
    failpoint("sink.after_commit");
  }

  void land_commit() {
    flight_.send_commit(commit_);
    flight_.land();
    in_transaction_ = false;
    rows_.transaction_ended(tables_, false);
  }

  SinkConfig config_;
  Connection connection_;
  Flight flight_;
  RowStatements rows_;
  OwnTables own_;
  Statement begin_{"BEGIN"}, defer_{"SET CONSTRAINTS ALL DEFERRED"}, commit_{"COMMIT"};
  std::string pipeline_;
  std::vector<TargetTable> tables_;
  bool in_transaction_ = false;
  bool locked_ = false;
};

}  // namespace
}  // namespace postgres

std::unique_ptr<Sink> make_postgres_sink(const SinkConfig& config) { return std::make_unique<postgres::PostgresSink>(config); }

}  // namespace tidemark
