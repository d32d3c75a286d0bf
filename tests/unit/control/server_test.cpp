// A real server on a real socket, asked by our client, by curl, and by hand-written bytes.
#include "control/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "control/client.h"
#include "control/status_json.h"
#include "sample_status.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace tidemark;
using control_test::sample_status;
using Json = nlohmann::json;

namespace {

struct Folder : tidemark::test::TemporaryDirectory {
  std::string socket() const { return file("control.sock"); }
};

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

/// A connection that sends exactly what it is told.
class RawClient {
 public:
  explicit RawClient(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    const sockaddr_un address = address_of(path);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    timeval wait{15, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  void send(const std::string& bytes) { CHECK(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0); }
  /// What comes until the other side closes.
  std::string read_all() {
    std::string all;
    char buffer[4096];
    for (ssize_t n; (n = recv(fd_, buffer, sizeof buffer, 0)) > 0;) all.append(buffer, static_cast<size_t>(n));
    return all;
  }
  std::string read_some() {
    char buffer[65536];
    const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
    return n > 0 ? std::string(buffer, static_cast<size_t>(n)) : std::string();
  }

 private:
  int fd_;
  bool connected_ = false;
};

bool exists(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0;
}

std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  pclose(pipe);
  return out;
}

ErrorKind kind_of_start(const std::string& path) {
  try {
    ControlServer server(path, sample_status);
  } catch (const Error& error) {
    INFO(error.what());
    CHECK_FALSE(error.hint().empty());
    return error.kind();
  }
  FAIL("the server started");
  return ErrorKind::internal;
}

const char* kGet = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

}  // namespace

TEST_CASE("the server answers our client and removes its socket", "[control]") {
  Folder folder;
  {
    ControlServer server(folder.socket(), sample_status);
    struct stat info {};
    REQUIRE(lstat(folder.socket().c_str(), &info) == 0);
    CHECK(S_ISSOCK(info.st_mode));
    CHECK((info.st_mode & 0777) == 0600);

    auto answer = http_get(folder.socket(), "/v1/status");
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->content_type == "application/json");
    CHECK(answer->body == status_to_json(sample_status()));
    CHECK(status_from_json(answer->body).pipelines.size() == 2);

    answer = http_get(folder.socket(), "/metrics");
    REQUIRE(answer);
    CHECK(answer->content_type == "text/plain; version=0.0.4; charset=utf-8");
    answer = http_get(folder.socket(), "/v1/pipelines/none");
    REQUIRE(answer);
    CHECK(answer->status == 404);
    CHECK(Json::parse(answer->body)["error"]["kind"] == "not_found");
  }
  CHECK_FALSE(exists(folder.socket()));
  std::string why;
  CHECK_FALSE(http_get(folder.socket(), "/v1/status", &why));
  CHECK(why.find(folder.socket()) != std::string::npos);
}

TEST_CASE("curl can read the status", "[control]") {
  if (std::system("command -v curl >/dev/null 2>&1") != 0) {
    WARN("curl is not installed");
    return;
  }
  Folder folder;
  ControlServer server(folder.socket(), sample_status);
  const std::string curl = "curl -sS --max-time 10 --unix-socket " + folder.socket() + " ";
  CHECK(output_of(curl + "http://localhost/v1/status") == status_to_json(sample_status()));
  CHECK(output_of(curl + "-o /dev/null -w '%{http_code}' http://localhost/readyz") == "503");
  CHECK(output_of(curl + "-o /dev/null -w '%{http_code}' http://localhost/healthz") == "200");
  CHECK(output_of(curl + "-X POST -d x -o /dev/null -w '%{http_code}' http://localhost/v1/status") == "405");
  // two requests over one connection
  CHECK(output_of(curl + "-o /dev/null -o /dev/null -w '%{num_connects}' http://localhost/healthz http://localhost/metrics") == "10");
  const std::string head = output_of(curl + "-I http://localhost/v1/status");
  CHECK(head.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  CHECK(head.find("Content-Length: " + std::to_string(status_to_json(sample_status()).size())) != std::string::npos);
  CHECK(head.substr(head.size() - 4) == "\r\n\r\n");
}

TEST_CASE("a socket that somebody listens on is not taken over, a stale one is", "[control]") {
  Folder folder;
  {
    ControlServer first(folder.socket(), sample_status);
    CHECK(kind_of_start(folder.socket()) == ErrorKind::busy);
    CHECK(http_get(folder.socket(), "/healthz"));  // still there
  }
  // a file left behind by a process that died
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un address = address_of(folder.socket());
  REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  close(fd);
  REQUIRE(exists(folder.socket()));
  ControlServer second(folder.socket(), sample_status);
  CHECK(http_get(folder.socket(), "/healthz"));
}

TEST_CASE("a file that is not a socket is left alone", "[control]") {
  Folder folder;
  std::ofstream(folder.socket()) << "precious";
  CHECK(kind_of_start(folder.socket()) == ErrorKind::config);
  std::string text;
  std::ifstream(folder.socket()) >> text;
  CHECK(text == "precious");
  // nor does a link to somewhere else count as one
  std::remove(folder.socket().c_str());
  REQUIRE(symlink("/dev/null", folder.socket().c_str()) == 0);
  CHECK(kind_of_start(folder.socket()) == ErrorKind::config);
  CHECK(exists(folder.socket()));
}

TEST_CASE("paths that cannot work are configuration errors", "[control]") {
  Folder folder;
  CHECK(kind_of_start("") == ErrorKind::config);
  CHECK(kind_of_start(folder.file(std::string(200, 'x'))) == ErrorKind::config);
  CHECK(kind_of_start(folder.file("missing/control.sock")) == ErrorKind::config);
  std::string why;
  CHECK_FALSE(http_get(std::string(200, 'x'), "/healthz", &why));
  CHECK(why.find("200 bytes") != std::string::npos);
}

TEST_CASE("a socket file that replaced ours is not removed", "[control]") {
  Folder folder;
  {
    ControlServer server(folder.socket(), sample_status);
    REQUIRE(std::remove(folder.socket().c_str()) == 0);
    std::ofstream(folder.socket()) << "another";
  }
  CHECK(exists(folder.socket()));
}

TEST_CASE("broken and oversized requests get an answer and the connection ends", "[control]") {
  Folder folder;
  ControlServer server(folder.socket(), sample_status);
  struct Case {
    std::string request, status;
  };
  const Case cases[] = {
      {"hello\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /healthz HTTP/9\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /healthz HTTP/1.1\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /healthz HTTP/1.1\r\nX: " + std::string(9 << 10, 'a') + "\r\n\r\n", "HTTP/1.1 431 "},
      {"POST /healthz HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", "HTTP/1.1 413 "},
  };
  for (const Case& c : cases) {
    CAPTURE(c.request.substr(0, 40));
    RawClient client(folder.socket());
    client.send(c.request);
    const std::string answer = client.read_all();
    CHECK(answer.substr(0, c.status.size()) == c.status);
    const size_t body = answer.find("\r\n\r\n");
    REQUIRE(body != std::string::npos);
    CHECK(Json::parse(answer.substr(body + 4))["error"]["kind"] == "bad_request");
  }
  // a body of the largest size is read, and ignored
  RawClient client(folder.socket());
  client.send("GET /healthz HTTP/1.1\r\nConnection: close\r\nContent-Length: 65536\r\n\r\n" + std::string(65536, 'b'));
  CHECK(client.read_all().rfind("HTTP/1.1 200 ", 0) == 0);
}

TEST_CASE("requests sent in one go are answered in order", "[control]") {
  Folder folder;
  ControlServer server(folder.socket(), sample_status);
  RawClient client(folder.socket());
  client.send(std::string(kGet) + "GET /nothing HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_all();
  const size_t first = answers.find("HTTP/1.1 200 "), second = answers.find("HTTP/1.1 404 ");
  CHECK(first == 0);
  CHECK(second != std::string::npos);
}

TEST_CASE("at most 32 connections are served, the next ones wait their turn", "[control]") {
  Folder folder;
  ControlServer server(folder.socket(), sample_status);
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 32; ++i) {
    held.push_back(std::make_unique<RawClient>(folder.socket()));
    held.back()->send(kGet);
    REQUIRE(held.back()->read_some().rfind("HTTP/1.1 200 ", 0) == 0);
  }
  CHECK_THROWS_AS(http_get(folder.socket(), "/healthz", nullptr, std::chrono::milliseconds(300)), Error);
  held.pop_back();
  CHECK(http_get(folder.socket(), "/healthz")->status == 200);
}

TEST_CASE("the server stops at once although clients are connected", "[control]") {
  Folder folder;
  auto server = std::make_unique<ControlServer>(folder.socket(), sample_status);
  RawClient idle(folder.socket()), half(folder.socket());
  half.send("GET /hea");
  idle.send(kGet);
  CHECK_FALSE(idle.read_some().empty());
  const auto start = std::chrono::steady_clock::now();
  server.reset();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
  CHECK(idle.read_all().empty());
  CHECK(half.read_all().empty());
}

TEST_CASE("a silent connection is closed after ten seconds", "[control][.slow]") {
  Folder folder;
  ControlServer server(folder.socket(), sample_status);
  RawClient silent(folder.socket());
  silent.send("GET /hea");
  const auto start = std::chrono::steady_clock::now();
  CHECK(silent.read_all().empty());
  const auto waited = std::chrono::steady_clock::now() - start;
  CHECK(waited > std::chrono::seconds(9));
  CHECK(waited < std::chrono::seconds(13));
}

TEST_CASE("another user is refused even where the file's mode lets him in", "[control]") {
  if (geteuid() != 0) {
    WARN("needs root to become another user");
    return;
  }
  Folder folder;
  ControlServer server(folder.socket(), sample_status);
  REQUIRE(chmod(folder.path().c_str(), 0755) == 0);
  // asks as `uid`; exit code 0: an answer came, 1: the connection was closed without one, 2: connect refused
  auto ask_as = [&](uid_t uid) {
    const pid_t child = fork();
    if (child == 0) {
      if (uid != 0 && setuid(uid) != 0) _exit(9);
      const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
      const sockaddr_un address = address_of(folder.socket());
      if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) _exit(2);
      static_cast<void>(send(fd, kGet, std::strlen(kGet), MSG_NOSIGNAL));
      char byte;
      _exit(recv(fd, &byte, 1, 0) == 1 ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  CHECK(ask_as(0) == 0);
  CHECK(ask_as(65534) == 2);
  REQUIRE(chmod(folder.socket().c_str(), 0666) == 0);
  CHECK(ask_as(65534) == 1);
}
