// Runs the tidemark binary of this build. Owned by one test; the destructor kills what still runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "servers/child_process.h"
#include "servers/temp_dir.h"

namespace tidemark::test {

struct Finished {
  int exit = 0;  // 128 + signal when a signal ended it
  std::string out, err;
};

/// Runs it to its end; killed (exit 137) after `limit`.
Finished run_tidemark(const std::vector<std::string>& arguments, std::chrono::milliseconds limit = std::chrono::seconds(60));

/// The daemon, or any other verb that takes a while.
class TidemarkProcess {
 public:
  /// `tidemark run -c <config_file>` unless `arguments` are given. Standard error is appended to <directory>/tidemark.log.
  TidemarkProcess(const TempDir& directory, const std::string& config_file, std::vector<std::string> arguments = {},
                  std::vector<std::pair<std::string, std::string>> environment = {});

  bool running() { return process_.running(); }
  pid_t pid() const { return process_.pid(); }
  void signal(int number) { process_.signal(number); }
  std::optional<int> wait(std::chrono::milliseconds limit) { return process_.wait(limit); }
  /// SIGTERM, then its exit code; throws with the end of its log when it does not end within `limit`.
  int stop(std::chrono::milliseconds limit = std::chrono::seconds(40));
  void kill9() { process_.kill_group(); }
  /// Peak resident memory up to now; ask before it ends.
  uint64_t peak_resident_kib() const { return process_.status_kib("VmHWM"); }
  std::string log() const { return read_file(log_file_); }
  std::string log_tail(size_t lines = 30) const { return tail(log_file_, lines); }
  const std::string& output_file() const { return output_file_; }

 private:
  std::string log_file_, output_file_;
  ChildProcess process_;
};

/// Path of the binary under test: this build's, or what the environment variable TIDEMARK_BINARY names.
std::string tidemark_binary();

}  // namespace tidemark::test
