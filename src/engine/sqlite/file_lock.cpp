#include "engine/sqlite/file_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "tidemark/error.h"

namespace tidemark::sqlite {

namespace {

off_t byte_of(const std::string& pipeline) {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a; two daemons must agree on it
  for (char c : pipeline) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return static_cast<off_t>(hash >> 2);
}

}  // namespace

void FileLock::acquire(const std::string& database_path, const std::string& pipeline) {
  if (held()) return;
  std::string path = database_path + ".tidemark-lock";
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0)
    throw Error(ErrorKind::server_settings, "lock SQLite file " + database_path, "cannot open " + path + ": " + std::strerror(errno),
                "give the daemon's user the right to write the directory");
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte_of(pipeline);
  lock.l_len = 1;
  // an open-file lock: unlike POSIX locks it also holds between two sinks of one process
  if (::fcntl(fd, F_OFD_SETLK, &lock) != 0) {
    int error = errno;
    ::close(fd);
    if (error == EAGAIN || error == EACCES)
      throw Error(ErrorKind::busy, "lock SQLite file " + database_path, "another tidemark writes pipeline " + pipeline + " into it",
                  "stop the other one; this shows it: fuser -v " + path);
    throw Error(ErrorKind::server_settings, "lock SQLite file " + database_path, std::strerror(error),
                "put the file on a local file system");
  }
  fd_ = fd;
}

void FileLock::release() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace tidemark::sqlite
