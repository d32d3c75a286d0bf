#include "live_model.h"

#include <algorithm>

#include "tidemark/error.h"

namespace tidemark::verify_test {
namespace {

// engines are made by plain functions: the model that they belong to
LiveModel* current_model = nullptr;

constexpr uint64_t kLogStart = 4;  // the offset of the first change is the one after it

LogOffset offset_of(uint64_t changes) { return {1, kLogStart + changes}; }

SchemaRef schema_of(const std::string& table, bool keyed) {
  TableSchema schema;
  schema.name = {"shop", table};
  schema.columns.resize(2);
  schema.columns[0].name = "id";
  schema.columns[0].kind = ValueKind::int64;
  schema.columns[0].order_known = true;
  schema.columns[1].name = "body";
  schema.columns[1].kind = ValueKind::text;
  schema.columns[1].ordinal = 1;
  schema.source_columns = 2;
  if (keyed) {
    schema.key = {0};
    schema.key_origin = KeyOrigin::primary;
  }
  return std::make_shared<const TableSchema>(schema);
}

int64_t id_of(const KeyBytes& key) {
  Arena arena;
  return decode_key(key, arena).at(0).int64();
}

/// Without a key the id is only shown modulo 100, so that whole rows can be there several times.
int64_t shown_id(int64_t id, bool keyed) { return keyed ? id : id % 100; }

void add_row(RowBlock& block, int64_t id, const std::string& body, bool key_only = false) {
  Value* row = block.arena.allocate_row(2);
  row[0] = Value::int64(id);
  if (!key_only) row[1] = Value::of_bytes(ValueKind::text, block.arena.copy(body));
  block.rows.push_back(row);
}

}  // namespace

LiveModel::LiveModel(std::vector<std::string> tables, bool keyed) : tables_(std::move(tables)), keyed_(keyed) {
  for (const std::string& table : tables_) {
    visible_[table];
    sink_[table];
  }
}

void LiveModel::write(const std::string& table, int64_t id, std::optional<std::string> body) {
  std::lock_guard lock(source_mutex_);
  log_.emplace_back(LoggedChange{table, id, body}, std::chrono::steady_clock::now());
  if (hiding_) return;
  if (body)
    visible_[table][id] = *body;
  else
    visible_[table].erase(id);
  visible_to_ = log_.size();
}

void LiveModel::show() {
  std::lock_guard lock(source_mutex_);
  for (; visible_to_ < log_.size(); ++visible_to_) {
    const LoggedChange& change = log_[visible_to_].first;
    if (change.body)
      visible_[change.table][change.id] = *change.body;
    else
      visible_[change.table].erase(change.id);
  }
  hiding_ = false;
}

void LiveModel::apply_one(const LoggedChange& change) {
  std::lock_guard lock(sink_mutex_);
  ++applied_;
  const unsigned lose = lose_every_;
  if (lose != 0 && applied_ % lose == 0) return;
  if (change.body)
    sink_[change.table][change.id] = *change.body;
  else
    sink_[change.table].erase(change.id);
}

void LiveModel::apply_all() {
  for (;;) {
    std::optional<LoggedChange> next;
    {
      std::scoped_lock lock(source_mutex_, sink_mutex_);
      if (applied_ < log_.size()) next = log_[applied_].first;
    }
    if (!next) return;
    apply_one(*next);
  }
}

void LiveModel::start_applier(std::chrono::milliseconds delay) {
  applying_ = true;
  applier_ = std::thread([this, delay] {
    while (applying_) {
      std::optional<LoggedChange> next;
      {
        std::scoped_lock lock(source_mutex_, sink_mutex_);
        if (applied_ < log_.size() && log_[applied_].second + delay <= std::chrono::steady_clock::now()) next = log_[applied_].first;
      }
      if (next)
        apply_one(*next);
      else
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
}

void LiveModel::stop_applier() {
  applying_ = false;
  if (applier_.joinable()) applier_.join();
}

void LiveModel::damage_sink(const std::string& table, int64_t id, std::optional<std::string> body) {
  std::lock_guard lock(sink_mutex_);
  if (body)
    sink_[table][id] = *body;
  else
    sink_[table].erase(id);
}

class ModelReader : public SnapshotReader {
 public:
  explicit ModelReader(LiveModel& model) : model_(model) {}

  std::optional<KeyBytes> boundary(const TableSchema& table, const std::optional<KeyBytes>& after, const std::optional<KeyBytes>&,
                                   uint64_t rows) override {
    std::lock_guard lock(model_.source_mutex_);
    const Rows& all = model_.visible_.at(table.name.table);
    auto it = after ? all.upper_bound(id_of(*after)) : all.begin();
    for (uint64_t i = 1; i < rows && it != all.end(); ++i) ++it;
    if (it == all.end()) return std::nullopt;
    Value key[2] = {Value::int64(it->first), Value::null()};
    return encode_key(table, key);
  }
  ReadView begin(const TableSchema& table, const ReadNeeds&) override {
    std::lock_guard lock(model_.source_mutex_);
    view_ = model_.visible_.at(table.name.table);
    ReadView view;
    view.visibility.offset = offset_of(model_.visible_to_);
    return view;
  }
  void read(const TableSchema& table, const KeyRange& range, size_t block_bytes, const RowBlockSink& sink) override {
    require_view();
    auto it = range.after ? view_->upper_bound(id_of(*range.after)) : view_->begin();
    const auto end = range.upto ? view_->upper_bound(id_of(*range.upto)) : view_->end();
    while (it != end) {
      auto block = std::make_unique<RowBlock>();
      for (size_t bytes = 0; it != end && bytes < block_bytes; ++it) {
        add_row(*block, shown_id(it->first, table.has_key()), it->second);
        bytes += 64 + it->second.size();
      }
      if (!sink(std::move(block))) return;
    }
  }
  void read_keys(const TableSchema& table, const std::vector<KeyBytes>& keys, const RowBlockSink& sink) override {
    Rows now;
    {
      std::lock_guard lock(model_.source_mutex_);
      now = model_.visible_.at(table.name.table);
    }
    const Rows& rows = view_ ? *view_ : now;
    auto block = std::make_unique<RowBlock>();
    for (const KeyBytes& key : keys) {
      if (auto it = rows.find(id_of(key)); it != rows.end()) add_row(*block, it->first, it->second);
    }
    sink(std::move(block));
  }
  LogOffset high_watermark() override {
    std::lock_guard lock(model_.source_mutex_);
    return offset_of(model_.log_.size());
  }
  void end() override {
    require_view();
    view_.reset();
  }
  void cancel() noexcept override {}

 private:
  void require_view() const {
    if (!view_) throw Error(ErrorKind::internal, "model source", "no read view is open");
  }
  LiveModel& model_;
  std::optional<Rows> view_;
};

class ModelSource : public Source {
 public:
  explicit ModelSource(LiveModel& model) : model_(model) {}
  SourceInfo check() override {
    SourceInfo info;
    info.server = "1";
    return info;
  }
  std::vector<SchemaRef> describe(const TableSelection& selection) override {
    std::vector<SchemaRef> found;
    for (const std::string& table : model_.tables_) {
      if (selection.matches({"shop", table})) found.push_back(schema_of(table, model_.keyed_));
    }
    return found;
  }
  std::unique_ptr<SnapshotReader> open_snapshot() override { return std::make_unique<ModelReader>(model_); }

  // verify never asks for these
  Position end_position() override { return not_asked(); }
  Position earliest_position() override { return not_asked(); }
  Position position_at(int64_t) override { return not_asked(); }
  int64_t clock_micros() override {
    not_asked();
    return 0;
  }
  void cancel() noexcept override {}
  Position position_from(const std::string&) override { return not_asked(); }
  void check_position(const Position&) override { not_asked(); }
  std::unique_ptr<LogReader> open_log(const Position&, std::vector<SchemaRef>, const TableSelection&) override {
    not_asked();
    return nullptr;
  }

 private:
  static Position not_asked() { throw Error(ErrorKind::internal, "model source", "verify has no business here"); }
  LiveModel& model_;
};

class ModelSink : public Sink {
 public:
  explicit ModelSink(LiveModel& model) : model_(model) {}

  void bind(const std::vector<SinkTable>& tables) override {
    std::lock_guard lock(model_.sink_mutex_);
    for (const SinkTable& table : tables) {
      if (model_.sink_.count(table.target_table) == 0) throw Error(ErrorKind::data, "binding", "no table " + table.target_table);
    }
    tables_ = tables;
  }
  /// Holds the applier off until end_read: one state.
  Position begin_read(const std::string&) override {
    reading_ = std::unique_lock(model_.sink_mutex_);
    Position position;
    if (model_.applied_ == 0) return position;
    position.lineage = Lineage::mariadb;
    position.server = model_.sink_server_;
    position.log_name = "binlog";
    position.offset = offset_of(model_.applied_);
    return position;
  }
  void end_read() override { reading_.unlock(); }
  void read_keys(uint32_t table, const std::vector<KeyBytes>& keys, const RowBlockSink& rows) override {
    const Rows& all = rows_of(table);
    auto block = std::make_unique<RowBlock>();
    for (const KeyBytes& key : keys) {
      if (auto it = all.find(id_of(key)); it != all.end()) add_row(*block, it->first, it->second);
    }
    rows(std::move(block));
  }
  void read_key_page(uint32_t table, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows) override {
    const Rows& all = rows_of(table);
    const bool keyed = model_.keyed_;
    auto block = std::make_unique<RowBlock>();
    auto it = keyed && !after.empty() ? all.upper_bound(id_of(after)) : all.begin();
    for (; it != all.end() && (!keyed || block->rows.size() < limit); ++it) add_row(*block, shown_id(it->first, keyed), it->second, keyed);
    rows(std::move(block));
  }
  Value represent(uint32_t, uint32_t, const Value& value, Arena&) override { return value; }

  // verify must neither create nor write
  std::string open() override { return not_asked(); }
  SavedState load_state(const std::string&) override {
    not_asked();
    return {};
  }
  std::vector<PreparedTable> prepare(const std::string&, const std::vector<SinkTable>&) override {
    not_asked();
    return {};
  }
  void write(const SinkBatch&) override { not_asked(); }
  void abandon() noexcept override {}
  void cancel() noexcept override {}

 private:
  static std::string not_asked() { throw Error(ErrorKind::internal, "model sink", "verify has no business here"); }
  const Rows& rows_of(uint32_t table) {
    if (!reading_.owns_lock()) throw Error(ErrorKind::internal, "model sink", "no read transaction is open");
    return model_.sink_.at(tables_.at(table).target_table);
  }
  LiveModel& model_;
  std::vector<SinkTable> tables_;
  std::unique_lock<std::mutex> reading_;
};

Config LiveModel::config() const {
  Config config;
  config.sources["src"].engine = "model";
  config.sinks["dst"].engine = "sqlite";
  PipelineConfig pipeline;
  pipeline.name = "p";
  pipeline.source = "src";
  pipeline.sink = "dst";
  pipeline.tables.include = {"shop.*"};
  config.pipelines.push_back(pipeline);
  return config;
}

Engines LiveModel::engines() {
  current_model = this;
  Engines engines;
  engines.sources.push_back(
      {"model", [](const SourceConfig&) -> std::unique_ptr<Source> { return std::make_unique<ModelSource>(*current_model); }});
  engines.sinks.push_back(
      {"sqlite", [](const SinkConfig&) -> std::unique_ptr<Sink> { return std::make_unique<ModelSink>(*current_model); }});
  return engines;
}

}  // namespace tidemark::verify_test
