// A temporary file without a name: it goes away with the process, however that ends. One owner, one thread at a time.
// Throws Error(state) when it cannot be made, written or read.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark {

class UnnamedFile {
 public:
  /// In `folder`. For errors: `keeping` says what passes through it ("keeping rows"), `hint` what to do when there is no room.
  UnnamedFile(const std::string& folder, const std::string& keeping, std::string hint);
  ~UnnamedFile();
  UnnamedFile(const UnnamedFile&) = delete;
  UnnamedFile& operator=(const UnnamedFile&) = delete;

  void write_at(uint64_t offset, const char* data, size_t size);
  /// All of it must have been written.
  void read_at(uint64_t offset, char* data, size_t size) const;

 private:
  [[noreturn]] void fail(const char* cause) const;

  const std::string doing_, hint_;
  int file_ = -1;
};

}  // namespace tidemark
