#include "base/message_spool.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace tidemark {

namespace {
constexpr size_t kMemoryMax = 256 * 1024;
}

MessageSpool::MessageSpool(std::string folder, std::string keeping, std::string hint)
    : folder_(std::move(folder)), keeping_(std::move(keeping)), hint_(std::move(hint)) {}

void MessageSpool::append(std::string_view message) {
  const auto size = static_cast<uint32_t>(message.size());
  memory_.append(reinterpret_cast<const char*>(&size), sizeof size);
  memory_.append(message);
  if (memory_.size() > kMemoryMax) write_out();
}

void MessageSpool::write_out() {
  if (memory_.empty()) return;
  if (!file_) file_.emplace(folder_, keeping_, hint_);
  file_->write_at(in_file_, memory_.data(), memory_.size());
  in_file_ += memory_.size();
  memory_.clear();
  if (memory_.capacity() > 2 * kMemoryMax) memory_.shrink_to_fit();  // after a huge message
}

void MessageSpool::flush() {
  write_out();
  memory_.shrink_to_fit();
}

void MessageSpool::cut_back(uint64_t size) {
  if (size >= in_file_) return memory_.resize(size - in_file_);
  memory_.clear();
  in_file_ = size;
}

std::string_view MessageSpool::take(size_t n) {
  const uint64_t at = read_;
  read_ += n;
  // a message is flushed whole, so that it lies in one of the two
  if (at >= in_file_) return std::string_view(memory_).substr(at - in_file_, n);
  if (at < window_at_ || at + n > window_at_ + window_.size()) {
    window_.resize(std::max<uint64_t>(n, std::min<uint64_t>(kMemoryMax, in_file_ - at)));
    file_->read_at(at, window_.data(), window_.size());
    window_at_ = at;
  }
  return std::string_view(window_).substr(at - window_at_, n);
}

bool MessageSpool::next(std::string_view& message) {
  if (read_ == size()) return false;
  uint32_t length;
  std::memcpy(&length, take(sizeof length).data(), sizeof length);
  message = take(length);
  return true;
}

std::string temporary_folder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

}  // namespace tidemark
