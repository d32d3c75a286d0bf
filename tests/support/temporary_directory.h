// A directory of our own under TMPDIR, removed with everything in it by the destructor. Any thread; throws std::runtime_error.
// Its path is short: Unix sockets lie in it, and theirs may have 107 bytes.
#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace tidemark::test {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern + ": " + std::strerror(errno));
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  /// Writes a file, one that only we can read unless `mode` says otherwise, and gives its path.
  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const std::string target = file(name);
    std::ofstream out(target, std::ios::binary);
    if (::chmod(target.c_str(), mode) != 0 || !(out << text << std::flush)) throw std::runtime_error("cannot write " + target);
    return target;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace tidemark::test
