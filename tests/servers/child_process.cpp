#include "servers/child_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "servers/spawner.h"

namespace tidemark::test {
namespace {

struct Identity {
  bool change = false;
  uid_t uid = 0;
  gid_t gid = 0;
};

Identity identity_of(const std::string& user) {
  if (user.empty() || geteuid() != 0) return {};
  const passwd* entry = getpwnam(user.c_str());
  if (!entry) throw std::runtime_error(fmt::format("no user {} on this machine", user));
  return {true, entry->pw_uid, entry->pw_gid};
}

[[noreturn]] void child_failed(const char* what) {
  const char* reason = strerror(errno);
  for (const char* part : {"cannot start: ", what, ": ", reason, "\n"}) {
    if (write(STDERR_FILENO, part, strlen(part)) < 0) break;
  }
  _exit(127);
}

void redirect(const std::string& path, int flags, int target) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (fd < 0 || dup2(fd, target) < 0) child_failed(path.c_str());
}

[[noreturn]] void become(const Command& command, const Identity& identity, pid_t parent) {
  setpgid(0, 0);
  redirect(command.input_file, O_RDONLY, STDIN_FILENO);
  if (!command.output_file.empty()) {
    redirect(command.output_file, O_WRONLY | O_CREAT | O_APPEND, STDOUT_FILENO);
    redirect(command.error_file.empty() ? command.output_file : command.error_file, O_WRONLY | O_CREAT | O_APPEND, STDERR_FILENO);
  }
  if (!command.directory.empty() && chdir(command.directory.c_str()) != 0) child_failed(command.directory.c_str());
  if (identity.change && (setgroups(0, nullptr) != 0 || setgid(identity.gid) != 0 || setuid(identity.uid) != 0)) child_failed("setuid");
  prctl(PR_SET_PDEATHSIG, SIGKILL);     // after setuid, which would clear it
  if (getppid() != parent) _exit(127);  // died meanwhile
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number : {SIGPIPE, SIGTERM, SIGINT, SIGHUP}) ::signal(number, SIG_DFL);
  for (const auto& [name, value] : command.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  for (const auto& argument : command.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  child_failed(arguments[0]);
}

}  // namespace

ChildProcess::ChildProcess(const Command& command) {
  const Identity identity = identity_of(command.user);
  run_on_spawner_thread([&] {
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error(fmt::format("fork: {}", strerror(errno)));
    if (pid_ == 0) become(command, identity, parent);
    setpgid(pid_, pid_);  // also here: whoever comes first
  });
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    kill_group();
    pid_ = std::exchange(other.pid_, -1);
    status_ = std::exchange(other.status_, std::nullopt);
  }
  return *this;
}

bool ChildProcess::running() { return pid_ > 0 && !wait(std::chrono::milliseconds(0)); }

void ChildProcess::signal(int number) const {
  if (pid_ > 0 && !status_) ::kill(pid_, number);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (pid_ > 0 && !status_) {
    int status = 0;
    const pid_t got = waitpid(pid_, &status, WNOHANG);
    if (got == pid_) {
      status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    } else if (got < 0 && errno != EINTR) {
      status_ = 127;
    } else if (std::chrono::steady_clock::now() >= end) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  return status_;
}

void ChildProcess::kill_group() noexcept {
  if (pid_ <= 0) return;
  // A reaped leader's number may be in use again, but not as a process group while members of ours live; without members it fails.
  ::kill(-pid_, SIGKILL);
  if (!status_) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = 128 + SIGKILL;
  }
  pid_ = -1;
}

uint64_t ChildProcess::status_kib(const std::string& field) const {
  std::ifstream file(fmt::format("/proc/{}/status", pid_));
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(field + ":", 0) == 0) return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10);
  }
  return 0;
}

}  // namespace tidemark::test
