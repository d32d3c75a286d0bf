// A program in a process group of its own. Owned by one test object; the destructor kills the group and reaps it, and the kernel kills
// it when the test binary dies. Throws std::runtime_error when it cannot be started.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tidemark::test {

struct Command {
  std::vector<std::string> arguments;  // [0] is the program, looked up in PATH
  std::string output_file;             // standard output and error are appended to it
  std::string error_file;              // standard error goes here instead when set
  std::string input_file = "/dev/null";
  std::string directory;                                         // working directory
  std::string user;                                              // run as this user (only when we are root)
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours
};

class ChildProcess {
 public:
  ChildProcess() = default;
  explicit ChildProcess(const Command& command);
  ~ChildProcess() { kill_group(); }
  ChildProcess(ChildProcess&& other) noexcept { *this = std::move(other); }
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number) const;
  /// Exit status as a shell gives it: the exit code, or 128 + signal. nullopt when it still runs after `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit);
  /// SIGKILL to the whole group, then reaps.
  void kill_group() noexcept;
  /// A field of /proc/<pid>/status in KiB (VmHWM is the peak resident size); 0 when it has gone.
  uint64_t status_kib(const std::string& field) const;

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace tidemark::test
