// Messages of a log in order, as they came: written once, then read once from the beginning. In memory while they are few, in an unnamed
// temporary file beyond that. One owner, one thread. Throws Error(state) when the temporary file cannot be made, written or read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/unnamed_file.h"

namespace tidemark {

class MessageSpool {
 public:
  /// The file, if it comes to one, is made in `folder`; `keeping` and `hint`: see UnnamedFile.
  MessageSpool(std::string folder, std::string keeping, std::string hint);

  void append(std::string_view message);
  /// Bytes, with what separates the messages.
  uint64_t size() const { return in_file_ + memory_.size(); }
  uint64_t bytes_in_file() const { return in_file_; }
  size_t bytes_in_memory() const { return memory_.capacity() + window_.capacity(); }
  /// Forgets what was appended since size() was `size`.
  void cut_back(uint64_t size);
  /// Moves what is in memory to the file, and gives the memory back.
  void flush();
  /// The view holds until the next call. False: no more.
  bool next(std::string_view& message);

 private:
  void write_out();
  std::string_view take(size_t n);

  const std::string folder_, keeping_, hint_;
  std::string memory_;  // the tail that is not in the file
  uint64_t in_file_ = 0;
  uint64_t read_ = 0;
  std::optional<UnnamedFile> file_;
  std::string window_;  // of the file, while it is read
  uint64_t window_at_ = 0;
};

/// Where temporary files go when nobody said: TMPDIR, or /tmp.
std::string temporary_folder();

}  // namespace tidemark
