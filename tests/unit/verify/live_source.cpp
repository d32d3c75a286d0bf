// The model's source: read views, and its log.
#include <algorithm>

#include "live_rows.h"
#include "tidemark/error.h"

namespace tidemark::verify_test {

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
    Value key[3] = {Value::int64(it->first), Value::null(), Value::null()};
    return encode_key(table, key);
  }
  ReadView begin(const TableSchema& table, const ReadNeeds& needs) override {
    ReadView view;
    const bool lower_bound = model_.lower_bounds_ && !needs.exact;
    if (lower_bound) {
      std::lock_guard lock(model_.source_mutex_);
      view.visibility.by = Visibility::By::gtids;
      view.visibility.exact = false;
      view.visibility.gtids = gtids_of(model_.visible_to_);
    }
    if (lower_bound) std::this_thread::sleep_for(std::chrono::milliseconds(2));  // what comes now is seen, too
    std::lock_guard lock(model_.source_mutex_);
    view_ = model_.visible_.at(table.name.table);
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

class ModelLog : public LogReader {
 public:
  ModelLog(LiveModel& model, const Position& from, SchemaRef table)
      : model_(model), next_(from.offset.byte - kLogStart), table_(std::move(table)) {}

  bool read(LogBatch& batch, size_t, std::chrono::milliseconds) override {
    std::lock_guard lock(model_.source_mutex_);
    for (int i = 0; i < 100 && next_ < model_.log_.size(); ++i) add(batch, model_.log_[next_].first);
    batch.read_to = offset_of(next_);
    return true;
  }
  void cancel() noexcept override {}
  uint64_t bytes_received() const override { return 0; }

 private:
  void add(LogBatch& batch, const LoggedChange& logged) {
    LogTransaction transaction;
    transaction.mark.begin = offset_of(next_++);
    transaction.mark.end = offset_of(next_);
    transaction.mark.gtid = {gtid_origin(), next_, 0};
    if (logged.table != table_->name.table || (!logged.before && !logged.body)) return;
    const int64_t id = shown_id(logged.id, table_->has_key());
    Change change;
    change.op = !logged.before ? Op::insert : logged.body ? Op::update : Op::remove;
    if (logged.before) change.before = make_row(id, *logged.before, batch.arena);
    if (logged.body) change.after = make_row(id, *logged.body, batch.arena);
    if (model_.partial_rows_ && change.op == Op::update) {
      Value* key = batch.arena.allocate_row(3);
      Value* changed = batch.arena.allocate_row(3);
      key[0] = change.before[0];
      changed[1] = change.after[1];
      change.before = key;
      change.after = changed;
    }
    transaction.first_change = static_cast<uint32_t>(batch.changes.size());
    transaction.change_count = 1;
    batch.changes.push_back(change);
    batch.transactions.push_back(transaction);
  }

  LiveModel& model_;
  uint64_t next_;  // index into the model's log
  SchemaRef table_;
};

class ModelSource : public Source {
 public:
  explicit ModelSource(LiveModel& model) : model_(model) {}
  SourceInfo check() override {
    SourceInfo info;
    info.server = std::string("1");  // g++ 12 warns about a literal here
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
  std::unique_ptr<LogReader> open_log(const Position& from, std::vector<SchemaRef> tables, const TableSelection&) override {
    ++model_.logs_opened_;
    return std::make_unique<ModelLog>(model_, from, tables.at(0));
  }

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

 private:
  static Position not_asked() { throw Error(ErrorKind::internal, "model source", "verify has no business here"); }
  LiveModel& model_;
};

std::unique_ptr<Source> make_live_source(LiveModel& model) { return std::make_unique<ModelSource>(model); }

}  // namespace tidemark::verify_test
