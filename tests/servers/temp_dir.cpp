#include "servers/temp_dir.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tidemark::test {

namespace fs = std::filesystem;

void TempDir::give_to(const std::string& user) const {
  if (geteuid() != 0) return;
  const passwd* entry = getpwnam(user.c_str());
  if (!entry) throw std::runtime_error(fmt::format("no user {} on this machine", user));
  auto give = [&](const fs::path& p) {
    if (lchown(p.c_str(), entry->pw_uid, entry->pw_gid) != 0) throw std::runtime_error(fmt::format("chown {}", p.string()));
  };
  give(path());
  for (const auto& item : fs::recursive_directory_iterator(path())) give(item.path());
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string tail(const fs::path& path, size_t lines) {
  std::ifstream file(path);
  std::deque<std::string> last;
  for (std::string line; std::getline(file, line);) {
    last.push_back(line);
    if (last.size() > lines) last.pop_front();
  }
  std::string text;
  for (const auto& line : last) text += line + "\n";
  return text;
}

uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool ok = fd >= 0 && bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0;
  if (fd >= 0) close(fd);
  if (!ok) throw std::runtime_error("no free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

}  // namespace tidemark::test
