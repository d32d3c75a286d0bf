#include "runtime/spill_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tidemark/error.h"

namespace tidemark {

namespace {

[[noreturn]] void fail(const std::string& folder, const char* cause) {
  throw Error(ErrorKind::state, fmt::format("keeping rows in a temporary file in {}", folder), cause,
              "Free space there: a table without key is copied in one piece and passes through that folder when it is large. "
              "Or give the table a key, or name one with tables.keys.");
}

/// Some file systems have no O_TMPFILE.
int open_unnamed(const std::string& folder) {
  int file = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  std::string name = folder + "/tidemark-spill-XXXXXX";
  file = mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) fail(folder, std::strerror(errno));
  unlink(name.c_str());
  return file;
}

}  // namespace

SpillFile::SpillFile(const std::string& folder, size_t columns) : folder_(folder), columns_(columns), file_(open_unnamed(folder)) {}

SpillFile::~SpillFile() { close(file_); }

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
  write_all(reinterpret_cast<const char*>(&header), sizeof header);
  write_all(buffer_.data(), buffer_.size());
  rows_ += header.rows;
  bytes_ += buffer_.size();
  constexpr size_t kKept = size_t{4} << 20;
  if (buffer_.capacity() > kKept) std::vector<char>().swap(buffer_);  // after a huge row
}

std::unique_ptr<RowBlock> SpillFile::next() {
  if (read_ == written_) return nullptr;
  Header header;
  read_all(reinterpret_cast<char*>(&header), sizeof header);
  auto block = std::make_unique<RowBlock>();
  char* values = block->arena.allocate(header.value_bytes);
  read_all(values, header.value_bytes);
  char* payload = block->arena.allocate(header.payload_bytes);
  read_all(payload, header.payload_bytes);
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

void SpillFile::write_all(const char* data, size_t size) {
  while (size > 0) {
    ssize_t n = pwrite(file_, data, size, static_cast<off_t>(written_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(folder_, n < 0 ? std::strerror(errno) : "the file takes no more");
    written_ += static_cast<uint64_t>(n);
    data += n;
    size -= static_cast<size_t>(n);
  }
}

void SpillFile::read_all(char* data, size_t size) {
  while (size > 0) {
    ssize_t n = pread(file_, data, size, static_cast<off_t>(read_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(folder_, n < 0 ? std::strerror(errno) : "the file is shorter than what was written");
    read_ += static_cast<uint64_t>(n);
    data += n;
    size -= static_cast<size_t>(n);
  }
}

}  // namespace tidemark
