#include "engine/mysql/xa_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "tidemark/error.h"

namespace tidemark::mysql {

namespace {
constexpr size_t kMemoryMax = 256 * 1024;

[[noreturn]] void fail(const char* cause) {
  throw Error(ErrorKind::state, "keeping a prepared XA transaction", cause, "free space in the temporary folder (TMPDIR)");
}

int open_unnamed() {
  const char* folder = std::getenv("TMPDIR");
  int file = open(folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) fail(std::strerror(errno));
  return file;
}
}  // namespace

EventSpool::~EventSpool() {
  if (file_ >= 0) close(file_);
}

void EventSpool::append(std::string_view event) {
  auto size = static_cast<uint32_t>(event.size());
  memory_.append(reinterpret_cast<const char*>(&size), sizeof size);
  memory_.append(event);
  if (memory_.size() > kMemoryMax) flush();
}

void EventSpool::flush() {
  if (file_ < 0) file_ = open_unnamed();
  size_t done = 0;
  while (done < memory_.size()) {
    ssize_t n = pwrite(file_, memory_.data() + done, memory_.size() - done, static_cast<off_t>(in_file_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(n < 0 ? std::strerror(errno) : "the temporary file takes no more");
    done += static_cast<size_t>(n);
  }
  in_file_ += memory_.size();
  memory_.clear();
}

void EventSpool::cut_back(uint64_t size) {
  if (size >= in_file_) return memory_.resize(size - in_file_);
  memory_.clear();
  in_file_ = size;
}

void EventSpool::read_at(uint64_t offset, char* to, size_t n) const {
  while (n > 0) {
    if (offset >= in_file_) {
      std::memcpy(to, memory_.data() + (offset - in_file_), n);
      return;
    }
    size_t part = n < in_file_ - offset ? n : static_cast<size_t>(in_file_ - offset);
    ssize_t got = pread(file_, to, part, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail(got < 0 ? std::strerror(errno) : "the temporary file is too short");
    offset += static_cast<uint64_t>(got);
    to += got;
    n -= static_cast<size_t>(got);
  }
}

bool EventSpool::next(std::string_view& event) {
  if (read_ == size()) return false;
  uint32_t length;
  read_at(read_, reinterpret_cast<char*>(&length), sizeof length);
  event_.resize(length);
  read_at(read_ + sizeof length, event_.data(), length);
  read_ += sizeof length + length;
  event = event_;
  return true;
}

bool XaStore::take(const std::string& xid, PreparedXa& out) {
  auto found = prepared_.find(xid);
  if (found == prepared_.end()) return false;
  out = std::move(found->second);
  prepared_.erase(found);
  return true;
}

const PreparedXa* XaStore::earliest() const {
  const PreparedXa* first = nullptr;
  for (const auto& [xid, prepared] : prepared_) {
    if (!first || prepared.begin < first->begin) first = &prepared;
  }
  return first;
}

}  // namespace tidemark::mysql
