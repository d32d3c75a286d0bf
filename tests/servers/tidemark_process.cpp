#include "servers/tidemark_process.h"

#include <fmt/core.h>
#include <signal.h>

#include <cstdlib>
#include <stdexcept>

namespace tidemark::test {

std::string tidemark_binary() {
  const char* other = std::getenv("TIDEMARK_BINARY");
  return other ? other : TIDEMARK_BINARY;
}

Finished run_tidemark(const std::vector<std::string>& arguments, std::chrono::milliseconds limit) {
  const TempDir work;
  Command command;
  command.arguments = {tidemark_binary()};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.output_file = work.file("out");
  command.error_file = work.file("err");
  ChildProcess process(command);
  const auto status = process.wait(limit);
  if (!status) process.kill_group();
  return {status.value_or(137), read_file(command.output_file), read_file(command.error_file)};
}

TidemarkProcess::TidemarkProcess(const TempDir& directory, const std::string& config_file, std::vector<std::string> arguments,
                                 std::vector<std::pair<std::string, std::string>> environment)
    : log_file_(directory.file("tidemark.log")), output_file_(directory.file("tidemark.out")) {
  if (arguments.empty()) arguments = {"run", "-c", config_file};
  Command command;
  command.arguments = {tidemark_binary()};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.output_file = output_file_;
  command.error_file = log_file_;
  command.environment = std::move(environment);
  process_ = ChildProcess(command);
}

int TidemarkProcess::stop(std::chrono::milliseconds limit) {
  process_.signal(SIGTERM);
  const auto status = process_.wait(limit);
  if (!status) throw std::runtime_error(fmt::format("tidemark did not stop; its log ends with:\n{}", log_tail()));
  return *status;
}

}  // namespace tidemark::test
