#include "base/unnamed_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tidemark/error.h"

namespace tidemark {

UnnamedFile::UnnamedFile(const std::string& folder, const std::string& keeping, std::string hint)
    : doing_(keeping + " in a temporary file in " + folder), hint_(std::move(hint)) {
  file_ = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file_ >= 0) return;
  std::string name = folder + "/tidemark-spill-XXXXXX";  // some file systems have no O_TMPFILE
  file_ = mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0) fail(std::strerror(errno));
  unlink(name.c_str());
}

UnnamedFile::~UnnamedFile() { close(file_); }

void UnnamedFile::fail(const char* cause) const { throw Error(ErrorKind::state, doing_, cause, hint_); }

void UnnamedFile::write_at(uint64_t offset, const char* data, size_t size) {
  while (size > 0) {
    ssize_t n = pwrite(file_, data, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(n < 0 ? std::strerror(errno) : "the file takes no more");
    offset += static_cast<uint64_t>(n);
    data += n;
    size -= static_cast<size_t>(n);
  }
}

void UnnamedFile::read_at(uint64_t offset, char* data, size_t size) const {
  while (size > 0) {
    ssize_t n = pread(file_, data, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(n < 0 ? std::strerror(errno) : "the file is shorter than what was written");
    offset += static_cast<uint64_t>(n);
    data += n;
    size -= static_cast<size_t>(n);
  }
}

}  // namespace tidemark
