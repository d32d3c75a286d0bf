#include "engine/postgres/postgres_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/failpoint.h"
#include "base/log.h"
#include "engine/postgres/asker.h"
#include "engine/postgres/log_reader.h"
#include "engine/postgres/publication.h"
#include "engine/postgres/slot.h"
#include "engine/postgres/snapshot_reader.h"
#include "engine/postgres/source_catalog.h"
#include "engine/postgres/source_checks.h"
#include "engine/postgres/source_positions.h"

namespace tidemark::postgres {
namespace {

class PostgresSource final : public Source {
 public:
  explicit PostgresSource(const SourceConfig& config) : config_(config), asker_(config_) {}

  SourceInfo check() override {
    asker_.keep();  // a start asks much; open_log() is its end
    SourceInfo info = asker_.ask([&](Connection& connection) { return check_server(connection, config_); });
    ask_identity();  // only now: without the right to replicate there is no such connection
    info.server = identity_.system;
    info_ = info;
    return info;
  }

  std::vector<SchemaRef> describe(const TableSelection& selection) override {
    described_ = asker_.ask([&](Connection& connection) { return describe_tables(connection, selection); });
    return described_;
  }

  Position end_position() override {
    return asker_.ask([&](Connection& connection, Connection& walsender) {
      identity_ = identify(walsender);
      return place(log_end(connection));
    });
  }

  Position start_position() override {
    return asker_.ask([&](Connection& connection, Connection& walsender) {
      identity_ = identify(walsender);
      ensure_publication(connection, publication(), described_);  // before the slot: the stream knows only what was published before it
      failpoint("postgres_source.published");
      remove_left_over_slot(connection);
      Position position = place(create_slot(connection, slot(), config_.postgres.failover_slot));
      failpoint("postgres_source.slot_made");
      position.unseen = in_progress(connection);
      return position;
    });
  }

  Position earliest_position() override {
    return asker_.ask([&](Connection& connection, Connection& walsender) {
      const SlotState state = idle_slot(connection, slot());
      if (!state.exists || !state.lost.empty()) {
        throw Error(ErrorKind::config, "choosing the place in the log to start from",
                    fmt::format("PostgreSQL keeps no log of the past unless a replication slot holds it, and there is no slot {} that does",
                                slot()),
                    "use the startup mode 'latest', or 'initial' to copy the tables first");
      }
      require_ours(state, slot());
      identity_ = identify(walsender);
      return place(state.confirmed_flush);
    });
  }

  Position position_at(int64_t) override {
    throw Error(ErrorKind::config, "choosing the place in the log by a time", "PostgreSQL's log cannot be searched by time",
                "use the startup mode 'latest', 'initial', or 'specific' with a place in the log (0/16B3748)");
  }

  int64_t clock_micros() override {
    return asker_.ask([](Connection& connection) {
      const Result result =
          connection.run("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", "reading the server's clock");
      return static_cast<int64_t>(number_of(field_of(result.get(), 0, 0)));
    });
  }

  Position position_from(const std::string& text) override {
    if (text.rfind("postgres ", 0) == 0) return Position::parse(text);
    const std::optional<uint64_t> lsn = parse_lsn(text);
    if (!lsn) {
      throw Error(ErrorKind::usage, fmt::format("the position '{}'", printable(text)), "it is not a place in PostgreSQL's log",
                  "write it as pg_current_wal_lsn() prints it: 0/16B3748");
    }
    ask_identity();
    return place(*lsn);
  }

  void check_position(const Position& position) override {
    asker_.ask([&](Connection& connection, Connection& walsender) {
      ConnectedLog log(connection, walsender, slot());
      postgres::check_position(log, position);
      identity_ = identify(walsender);
    });
  }

  Position resume_position(const Position& saved, const std::vector<TableName>& captured) override {
    return asker_.ask([&](Connection& connection) {
      const auto is_captured = [&](const TableName& name) { return std::find(captured.begin(), captured.end(), name) != captured.end(); };
      const Publication now = check_publication(connection, publication(), described_);
      for (const TableName& name : now.lacking) {
        if (is_captured(name)) left_publication(now, name);
      }
      ensure_publication(connection, publication(), described_);
      Position position = saved;
      if (std::any_of(described_.begin(), described_.end(), [&](const SchemaRef& t) { return !is_captured(t->name); })) {
        // what they did to a new table before it was published is not in the stream, so it has to be in every read
        position.unseen = merged(std::move(position.unseen), in_progress(connection));
      }
      return position;
    });
  }

  void capture_only(const std::vector<SchemaRef>& tables) override {
    if (publication() != slot() || !named_by_tidemark(slot())) return;  // a name that the user chose may be other pipelines' as well
    std::vector<SchemaRef> published = described_;                      // `tables` may be less, with snapshot --table
    published.insert(published.end(), tables.begin(), tables.end());
    asker_.ask([&](Connection& connection) {
      if (!in_recovery(connection)) publish_only(connection, publication(), published);
    });
  }

  std::unique_ptr<LogReader> open_log(const Position& from, std::vector<SchemaRef> tables, const TableSelection& selection) override {
    if (info_.engine.empty()) check();
    if (!config_.postgres.copies_slot) require_published();
    asker_.release();
    SourceConfig config = config_;
    if (!holder_.expired()) config.postgres.slot = held_slot_;
    return make_postgres_log_reader(config, info_, from, std::move(tables), selection, identity_.timeline);
  }

  /// The daemon's slot may be moved on at any time, and the server would begin there without a word.
  std::shared_ptr<void> hold_log() override {
    if (!config_.postgres.copies_slot) return nullptr;
    auto holder = std::make_shared<Connection>(config_.address, Role::source);
    holder->open();
    held_slot_ = copy_slot(*holder, slot());
    holder_ = holder;
    return holder;
  }

  std::unique_ptr<SnapshotReader> open_snapshot() override { return std::make_unique<PostgresSnapshotReader>(config_, identity_.timeline); }

  std::optional<LogRetention> retention() override {
    const SlotState state = asker_.ask([&](Connection& connection) { return read_slot(connection, slot()); });
    return LogRetention{state.retained_bytes, state.safe_bytes, retention_warning(state, slot())};
  }

  std::vector<std::string> left_at_server() override {
    return asker_.ask([&](Connection& connection) {
      std::vector<std::string> there;
      const SlotState state = read_slot(connection, slot());
      if (state.exists) there.push_back(fmt::format("replication slot {}: {}", printable(slot()), slot_text(state)));
      if (made_by_tidemark(connection, publication())) there.push_back(fmt::format("publication {}", printable(publication())));
      return there;
    });
  }

  void drop_from_server() override {
    asker_.ask([&](Connection& connection) {
      if (idle_slot(connection, slot()).exists) drop_slot(connection, slot());
      if (made_by_tidemark(connection, publication())) drop_publication(connection, publication());
    });
  }

  void cancel() noexcept override { asker_.cancel(); }

 private:
  const std::string& slot() const { return config_.postgres.slot; }
  const std::string& publication() const { return config_.postgres.publication; }

  void ask_identity() {
    identity_ = asker_.ask([&](Connection&, Connection& walsender) { return identify(walsender); });
  }

  Position place(uint64_t lsn) const {
    Position position;
    position.lineage = Lineage::postgres;
    position.server = identity_.system;
    position.offset = {identity_.timeline, lsn};
    return position;
  }

  /// Of a pipeline without a position nothing is saved, so a slot of its name is what an interrupted first start, or a pipeline that was
  /// forgotten, has left behind. One that the user named is not ours to drop.
  void remove_left_over_slot(Connection& connection) const {
    const SlotState state = idle_slot(connection, slot());
    if (!state.exists) return;
    if (!named_by_tidemark(slot()) || !state.ours) {
      throw Error(ErrorKind::server_settings, fmt::format("replication slot {}", printable(slot())),
                  "it exists already, and the pipeline has no saved position that it would belong to",
                  fmt::format("choose another name, or if nobody needs it: SELECT pg_drop_replication_slot('{}');", printable(slot())));
    }
    spdlog::warn("source {}: replication slot {} was left behind by an earlier start of this pipeline; it is made anew", config_.name,
                 slot());
    drop_slot(connection, slot());
  }

  [[noreturn]] void left_publication(const Publication& now, const TableName& name) const {
    throw Error(ErrorKind::log_purged, fmt::format("publication {}", printable(publication())),
                now.exists ? fmt::format("it no longer publishes {}: what changed since then is not in the stream", printable(name.text()))
                           : "it is gone, and what is not read yet cannot be decoded without it",
                now.exists ? "exclude the table, start the pipeline once, and include it again: it is then copied anew"
                           : "start over with a new copy: tidemark drop, remove this pipeline's state at the sink and in the state file");
  }

  /// A table that is not published would fall behind without a sign.
  void require_published() {
    asker_.ask([&](Connection& connection) {
      const Publication now = check_publication(connection, publication(), described_);
      if (now.lacking.empty()) return;
      throw Error(ErrorKind::server_settings, fmt::format("publication {}", printable(publication())),
                  now.exists ? fmt::format("it does not publish {}", printable(now.lacking.front().text())) : "it does not exist",
                  "use the startup mode 'latest' or 'initial', which publish the captured tables");
    });
  }

  const SourceConfig config_;
  SourceInfo info_;
  ServerIdentity identity_;
  std::vector<SchemaRef> described_;  // by the last describe()
  std::weak_ptr<Connection> holder_;  // the session of a temporary copy of the slot
  std::string held_slot_;             // the copy's name
  Asker asker_;
};

}  // namespace
}  // namespace tidemark::postgres

namespace tidemark {

std::unique_ptr<Source> make_postgres_source(const SourceConfig& config) { return std::make_unique<postgres::PostgresSource>(config); }

}  // namespace tidemark
