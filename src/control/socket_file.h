// The listening Unix socket of the control server: created with mode 0600, a stale one removed first, and removed again at the end.
// Owned by the ControlServer. The constructor throws Error(config) for a path that cannot be used, Error(busy) when another process
// listens there. Two daemons that start at the same moment are kept apart by the state file's lock, not here.
#pragma once

#include <sys/types.h>

#include <string>

namespace tidemark {

class SocketFile {
 public:
  explicit SocketFile(std::string path);
  ~SocketFile();
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

  const std::string& path() const { return path_; }
  /// Hands over the listening descriptor (non-blocking, close-on-exec); once.
  int release_fd();

 private:
  void remove_stale();
  void listen_here();

  std::string path_;
  int fd_ = -1;
  dev_t device_ = 0;  // of the file that we made: another daemon's file at the same path is not ours to remove
  ino_t inode_ = 0;
};

}  // namespace tidemark
