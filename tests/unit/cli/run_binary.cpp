#include "unit/cli/run_binary.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "support/temporary_directory.h"

namespace tidemark::test {
namespace {

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void redirect(const std::string& path, int to) {
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || dup2(fd, to) < 0) _exit(126);
}

}  // namespace

Output run_binary(const std::vector<std::string>& arguments, const std::vector<std::pair<std::string, std::string>>& environment) {
  const TemporaryDirectory dir;
  std::string out = dir.file("out"), err = dir.file("err"), binary = TIDEMARK_BINARY;
  std::vector<char*> argv = {binary.data()};
  std::vector<std::string> words = arguments;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork");
  if (pid == 0) {
    for (const char* name : {"TIDEMARK_CONFIG", "TIDEMARK_SOCKET", "NO_COLOR", "CREDENTIALS_DIRECTORY"}) unsetenv(name);
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    redirect(out, STDOUT_FILENO);
    redirect(err, STDERR_FILENO);
    execv(binary.c_str(), argv.data());
    _exit(127);
  }
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) throw std::runtime_error("waitpid");
  Output result;
  result.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = read_all(out);
  result.err = read_all(err);
  return result;
}

}  // namespace tidemark::test
