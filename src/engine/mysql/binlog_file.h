// Events of a binary log file, or of one that comes through a pipe, one after another. Owned and used by one thread.
// Throws Error: usage (cannot be opened), unsupported (encrypted), corrupt (no binary log, cut off in the middle of an event).
// Source: MySQL libs/mysql/binlog/event, "Binary Log File Format".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::mysql {

class BinlogInput {
 public:
  /// "-": standard input.
  explicit BinlogInput(const std::string& path);
  ~BinlogInput();
  BinlogInput(const BinlogInput&) = delete;
  BinlogInput& operator=(const BinlogInput&) = delete;

  /// The next event, header to checksum; the view holds until the next call. False: the end.
  bool next(std::string_view& event);
  /// Where that event begins.
  uint64_t offset() const { return offset_; }

 private:
  /// Appends up to `n` bytes to event_; fewer only at the end of the file.
  size_t read(size_t n);
  std::string path_;
  int file_ = -1;
  uint64_t offset_ = 4;
  bool started_ = false;
  std::string event_;
};

}  // namespace tidemark::mysql
