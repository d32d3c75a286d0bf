// The directory that servers, daemons and their files of a test live in; reading files, and free ports. Any thread; throws
// std::runtime_error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "support/temporary_directory.h"

namespace tidemark::test {

class TempDir : public TemporaryDirectory {
 public:
  /// Gives the directory and everything in it to this user; nothing happens when we are not root.
  void give_to(const std::string& user) const;
};

std::string read_file(const std::filesystem::path& path);
/// The last `lines` lines of a log, for failure messages.
std::string tail(const std::filesystem::path& path, size_t lines = 30);
/// A TCP port of 127.0.0.1 that nobody listens on now.
uint16_t free_port();

}  // namespace tidemark::test
