// A file system that gets full, a real one: a small tmpfs in a mount namespace of a child process. For Catch2 cases; their thread.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/catch.h"
#include "support/temporary_directory.h"

namespace tidemark::test {

/// A file system of `bytes`, half of it taken by a file that make_room() removes.
class FullDisk {
 public:
  explicit FullDisk(const std::string& directory) : directory_(directory) {}
  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  void make_room() const { std::filesystem::remove(ballast()); }
  /// False: this user may not mount. In a process of one thread only.
  bool mount(size_t bytes) const {
    if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (::mount("tmpfs", directory_.c_str(), "tmpfs", 0, ("size=" + std::to_string(bytes)).c_str()) != 0) return false;
    std::ofstream(ballast()) << std::string(bytes / 2, 'x');
    return true;
  }

 private:
  std::string ballast() const { return file("ballast"); }
  std::string directory_;
};

/// Runs `fill` in a child process with a disk of `bytes`. It returns 0 when all was as it should be, otherwise the number of the check that
/// failed. Skipped with a warning where this user may not mount.
template <typename Fill>
void on_full_disk(size_t bytes, Fill fill) {
  constexpr int kThrew = 99, kNotPossible = 77;
  const TemporaryDirectory directory;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int result = kThrew;
    try {
      const FullDisk disk(directory.path().string());
      result = disk.mount(bytes) ? fill(disk) : kNotPossible;
    } catch (...) {  // the code says it
    }
    ::_exit(result);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotPossible) {
    WARN("skipped: this user may not mount a file system");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace tidemark::test
