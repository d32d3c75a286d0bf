#include "runtime/spill_file.h"

namespace tidemark {

SpillFile::SpillFile(const std::string& folder, size_t columns)
    : columns_(columns),
      file_(folder, "keeping rows",
            "Free space there: a table without key is copied in one piece and passes through that folder when it is large. "
            "Or give the table a key, or name one with tables.keys.") {}

/// A block is written as its Values are in memory, then the bytes that they point to, in the same order.
void SpillFile::append(const RowBlock& block) {
  if (block.rows.empty()) return;
  Header header{block.rows.size(), block.rows.size() * columns_ * sizeof(Value), 0};
  buffer_.clear();
  for (Row row : block.rows) {
    const char* values = reinterpret_cast<const char*>(row);
    buffer_.insert(buffer_.end(), values, values + columns_ * sizeof(Value));
  }
  for (Row row : block.rows) {
    for (size_t i = 0; i < columns_; ++i) {
      if (!row[i].has_bytes()) continue;
      std::string_view bytes = row[i].bytes();
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
      header.payload_bytes += bytes.size();
    }
  }
  write(reinterpret_cast<const char*>(&header), sizeof header);
  write(buffer_.data(), buffer_.size());
  rows_ += header.rows;
  bytes_ += buffer_.size();
  constexpr size_t kKept = size_t{4} << 20;
  if (buffer_.capacity() > kKept) std::vector<char>().swap(buffer_);  // after a huge row
}

std::unique_ptr<RowBlock> SpillFile::next() {
  if (read_ == written_) return nullptr;
  Header header;
  read(reinterpret_cast<char*>(&header), sizeof header);
  auto block = std::make_unique<RowBlock>();
  char* values = block->arena.allocate(header.value_bytes);
  read(values, header.value_bytes);
  char* payload = block->arena.allocate(header.payload_bytes);
  read(payload, header.payload_bytes);
  auto* value = reinterpret_cast<Value*>(values);
  block->rows.reserve(header.rows);
  for (uint64_t r = 0; r < header.rows; ++r) {
    block->rows.push_back(value);
    for (size_t i = 0; i < columns_; ++i, ++value) {
      if (!value->has_bytes()) continue;
      size_t size = value->bytes().size();
      *value = Value::of_bytes(value->kind(), {payload, size});
      payload += size;
    }
  }
  return block;
}

void SpillFile::write(const char* data, size_t size) {
  file_.write_at(written_, data, size);
  written_ += size;
}

void SpillFile::read(char* data, size_t size) {
  file_.read_at(read_, data, size);
  read_ += size;
}

}  // namespace tidemark
