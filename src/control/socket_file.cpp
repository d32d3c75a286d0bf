#include "control/socket_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "tidemark/error.h"

namespace tidemark {
namespace {

std::string text_of(int error) { return std::generic_category().message(error); }

[[noreturn]] void fail(ErrorKind kind, const std::string& path, std::string cause, std::string hint) {
  throw Error(kind, fmt::format("listening on the control socket {}", printable(path)), std::move(cause), std::move(hint));
}

std::string parent_of(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty()) fail(ErrorKind::config, path, "the path is empty", "Set daemon.socket to a path such as /run/tidemark/control.sock.");
  if (path.size() >= sizeof address.sun_path || path.find('\0') != std::string::npos) {
    fail(ErrorKind::config, path,
         fmt::format("the path has {} bytes, a Unix socket's path can have {}", path.size(), sizeof address.sun_path - 1),
         "Set daemon.socket to a shorter path, for example in /run or /tmp.");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

void check_parent(const std::string& path) {
  const std::string parent = parent_of(path);
  struct stat info {};
  if (stat(parent.c_str(), &info) != 0) {
    fail(ErrorKind::config, path, fmt::format("directory {}: {}", printable(parent), text_of(errno)),
         fmt::format("Create it: install -d -m 0700 {} (systemd does it with RuntimeDirectory=), or set daemon.socket to another path.",
                     printable(parent)));
  }
  if (!S_ISDIR(info.st_mode)) {
    fail(ErrorKind::config, path, fmt::format("{} is not a directory", printable(parent)), "Set daemon.socket to another path.");
  }
}

/// The error of connecting as a client; 0: somebody answers.
int try_connect(const sockaddr_un& address) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  close(fd);
  return result;
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  address_of(path_);
  check_parent(path_);
  remove_stale();
  listen_here();
}

SocketFile::~SocketFile() {
  if (fd_ >= 0) close(fd_);
  struct stat info {};
  if (inode_ != 0 && lstat(path_.c_str(), &info) == 0 && info.st_ino == inode_ && info.st_dev == device_) unlink(path_.c_str());
}

int SocketFile::release_fd() { return std::exchange(fd_, -1); }

void SocketFile::remove_stale() {
  struct stat info {};
  if (lstat(path_.c_str(), &info) != 0) {
    if (errno == ENOENT) return;
    fail(ErrorKind::config, path_, text_of(errno), "Check the permissions of the directories above it.");
  }
  if (!S_ISSOCK(info.st_mode)) {
    fail(ErrorKind::config, path_, "something that is not a socket is there",
         "Remove it, or set daemon.socket to another path; tidemark removes nothing but a socket that nobody listens on.");
  }
  int error = try_connect(address_of(path_));
  if (error == ENOENT) return;
  // a full backlog answers EAGAIN: somebody listens, slowly
  if (error == 0 || error == EAGAIN || error == EINPROGRESS) {
    fail(ErrorKind::busy, path_, "another process listens there",
         "Stop the other tidemark first (tidemark status shows it), or set daemon.socket to another path.");
  }
  if (error != ECONNREFUSED) {
    fail(ErrorKind::config, path_, fmt::format("the socket that is there cannot be tried: {}", text_of(error)),
         "Remove it if no other tidemark runs, or set daemon.socket to another path.");
  }
  if (unlink(path_.c_str()) != 0 && errno != ENOENT) {
    fail(ErrorKind::config, path_, fmt::format("the stale socket cannot be removed: {}", text_of(errno)),
         "Check the owner and permissions of its directory.");
  }
}

void SocketFile::listen_here() {
  const sockaddr_un address = address_of(path_);
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) fail(ErrorKind::internal, path_, text_of(errno), "");
  auto give_up = [&](const char* step) {
    int error = errno;
    close(std::exchange(fd_, -1));
    if (inode_ != 0) unlink(path_.c_str());
    fail(ErrorKind::config, path_, fmt::format("{}: {}", step, text_of(error)),
         "Check the owner and permissions of its directory, or set daemon.socket to another path.");
  };
  // Linux takes the mode of the socket file from the unbound socket. The umask would be the other way, but it belongs to all threads.
  if (fchmod(fd_, S_IRUSR | S_IWUSR) != 0) give_up("fchmod");
  if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) give_up("bind");
  struct stat info {};
  if (lstat(path_.c_str(), &info) != 0) give_up("lstat");
  device_ = info.st_dev;
  inode_ = info.st_ino;
  // before listen() nobody can connect, so that no moment with another mode exists where the file system ignored the first one
  if (chmod(path_.c_str(), S_IRUSR | S_IWUSR) != 0) give_up("chmod");
  if (listen(fd_, SOMAXCONN) != 0) give_up("listen");
}

}  // namespace tidemark
