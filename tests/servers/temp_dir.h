// A directory of our own, removed with everything in it by the destructor. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace tidemark::test {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  /// Writes a file that only we can read, and gives its path.
  std::string write(const std::string& name, const std::string& text) const;
  /// Gives the directory and everything in it to this user; nothing happens when we are not root.
  void give_to(const std::string& user) const;

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);
/// The last `lines` lines of a log, for failure messages.
std::string tail(const std::filesystem::path& path, size_t lines = 30);
/// A TCP port of 127.0.0.1 that nobody listens on now.
uint16_t free_port();

}  // namespace tidemark::test
