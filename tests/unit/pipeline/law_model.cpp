#include "law_model.h"

#include <stdexcept>

#include "tidemark/key.h"

namespace tidemark::law {

namespace {

SchemaRef make_schema(Shape shape) {
  auto s = std::make_shared<TableSchema>();
  s->name = {"d", "t"};
  Column id, a, t;
  id.name = "id";
  id.kind = shape.provable ? ValueKind::int64 : ValueKind::text;
  id.order_known = shape.provable;
  a.name = "a";
  t.name = "t";
  a.kind = t.kind = ValueKind::int64;
  s->columns = {id, a, t};
  if (!shape.keyless) s->key = {0};
  return s;
}

Shape draw_shape(std::mt19937_64& rng) {
  Shape s;
  s.keyless = draw(rng, 5) == 0;
  s.provable = s.keyless || draw(rng, 2) == 0;
  s.exact = s.keyless || draw(rng, 2) == 0;
  s.unordered = s.exact && draw(rng, 2) == 0;
  s.partial = !s.keyless && draw(rng, 2) == 0;
  return s;
}

}  // namespace

History::History(uint64_t seed)
    : rng_(seed),
      shape_(draw_shape(rng_)),
      schema_(make_schema(shape_)),
      source_(rng_, shape_),
      chunk_rows_(1 + static_cast<uint64_t>(draw(rng_, 6))) {
  durable_.position.lineage = Lineage::mysql;
  durable_.position.offset = Source::offset(0);
  start_core();
}

void History::start_core() {
  CoreOptions options;
  options.chunk_rows = chunk_rows_;
  options.adapt_chunks = false;
  options.batch_rows = static_cast<uint64_t>(1 + draw(rng_, 4));
  if (draw(rng_, 2) == 0) options.deferred_bytes_max = 1;  // the log waits for reads
  CoreTable table;
  table.schema = schema_;
  table.copy = true;
  table.sink_was_empty = durable_.rows.empty();
  table.records = durable_.chunks;
  Position start = durable_.position;
  delivered_ = transactions_of(start);
  if (failed_over_) {  // to a server with the same log, where only the GTIDs tell the place
    start.offset = {};
    options.views_from = Source::offset(source_.log.size());
  }
  core_ = std::make_unique<Core>(options, start, std::vector<CoreTable>{table});
  told_prepared_ = false;
  part_ = 0;
  open_ = durable_.rows;
  for (Worker& w : workers_) w = {};
}

void History::crash() {
  source_.end_loose();
  failed_over_ = draw(rng_, 3) == 0;
  start_core();
}

size_t History::transactions_of(const Position& position) {
  const auto& intervals = position.gtids.intervals();
  return intervals.empty() ? 0 : intervals.begin()->second.back().last;
}

Value* History::row_values(Arena& arena, int key, const Cell* cell, bool t_absent) const {
  Value* row = arena.allocate_row(3);
  if (shape_.provable) {
    row[0] = Value::int64(key);
  } else {
    row[0] = Value::of_bytes(ValueKind::text, arena.copy(std::string(1, static_cast<char>('a' + key))));
  }
  if (cell == nullptr) return row;
  row[1] = Value::int64(cell->a);
  if (!t_absent) row[2] = Value::int64(cell->t);
  return row;
}

KeyBytes History::key_bytes(int key) const {
  Arena arena;
  Value* row = row_values(arena, key, nullptr, false);
  KeyBytes out;
  encode_value(row[0], out);
  return out;
}

int History::key_of(Row row) const { return shape_.provable ? static_cast<int>(row[0].int64()) : row[0].bytes()[0] - 'a'; }

void History::deliver() {
  if (!core_->wants_log()) return;
  if (!told_prepared_) {
    auto batch = std::make_shared<LogBatch>();
    batch->xa_prepared_at_start = {Source::kStaysPrepared};
    told_prepared_ = true;
    return core_->on_log(batch);
  }
  if (delivered_ == source_.log.size()) {
    if (core_->delivered().offset.file != 0) return;
    auto batch = std::make_shared<LogBatch>();
    batch->read_to = Source::offset(delivered_);
    return core_->on_log(batch);
  }
  const LoggedTransaction& tx = source_.log[delivered_];
  auto batch = std::make_shared<LogBatch>();
  size_t upto = draw(rng_, 3) == 0 ? std::min(tx.size(), part_ + 1) : tx.size();  // sometimes only a part of it
  LogTransaction part;
  part.starts = part_ == 0;
  part.ends = upto == tx.size();
  part.mark.begin = Source::offset(delivered_);
  part.mark.end = Source::offset(delivered_ + 1);
  part.mark.gtid.origin.uuid[0] = 1;
  part.mark.gtid.number = delivered_ + 1;
  part.mark.order = tx.order == CommitOrder::xa || part.ends || !shape_.unordered ? tx.order : CommitOrder::unended;
  part.mark.xid = tx.xid;
  Rows before = source_.at(delivered_);
  for (size_t i = part_; i < upto; ++i) {
    const LoggedChange& c = tx[i];
    Change change{c.op, 0, nullptr, nullptr};
    Cell old = c.old_key >= 0 ? before[c.old_key] : Cell{};
    if (c.op != Op::insert) change.before = row_values(batch->arena, c.old_key, shape_.partial ? nullptr : &old, false);
    if (c.op != Op::remove) change.after = row_values(batch->arena, c.new_key, &c.row, c.t_absent);
    batch->changes.push_back(change);
  }
  part.change_count = static_cast<uint32_t>(upto - part_);
  batch->transactions.push_back(part);
  part_ = part.ends ? 0 : upto;
  if (part.ends) {
    ++delivered_;
    batch->read_to = Source::offset(delivered_);
  }
  core_->on_log(batch);
}

void History::work(Worker& w) {
  switch (w.step) {
    case Worker::Step::idle: {
      auto task = core_->take_chunk_task();
      if (!task) return;
      w.task = *task;
      w.upto.reset();
      if (!task->whole) {  // the key of the n-th visible row in the range, as the server walks it
        uint64_t n = 0;
        Arena arena;
        for (const auto& [key, cell] : source_.rows) {
          KeyBytes k = key_bytes(key);
          if (task->range.after && !(*task->range.after < k)) continue;
          if (task->range.upto && *task->range.upto < k) continue;
          if (++n == task->rows) {
            w.upto = k;
            break;
          }
        }
      }
      w.step = Worker::Step::bounded;
      return;
    }
    case Worker::Step::bounded:
      w.opening = core_->open_chunk(w.task, w.upto);
      w.step = Worker::Step::opened;
      return;
    case Worker::Step::opened:
      w.view = {};
      w.view.xa_before = Source::offset(source_.log.size());
      w.view.xa_open = source_.prepared();
      w.step = Worker::Step::listed;
      return;
    case Worker::Step::listed: open_view(w); return;
    case Worker::Step::viewed:
      read(w);
      w.step = Worker::Step::idle;
      return;
  }
}

void History::open_view(Worker& w) {
  Visibility& v = w.view;
  w.step = Worker::Step::opened;
  if (w.opening.locked && !source_.all_visible()) return;  // the lock is not granted
  v.loose = w.opening.locked;
  v.exact = shape_.exact;
  if (shape_.exact) {
    v.offset = Source::offset(source_.visible);
  } else {
    v.by = Visibility::By::gtids;
    size_t low = source_.visible - std::min<size_t>(source_.visible, static_cast<size_t>(draw(rng_, 3)));
    GtidOrigin origin;
    origin.uuid[0] = 1;
    if (low > 0) v.gtids.add(origin, {1, low});
  }
  if (!w.opening.holds(v)) {
    if (draw(rng_, 4) != 0) return;
    core_->give_back(w.task);
    w.step = Worker::Step::idle;
    return;
  }
  w.rows = source_.rows;
  w.step = Worker::Step::viewed;
}

namespace {
/// What the runtime keeps in a file.
class SpilledBlock : public RowSource {
 public:
  explicit SpilledBlock(std::unique_ptr<RowBlock> block) : block_(std::move(block)), rows_(block_->rows.size()) {}
  std::unique_ptr<RowBlock> next() override { return std::move(block_); }
  uint64_t row_count() const override { return rows_; }
  uint64_t bytes() const override { return rows_; }

 private:
  std::unique_ptr<RowBlock> block_;
  uint64_t rows_;
};
}  // namespace

void History::read(Worker& w) {
  ChunkResult result;
  result.visibility = w.view;
  result.high = Source::offset(source_.log.size());
  auto block = std::make_unique<RowBlock>();
  bool cut_short = !w.task.whole && draw(rng_, 4) == 0;
  for (const auto& [key, cell] : w.rows) {
    KeyBytes k = key_bytes(key);
    const KeyRange& range = w.opening.range;
    if (range.only ? k != *range.only : (range.after && !(*range.after < k)) || (range.upto && *range.upto < k)) continue;
    block->rows.push_back(row_values(block->arena, key, &cell, false));
    if (cut_short && draw(rng_, 2) == 0) {
      result.truncated_at = k;
      break;
    }
  }
  if (shape_.keyless && draw(rng_, 2) == 0) {
    result.spilled = std::make_shared<SpilledBlock>(std::move(block));
  } else {
    result.blocks.push_back(std::move(block));
  }
  core_->chunk_read(w.task, std::move(result));
}

void History::load(const TableStep& step) {
  for (Row row : step.load) {
    int key = key_of(row);
    if (step.load_plain && !shape_.keyless && open_.count(key)) throw std::runtime_error("a plain load would collide");
    if (!shape_.keyless) open_.erase(key);
    open_.emplace(key, Cell{row[1].int64(), row[2].int64()});
  }
}

void History::apply(const TableStep& step) {
  for (Row key : step.deletes) open_.erase(key_of(key));
  for (Row row : step.upserts) {
    open_.erase(key_of(row));
    open_.emplace(key_of(row), Cell{row[1].int64(), row[2].int64()});
  }
  for (const auto& patch : step.patches) {
    auto it = open_.find(key_of(patch.key));
    if (it == open_.end()) {
      if (step.patches_must_hit) throw std::runtime_error("a patch met no row");
      continue;
    }
    Cell cell = it->second;
    open_.erase(it);
    if (!patch.row[1].is_absent()) cell.a = patch.row[1].int64();
    if (!patch.row[2].is_absent()) cell.t = patch.row[2].int64();
    open_.emplace(key_of(patch.row), cell);
  }
  for (const Change& c : step.sequence) {
    if (c.before != nullptr) {
      auto [from, to] = open_.equal_range(key_of(c.before));
      while (from != to && !(from->second == Cell{c.before[1].int64(), c.before[2].int64()})) ++from;
      if (from == to) throw std::runtime_error("a change of a row without key met no row");
      open_.erase(from);
    }
    if (c.after != nullptr) open_.emplace(key_of(c.after), Cell{c.after[1].int64(), c.after[2].int64()});
  }
  load(step);
}

void History::write_sink() {
  auto batch = core_->take_batch(draw(rng_, 2) == 0);
  if (!batch) return;
  while (auto block = batch->spilled ? batch->spilled->next() : nullptr) {
    TableStep step;
    step.load = block->rows;
    step.load_plain = true;
    load(step);
  }
  for (const TableStep& step : batch->steps) apply(step);
  bool lost = draw(rng_, 20) == 0;  // dies before the commit, or right after it without hearing the answer
  if (lost && draw(rng_, 2) == 0) return crash();
  if (batch->commit) {
    durable_.rows = open_;
    durable_.position = batch->position;
    for (const ChunkRecord& record : batch->chunks) {
      std::erase_if(durable_.chunks, [&](const ChunkRecord& old) { return old.range == record.range; });
      durable_.chunks.push_back(record);
    }
  }
  if (lost) return crash();
  core_->on_committed(*batch);
  check();
}

void History::check() const {
  const CoreCounts& c = core_->counts();
  if (c.changes_in != c.changes_applied + c.dropped_not_read_yet + c.dropped_in_read + c.merged + c.deferred) {
    throw std::runtime_error("changes in and out do not add up");
  }
  if (!core_->copy_committed()) return;
  if (c.deferred != 0) throw std::runtime_error("a change still waits for a chunk, although all are done");
  Rows at = source_.at(transactions_of(durable_.position));
  std::multimap<int, Cell> expected(at.begin(), at.end());
  if (durable_.rows != expected) throw std::runtime_error("the sink shows a state that the source did not have at that position");
}

void History::run() {
  std::string told = std::string("provable=") + (shape_.provable ? "1" : "0") + " keyless=" + (shape_.keyless ? "1" : "0") +
                     " exact=" + (shape_.exact ? "1" : "0") + " partial=" + (shape_.partial ? "1" : "0") +
                     " unordered=" + (shape_.unordered ? "1" : "0");
  try {
    int weights[5];
    for (int& w : weights) w = draw(rng_, 3) == 0 ? 9 : 1 + draw(rng_, 3);
    int crash_weight = draw(rng_, 3);
    int total = crash_weight;
    for (int w : weights) total += w * 4;
    for (int i = 0, n = 20 + draw(rng_, 400); i < n; ++i) {
      int pick = draw(rng_, total);
      if ((pick -= weights[0] * 4) < 0)
        source_.commit();
      else if ((pick -= weights[1] * 4) < 0)
        draw(rng_, 2) == 0 ? source_.finish() : source_.reveal();
      else if ((pick -= weights[2] * 4) < 0)
        deliver();
      else if ((pick -= weights[3] * 4) < 0)
        work(workers_[static_cast<size_t>(draw(rng_, 2))]);
      else if ((pick -= weights[4] * 4) < 0)
        write_sink();
      else
        crash();
    }
    for (int i = 0; i < 20000; ++i) {
      source_.reveal();
      source_.finish();
      deliver();
      for (Worker& w : workers_) work(w);
      write_sink();
      bool ended = core_->copy_committed() && delivered_ == source_.log.size() && core_->idle() && source_.all_visible();
      if (ended) break;
    }
    if (!core_->copy_committed() || delivered_ != source_.log.size()) throw std::runtime_error("it does not come to an end");
    std::multimap<int, Cell> expected(source_.rows.begin(), source_.rows.end());
    if (durable_.rows != expected) throw std::runtime_error("at the end the sink differs from the source");
  } catch (const std::exception& e) {
    throw std::runtime_error(told + ": " + e.what());
  }
}

}  // namespace tidemark::law
