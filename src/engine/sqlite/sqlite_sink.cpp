// The Sink over one SQLite file: WAL, so that readers see whole transactions while it writes; synchronous=FULL, because a commit that power
// loss could take back would be behind what the source was told (design 2.5); STRICT tables. Belongs to the applier's thread, except
// cancel().
#include "engine/sqlite/sqlite_sink.h"

#include "base/failpoint.h"
#include "engine/sqlite/catalog.h"
#include "engine/sqlite/connection.h"
#include "engine/sqlite/dialect.h"
#include "engine/sqlite/file_lock.h"
#include "engine/sqlite/reader.h"
#include "engine/sqlite/records.h"
#include "engine/sqlite/writer.h"
#include "tidemark/error.h"

namespace tidemark {

namespace sqlite {

namespace {

constexpr int kOldestVersion = 3037000;  // STRICT tables

class SqliteSink final : public Sink {
 public:
  explicit SqliteSink(const SinkConfig& config) : connection_(config.path), writer_(connection_) {}
  ~SqliteSink() override { shut(); }

  std::string open() override;
  SavedState load_state(const std::string& pipeline) override;
  std::vector<PreparedTable> prepare(const std::string& pipeline, const std::vector<SinkTable>& tables) override;
  void change_captured(const std::vector<TableName>& joined, const std::vector<TableName>& left) override;
  void write(const SinkBatch& batch) override;
  void abandon() noexcept override;
  void cancel() noexcept override { connection_.interrupt(); }

  void bind(const std::vector<SinkTable>& tables) override;
  Position begin_read(const std::string& pipeline) override;
  void end_read() override { abandon(); }
  void read_keys(uint32_t table, const std::vector<KeyBytes>& keys, const RowBlockSink& rows) override;
  void read_key_page(uint32_t table, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows) override;
  Value represent(uint32_t table, uint32_t column, const Value& value, Arena& arena) override;

 private:
  void shut() noexcept;
  /// Keeps other daemons out of this pipeline, and lets this connection checkpoint the WAL.
  void take_pipeline(const std::string& pipeline);
  void begin_write();
  void commit();
  const Target& target(uint32_t table) const;

  Connection connection_;
  Writer writer_;
  FileLock lock_;
  std::string pipeline_;
  std::vector<Target> targets_;
};

std::string SqliteSink::open() {
  shut();
  if (connection_.path().empty())
    throw Error(ErrorKind::config, "open SQLite sink", "it has no path", "set path: in the sink's configuration");
  if (sqlite3_libversion_number() < kOldestVersion)
    throw Error(ErrorKind::server_settings, "open SQLite sink", std::string("SQLite ") + sqlite3_libversion() + " has no STRICT tables",
                "install libsqlite3-0 3.37 or newer");
  connection_.open(Connection::Mode::create);
  try {
    connection_.run("PRAGMA page_size = 8192");  // for a new file only; must come before WAL
    if (connection_.string("PRAGMA journal_mode = WAL") != "wal")
      throw Error(ErrorKind::server_settings, "open SQLite file " + connection_.path(), "write-ahead logging cannot be used there",
                  "put the file on a local file system, not on a network share");
    for (const char* pragma : {"PRAGMA synchronous = FULL", "PRAGMA foreign_keys = OFF", "PRAGMA temp_store = MEMORY",
                               "PRAGMA cache_size = -32768", "PRAGMA journal_size_limit = 67108864"})
      connection_.run(pragma);
    connection_.allow_checkpoints(false);
    if (!records_exist(connection_)) {
      failpoint("sqlite.wal");
      connection_.run("BEGIN IMMEDIATE");
      create_records(connection_);
      failpoint("sqlite.records_created");
      connection_.run("COMMIT");
    }
  } catch (...) {
    shut();
    throw;
  }
  return std::string("SQLite ") + sqlite3_libversion();
}

void SqliteSink::shut() noexcept {
  abandon();
  writer_.forget_statements();
  connection_.close();
  lock_.release();
}

void SqliteSink::abandon() noexcept {
  if (!connection_.in_transaction()) return;
  // fails only when SQLite has rolled back by itself
  sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqliteSink::take_pipeline(const std::string& pipeline) {
  pipeline_ = pipeline;
  if (lock_.held()) return;
  lock_.acquire(connection_.path(), pipeline);
  failpoint("sqlite.locked");
  connection_.allow_checkpoints(true);
}

SavedState SqliteSink::load_state(const std::string& pipeline) {
  connection_.clear_interrupt();
  connection_.doing("read the state of pipeline " + pipeline + " in " + connection_.path());
  take_pipeline(pipeline);
  return {read_position(connection_, pipeline), read_chunks(connection_, pipeline), read_captured(connection_, pipeline, true),
          read_captured(connection_, pipeline, false)};
}

std::vector<PreparedTable> SqliteSink::prepare(const std::string& pipeline, const std::vector<SinkTable>& tables) {
  connection_.clear_interrupt();
  take_pipeline(pipeline);
  writer_.forget_statements();
  targets_ = plan_targets(tables);
  std::vector<PreparedTable> prepared(targets_.size());
  try {
    const ExistingNames names = existing_names(connection_);
    for (size_t i = 0; i < targets_.size(); ++i) {
      connection_.check_interrupt();
      if (table_exists(names, targets_[i])) {
        check_table(connection_, targets_[i], names);
        prepared[i].was_empty = table_is_empty(connection_, targets_[i]);
        continue;
      }
      if (!connection_.in_transaction()) connection_.run("BEGIN IMMEDIATE");
      connection_.doing("create SQLite table " + targets_[i].name);
      connection_.run(create_table(*targets_[i].schema, targets_[i].name, targets_[i].columns));
      if (tables[i].captured) write_captured(connection_, pipeline, {}, {tables[i].schema->name});
      failpoint("sqlite.table_created");
      prepared[i].created = true;
    }
    if (connection_.in_transaction()) connection_.run("COMMIT");
  } catch (...) {
    abandon();
    throw;
  }
  return prepared;
}

void SqliteSink::change_captured(const std::vector<TableName>& joined, const std::vector<TableName>& left) {
  connection_.clear_interrupt();
  try {
    begin_write();
    connection_.doing("write the tables of pipeline " + pipeline_ + " to " + connection_.path());
    write_captured(connection_, pipeline_, joined, left);
    failpoint("sqlite.captured_written");
    commit();
  } catch (...) {
    abandon();
    throw;
  }
}

void SqliteSink::write(const SinkBatch& batch) {
  connection_.clear_interrupt();
  try {
    if (!connection_.in_transaction()) begin_write();
    for (const TableStep& step : batch.steps) writer_.apply(step, target(step.table));
    failpoint("sink.after_rows");
    if (!batch.commit) return;
    connection_.doing("write the position of pipeline " + pipeline_ + " to " + connection_.path());
    write_records(connection_, pipeline_, batch);
    failpoint("sink.before_commit");
    commit();
    failpoint("sink.after_commit");
  } catch (...) {
    abandon();
    throw;
  }
}

void SqliteSink::begin_write() {
  if (pipeline_.empty()) throw Error(ErrorKind::internal, "write to SQLite", "prepare() was not called");
  take_pipeline(pipeline_);
  connection_.doing("begin a transaction in " + connection_.path());
  failpoint("sink.begin");
  connection_.run("BEGIN IMMEDIATE");
}

void SqliteSink::commit() {
  connection_.doing("commit to " + connection_.path());
  Statement statement = connection_.prepare("COMMIT");
  failpoint("sqlite.committing");
  int code = sqlite3_step(statement.get());
  if (code == SQLITE_DONE) return;
  if ((code & 0xff) != SQLITE_IOERR) connection_.fail(code);
  // The commit frame may have reached the WAL although its fsync failed: only reopening the file tells.
  throw Error(ErrorKind::commit_unknown, "commit to " + connection_.path(), sqlite3_errmsg(connection_.handle()),
              "the file system reports an error: look at dmesg");
}

void SqliteSink::bind(const std::vector<SinkTable>& tables) {
  shut();
  connection_.open(Connection::Mode::read);
  connection_.allow_checkpoints(false);
  targets_ = plan_targets(tables);
  std::string missing;
  const ExistingNames names = existing_names(connection_);
  for (const Target& target : targets_) {
    if (!table_exists(names, target))
      missing += (missing.empty() ? "" : ", ") + target.name;
    else
      check_table(connection_, target, names);
  }
  if (!missing.empty())
    throw Error(ErrorKind::data, "read " + connection_.path(), "missing tables: " + missing,
                "let the pipeline run first, or correct target_table in its configuration");
}

Position SqliteSink::begin_read(const std::string& pipeline) {
  connection_.clear_interrupt();
  connection_.doing("read " + connection_.path());
  connection_.run("BEGIN");
  try {
    // this first read fixes the state that the transaction sees
    return records_exist(connection_) ? read_position(connection_, pipeline) : Position();
  } catch (...) {
    abandon();
    throw;
  }
}

void SqliteSink::read_keys(uint32_t table, const std::vector<KeyBytes>& keys, const RowBlockSink& rows) {
  connection_.clear_interrupt();
  read_rows_by_key(connection_, target(table), keys, rows);
}

void SqliteSink::read_key_page(uint32_t table, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows) {
  connection_.clear_interrupt();
  const Target& from = target(table);
  if (from.schema->has_key())
    read_keys_after(connection_, from, after, limit, rows);
  else
    read_all_rows(connection_, from, rows);
}

Value SqliteSink::represent(uint32_t table, uint32_t column, const Value& value, Arena& arena) {
  if (column >= target(table).columns.size()) throw Error(ErrorKind::internal, "compare with SQLite", "no such column");
  return stored_form(value, target(table).columns[column], arena);
}

const Target& SqliteSink::target(uint32_t table) const {
  if (table >= targets_.size()) throw Error(ErrorKind::internal, "use an SQLite table", "it was not prepared");
  return targets_[table];
}

}  // namespace

}  // namespace sqlite

std::unique_ptr<Sink> make_sqlite_sink(const SinkConfig& config) { return std::make_unique<sqlite::SqliteSink>(config); }

}  // namespace tidemark
