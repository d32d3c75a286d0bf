#include "unit/runtime/scripted_pipeline.h"

#include <utility>

#include "tidemark/key.h"

namespace tidemark::runtime_test {

using namespace std::chrono_literals;

namespace {

ScriptedPipeline* script = nullptr;  // the factories are plain functions

Error interrupted() { return Error(ErrorKind::interrupted, "scripted", "stopped"); }

class ScriptedReader : public LogReader {
 public:
  bool read(LogBatch& batch, size_t, std::chrono::milliseconds) override {
    std::this_thread::sleep_for(2ms);
    if (cancelled_) throw interrupted();
    script->on_read_log();
    batch.read_to = {1, script->log_end};  // as a heartbeat says it
    if (!std::exchange(told_prepared_, true)) batch.xa_prepared_at_start = script->prepared;
    return true;
  }
  void cancel() noexcept override { cancelled_ = true; }
  uint64_t bytes_received() const override { return 0; }

 private:
  bool told_prepared_ = false;
  std::atomic<bool> cancelled_{false};
};

class ScriptedCopy : public SnapshotReader {
 public:
  std::optional<KeyBytes> boundary(const TableSchema& table, const std::optional<KeyBytes>& after, const std::optional<KeyBytes>&,
                                   uint64_t rows) override {
    const int64_t id = first(after) + static_cast<int64_t>(rows) - 1;
    if (id >= script->rows.at(table.name.table)) return std::nullopt;
    return script->key(table.name.table, id);
  }
  ReadView begin(const TableSchema&, const ReadNeeds&) override {
    ReadView view;
    view.visibility.offset = view.visibility.xa_before = {1, script->log_end};
    view.visibility.xa_open = script->prepared;
    return view;
  }
  void read(const TableSchema& table, const KeyRange& range, size_t, const RowBlockSink& sink) override {
    if (--script->chunk_reads_left < 0) {
      while (!cancelled_) std::this_thread::sleep_for(1ms);
      throw interrupted();
    }
    auto block = std::make_unique<RowBlock>();
    const int64_t last = range.upto ? first(range.upto) - 1 : script->rows.at(table.name.table);
    for (int64_t id = first(range.after); id <= last; ++id) {
      Value* row = block->arena.allocate_row(1);
      row[0] = Value::int64(id);
      block->rows.push_back(row);
    }
    sink(std::move(block));
  }
  void read_keys(const TableSchema&, const std::vector<KeyBytes>&, const RowBlockSink&) override {}
  LogOffset high_watermark() override { return {1, script->log_end}; }
  void end() override {}
  void cancel() noexcept override { cancelled_ = true; }

 private:
  static int64_t first(const std::optional<KeyBytes>& after) {
    Arena arena;
    return after ? decode_key(*after, arena).at(0).int64() + 1 : 1;
  }
  std::atomic<bool> cancelled_{false};
};

class ScriptedSource : public Source {
 public:
  SourceInfo check() override {
    script->on_check(script->sessions++);
    SourceInfo info;
    info.engine = "mariadb";
    info.server = "1";
    return info;
  }
  std::vector<SchemaRef> describe(const TableSelection& selection) override {
    std::vector<SchemaRef> out;
    for (const auto& [table, rows] : script->rows) {
      if (selection.matches({"shop", table})) out.push_back(script->schema(table));
    }
    return out;
  }
  Position end_position() override { return script->position(script->log_end); }
  Position start_position() override {
    while (script->start_position_waits) {
      if (cancelled_) throw interrupted();
      std::this_thread::sleep_for(1ms);
    }
    return end_position();
  }
  Position earliest_position() override { return end_position(); }
  Position position_at(int64_t) override { return end_position(); }
  int64_t clock_micros() override { return script->clock_micros; }
  Position position_from(const std::string&) override { return end_position(); }
  void check_position(const Position&) override {}
  std::unique_ptr<LogReader> open_log(const Position&, std::vector<SchemaRef>, const TableSelection&) override {
    return std::make_unique<ScriptedReader>();
  }
  std::unique_ptr<SnapshotReader> open_snapshot() override { return std::make_unique<ScriptedCopy>(); }
  void cancel() noexcept override { cancelled_ = true; }

 private:
  std::atomic<bool> cancelled_{false};
};

class ScriptedSink : public Sink {
 public:
  std::string open() override { return "scripted 1"; }
  SavedState load_state(const std::string&) override {
    std::lock_guard lock(script->mutex);
    return script->saved;
  }
  std::vector<PreparedTable> prepare(const std::string&, const std::vector<SinkTable>& tables) override {
    std::vector<PreparedTable> out(tables.size());
    for (size_t i = 0; i < tables.size(); ++i) out[i].was_empty = script->filled.count(tables[i].target_table) == 0;
    return out;
  }
  void change_captured(const std::vector<TableName>& joined, const std::vector<TableName>& left) override {
    script->on_change_captured();
    std::lock_guard lock(script->mutex);
    SavedState& saved = script->saved;
    auto take = [](std::vector<TableName>& from, const std::vector<TableName>& names) {
      for (const TableName& name : names) std::erase(from, name);
    };
    take(saved.left, joined);
    take(saved.captured, left);
    saved.captured.insert(saved.captured.end(), joined.begin(), joined.end());
    saved.left.insert(saved.left.end(), left.begin(), left.end());
    for (const TableName& name : left) std::erase_if(saved.chunks, [&](const ChunkRecord& r) { return r.table == name; });
  }
  void write(const SinkBatch& batch) override {
    script->on_write(batch);
    std::lock_guard lock(script->mutex);
    if (!batch.commit) return;
    script->saved.position = batch.position;
    script->saved.chunks.insert(script->saved.chunks.end(), batch.chunks.begin(), batch.chunks.end());
  }
  void abandon() noexcept override {}
  void cancel() noexcept override {}
  // for verify
  void bind(const std::vector<SinkTable>&) override {}
  Position begin_read(const std::string&) override { return {}; }
  void end_read() override {}
  void read_keys(uint32_t, const std::vector<KeyBytes>&, const RowBlockSink&) override {}
  void read_key_page(uint32_t, const KeyBytes&, uint64_t, const RowBlockSink&) override {}
  Value represent(uint32_t, uint32_t, const Value& value, Arena&) override { return value; }
};

class ScriptedState : public StateStore {
 public:
  StoredPipeline load(const std::string&) override {
    std::lock_guard lock(script->mutex);
    return script->stored;
  }
  void save_commit(const std::string&, const Position& position, const std::vector<ChunkRecord>& chunks) override {
    std::lock_guard lock(script->mutex);
    script->stored.found = true;
    script->stored.position = position;
    script->stored.chunks.insert(script->stored.chunks.end(), chunks.begin(), chunks.end());
  }
  void rebuild(const std::string&, const SavedState& from_sink) override {
    std::lock_guard lock(script->mutex);
    script->stored.found = true;
    script->stored.position = from_sink.position;
    script->stored.chunks = from_sink.chunks;
  }
  void save_schemas(const std::string&, const std::vector<StoredSchema>& schemas) override {
    std::lock_guard lock(script->mutex);
    script->stored.schemas = schemas;
  }
  void save_progress(const std::string&, const std::vector<StoredTableProgress>&) override { script->on_save_progress(); }
  std::vector<StoredTableProgress> load_progress(const std::string&) override { return {}; }
  std::vector<std::string> pipelines() override { return {"p"}; }
};

}  // namespace

ScriptedPipeline::ScriptedPipeline() {
  script = this;
  config_.sources["src"].engine = "scripted";
  config_.sinks["dst"].engine = "sqlite";
  PipelineConfig p;
  p.name = "p";
  p.source = "src";
  p.sink = "dst";
  p.tables.include = {"shop.*"};
  p.adapt_chunks = false;
  p.chunk_rows = 10;
  p.retry_initial = 10ms;
  p.retry_max = 20ms;
  config_.pipelines.push_back(p);
  engines_.sources.push_back(
      {"scripted", [](const SourceConfig&) -> std::unique_ptr<Source> { return std::make_unique<ScriptedSource>(); }});
  engines_.sinks.push_back({"sqlite", [](const SinkConfig&) -> std::unique_ptr<Sink> { return std::make_unique<ScriptedSink>(); }});
  state_.store = std::make_unique<ScriptedState>();
}

ScriptedPipeline::~ScriptedPipeline() {
  if (runner_) runner_->abort();
  if (thread_.joinable()) thread_.join();
}

void ScriptedPipeline::start(SessionOptions options) {
  if (thread_.joinable()) thread_.join();
  sessions = 0;
  runner_ = std::make_unique<PipelineRunner>(config_, config_.pipelines[0], engines_, state_, std::move(options));
  thread_ = std::thread([this] { runner_->run(); });
}

bool ScriptedPipeline::ends(std::chrono::milliseconds limit) {
  return wait_until([&] { return runner_->ended(); }, limit);
}

bool ScriptedPipeline::wait_until(const std::function<bool()>& so, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!so()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

uint64_t ScriptedPipeline::rows_at_sink() {
  std::lock_guard lock(mutex);
  uint64_t rows_found = 0;
  for (const ChunkRecord& record : saved.chunks) rows_found += record.rows;
  return rows_found;
}

Position ScriptedPipeline::position(uint64_t byte) const {
  Position p;
  p.lineage = Lineage::mariadb;
  p.server = "1";
  p.log_name = "binlog";
  p.offset = {1, byte};
  return p;
}

SchemaRef ScriptedPipeline::schema(const std::string& table) const {
  TableSchema schema;
  schema.name = {"shop", table};
  schema.columns.resize(1);
  schema.columns[0].name = "id";
  schema.columns[0].kind = ValueKind::int64;
  schema.columns[0].order_known = true;
  schema.source_columns = 1;
  if (keyless.count(table) == 0) {
    schema.key = {0};
    schema.key_origin = KeyOrigin::primary;
  }
  return std::make_shared<const TableSchema>(schema);
}

KeyBytes ScriptedPipeline::key(const std::string& table, int64_t id) const {
  const Value row[1] = {Value::int64(id)};
  return encode_key(*schema(table), row);
}

}  // namespace tidemark::runtime_test
