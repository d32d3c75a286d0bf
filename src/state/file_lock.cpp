#include "state/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tidemark/error.h"

namespace tidemark::state {

namespace {

/// "1234", or "" when the holder has not written it yet.
std::string holder_of(int fd) {
  char text[32];
  ssize_t n = ::pread(fd, text, sizeof text, 0);
  std::string pid;
  for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; ++i) pid.push_back(text[i]);
  return pid;
}

}  // namespace

FileLock::FileLock(const std::string& state_path) {
  std::string path = state_path + ".lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0)
    throw Error(ErrorKind::state, "open state file " + state_path, "cannot open " + path + ": " + std::strerror(errno),
                "give the daemon's user the right to write the directory: ls -ld " + state_path.substr(0, state_path.rfind('/') + 1));
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    int error = errno;
    std::string pid = holder_of(fd_);
    ::close(fd_);
    if (error != EWOULDBLOCK)
      throw Error(ErrorKind::state, "lock state file " + state_path, std::strerror(error), "put the state file on a local file system");
    throw Error(ErrorKind::busy, "open state file " + state_path,
                "another tidemark uses it" + (pid.empty() ? std::string() : " (pid " + pid + ")"),
                pid.empty() ? "stop the other one; this shows it: fuser -v " + path
                            : "stop the other one (kill " + pid + "), or give this one a state file of its own with daemon.state");
  }
  std::string pid = std::to_string(::getpid()) + "\n";
  // only for the message above: a lock without a name is as good
  if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, pid.data(), pid.size(), 0) < 0) {
  }
}

FileLock::~FileLock() { ::close(fd_); }

}  // namespace tidemark::state
