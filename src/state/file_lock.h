// One daemon per state file: flock on "<path>.lock", which names its holder. The kernel gives it back when the process ends, however it
// ends; the file stays. A file of its own, because SQLite's locks on the state file would be lost when anyone in this process closes it.
#pragma once

#include <string>

namespace tidemark::state {

class FileLock {
 public:
  /// Throws Error(busy) with the pid of the holder, Error(state) when the lock file cannot be made.
  explicit FileLock(const std::string& state_path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace tidemark::state
