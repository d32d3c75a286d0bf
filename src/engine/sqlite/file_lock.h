// Keeps a second daemon from writing the same pipeline into the same SQLite file: a lock on one byte, chosen by the pipeline's name, of
// "<path>.tidemark-lock". The kernel gives it back when the process ends, however it ends. Throws Error(busy). One thread.
#pragma once

#include <string>

namespace tidemark::sqlite {

class FileLock {
 public:
  FileLock() = default;
  ~FileLock() { release(); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  void acquire(const std::string& database_path, const std::string& pipeline);
  void release() noexcept;
  bool held() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace tidemark::sqlite
