#include "pipeline/chunk_buffer.h"

#include <algorithm>

#include "pipeline/row_ops.h"
#include "tidemark/key.h"

namespace tidemark {

void ChunkBuffer::add_block(std::unique_ptr<RowBlock> block) {
  rows_.insert(rows_.end(), block->rows.begin(), block->rows.end());
  live_ += block->rows.size();
  bytes_ += block->bytes();
  blocks_.push_back(std::move(block));
  index_.clear();
}

void ChunkBuffer::index_row(uint32_t at) {
  size_t mask = index_.size() - 1;
  size_t slot = hash_key(*schema_, rows_[at]) & mask;
  while (index_[slot] != kNone) slot = (slot + 1) & mask;
  index_[slot] = at;
  ++indexed_;
}

void ChunkBuffer::build_index() {
  size_t size = 64;
  while (size < rows_.size() * 2 + 16) size *= 2;
  index_.assign(size, kNone);
  indexed_ = 0;
  for (uint32_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i] != nullptr) index_row(i);
  }
}

uint32_t ChunkBuffer::find(Row key) {
  if (index_.empty()) build_index();
  size_t mask = index_.size() - 1;
  for (size_t slot = hash_key(*schema_, key) & mask; index_[slot] != kNone; slot = (slot + 1) & mask) {
    // A removed row leaves its slot behind, pointing at nullptr: the probe goes on past it.
    Row row = rows_[index_[slot]];
    if (row != nullptr && same_key(*schema_, row, key)) return index_[slot];
  }
  return kNone;
}

Row ChunkBuffer::get(Row key) {
  uint32_t at = find(key);
  return at == kNone ? nullptr : rows_[at];
}

void ChunkBuffer::put(Row row) {
  uint32_t at = find(row);
  Row copy = copy_row(*schema_, row, arena_);
  if (at != kNone) {
    rows_[at] = copy;
    return;
  }
  rows_.push_back(copy);
  ++live_;
  if ((indexed_ + 1) * 2 > index_.size()) {
    build_index();
  } else {
    index_row(static_cast<uint32_t>(rows_.size() - 1));
  }
}

void ChunkBuffer::remove(Row key) {
  uint32_t at = find(key);
  if (at == kNone) return;
  rows_[at] = nullptr;
  --live_;
}

void ChunkBuffer::clear() {
  rows_.clear();
  index_.clear();
  blocks_.clear();
  arena_ = Arena();
  indexed_ = live_ = bytes_ = 0;
}

bool ChunkBuffer::patch(Row key, Row patch) {
  uint32_t at = find(key);
  if (at == kNone) return false;
  // The base row lives in this buffer; the patch's bytes do not, so they are copied first.
  rows_[at] = complete_row(*schema_, rows_[at], copy_row(*schema_, patch, arena_), arena_);
  return true;
}

void ChunkBuffer::merge(Op op, Row before, Row after) {
  if (op == Op::truncate) {
    clear();
  } else if (op == Op::remove) {
    remove(before);
  } else if (op == Op::update && has_absent(*schema_, after)) {
    patch(before, after);
  } else {
    put(after);
  }
}

std::vector<Row> ChunkBuffer::take_rows() {
  rows_.erase(std::remove(rows_.begin(), rows_.end(), nullptr), rows_.end());
  index_.clear();
  return std::move(rows_);
}

}  // namespace tidemark
