// The model's sink, for reading only.
#include <algorithm>

#include "live_rows.h"
#include "tidemark/error.h"

namespace tidemark::verify_test {

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
    if (model_.lower_bounds_) position.gtids = gtids_of(model_.applied_);
    return position;
  }
  void end_read() override { reading_.unlock(); }
  void read_keys(uint32_t table, const std::vector<KeyBytes>& keys, const RowBlockSink& rows) override {
    const Rows& all = rows_of(table);
    auto block = std::make_unique<RowBlock>();
    for (const KeyBytes& key : keys) {
      if (auto it = all.find(id_of(key)); it != all.end()) add_held_row(*block, it->first, it->second);
    }
    rows(std::move(block));
  }
  void read_key_page(uint32_t table, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows) override {
    const Rows& all = rows_of(table);
    const bool keyed = model_.keyed_;
    auto block = std::make_unique<RowBlock>();
    auto it = keyed && !after.empty() ? all.upper_bound(id_of(after)) : all.begin();
    for (; it != all.end() && (!keyed || block->rows.size() < limit); ++it) {
      if (!keyed) {
        add_held_row(*block, shown_id(it->first, false), it->second);
        continue;
      }
      Value* key = block->arena.allocate_row(3);
      key[0] = Value::int64(it->first);
      block->rows.push_back(key);
    }
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
  void change_captured(const std::vector<TableName>&, const std::vector<TableName>&) override { not_asked(); }
  void write(const SinkBatch&) override { not_asked(); }
  void abandon() noexcept override {}
  void cancel() noexcept override {}

 private:
  static std::string not_asked() { throw Error(ErrorKind::internal, "model sink", "verify has no business here"); }
  const Rows& rows_of(uint32_t table) {
    if (!reading_.owns_lock()) throw Error(ErrorKind::internal, "model sink", "no read transaction is open");
    return model_.sink_.at(tables_.at(table).target_table);
  }
  void add_held_row(RowBlock& block, int64_t id, const std::string& body) {
    add_row(block, id, body);
    if (model_.damaged_remarks_.count(id) == 0) return;
    Value* row = block.arena.allocate_row(3);
    std::copy(block.rows.back(), block.rows.back() + 3, row);
    row[2] = text_value("damaged", block.arena);
    block.rows.back() = row;
  }
  LiveModel& model_;
  std::vector<SinkTable> tables_;
  std::unique_lock<std::mutex> reading_;
};

std::unique_ptr<Sink> make_live_sink(LiveModel& model) { return std::make_unique<ModelSink>(model); }

}  // namespace tidemark::verify_test
