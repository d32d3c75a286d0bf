#include "control/server.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>  // Asio of Boost 1.74 needs it first

#include "base/log.h"
#include "control/routes.h"
#include "control/socket_file.h"

namespace tidemark {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Protocol = asio::local::stream_protocol;
using Stream = beast::basic_stream<Protocol>;
using ErrorCode = boost::system::error_code;

constexpr size_t kHeaderBytesMax = 8 << 10;
constexpr size_t kBodyBytesMax = 64 << 10;
constexpr size_t kConnectionsMax = 32;
constexpr auto kTimeout = std::chrono::seconds(10);

/// Our own user and root may ask; the file's mode says so already, this holds where a mode was changed.
bool peer_allowed(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  if (peer.uid == 0 || peer.uid == geteuid()) return true;
  spdlog::warn("control socket: refused a connection of user id {} (process {})", peer.uid, peer.pid);
  return false;
}

/// One connection: request after request until the client closes, is silent for too long, or sends what we do not take.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Protocol::socket socket, const StatusProvider& provider, std::function<void(Session*)> ended)
      : stream_(std::move(socket)), provider_(provider), ended_(std::move(ended)) {}
  ~Session() { ended_(this); }

  void read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(kBodyBytesMax);
    stream_.expires_after(kTimeout);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](ErrorCode error, size_t) { self->on_read(error); });
  }
  void close() {
    ErrorCode ignored;
    stream_.socket().close(ignored);
  }

 private:
  void on_read(ErrorCode error) {
    if (!error) {
      const auto& request = parser_->get();
      const auto method = request.method_string();
      const auto target = request.target();
      return answer(route({method.data(), method.size()}, {target.data(), target.size()}, provider_), request.method() == http::verb::head,
                    request.keep_alive());
    }
    if (error == http::error::end_of_stream || error == beast::error::timeout || error == asio::error::operation_aborted) return close();
    if (error == http::error::header_limit) {
      return answer(error_answer(431, "bad_request", "the request's header has more than 8 KiB", "Send fewer or shorter headers."), false,
                    false);
    }
    if (error == http::error::body_limit) {
      return answer(error_answer(413, "bad_request", "the request's body has more than 64 KiB", "No request of tidemark needs a body."),
                    false, false);
    }
    if (error.category() == http::make_error_code(http::error::bad_method).category() && error != http::error::partial_message) {
      return answer(error_answer(400, "bad_request", "this is not an HTTP/1.1 request: " + error.message(),
                                 "Try: curl --unix-socket SOCKET http://localhost/v1/status"),
                    false, false);
    }
    close();
  }

  void answer(RouteAnswer what, bool head, bool keep_alive) {
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(what.status));
    response_.set(http::field::content_type, what.content_type);
    response_.set(http::field::cache_control, "no-store");
    if (!what.allow.empty()) response_.set(http::field::allow, what.allow);
    response_.keep_alive(keep_alive);
    response_.body() = std::move(what.body);
    response_.prepare_payload();
    if (head) response_.body().clear();  // Content-Length stays that of GET
    stream_.expires_after(kTimeout);
    http::async_write(stream_, response_, [self = shared_from_this(), keep_alive](ErrorCode error, size_t) {
      if (error || !keep_alive) return self->finish();
      self->read();
    });
  }

  /// Lets the client read the answer first: a close with unread input would throw the answer away.
  void finish() {
    ErrorCode ignored;
    stream_.socket().shutdown(Protocol::socket::shutdown_send, ignored);
    drained_ = 0;
    drain();
  }
  void drain() {
    if (drained_ > 2 * kBodyBytesMax) return close();
    stream_.expires_after(std::chrono::seconds(1));
    stream_.async_read_some(asio::buffer(scratch_), [self = shared_from_this()](ErrorCode error, size_t n) {
      if (error) return self->close();
      self->drained_ += n;
      self->drain();
    });
  }

  Stream stream_;
  beast::flat_buffer buffer_{kHeaderBytesMax + kBodyBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  const StatusProvider& provider_;
  std::function<void(Session*)> ended_;
  size_t drained_ = 0;
  char scratch_[4096];
};

}  // namespace

class ControlServer::Impl {
 public:
  Impl(std::string path, StatusProvider provider)
      : provider_(std::move(provider)), file_(std::move(path)), acceptor_(context_), pause_(context_) {
    acceptor_.assign(Protocol(), file_.release_fd());
    accept();
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    asio::post(context_, [this] {
      stopping_ = true;
      ErrorCode ignored;
      acceptor_.close(ignored);
      pause_.cancel();
      // closing ends their operations; each session goes with the last of its handlers, so that run() comes to its end
      for (Session* session : sessions_) session->close();
    });
    thread_.join();
  }

  const std::string& path() const { return file_.path(); }

 private:
  void run() {
    pthread_setname_np(pthread_self(), "control");
    for (;;) {
      try {
        context_.run();
        return;
      } catch (const std::exception& error) {
        // bad_alloc in one handler: that session is gone, the others go on
        spdlog::error("control socket: {}", error.what());
        if (!stopping_ && !accepting_) accept();
      }
    }
  }

  void accept() {
    if (stopping_ || accepting_ || sessions_.size() >= kConnectionsMax) return;  // the kernel's backlog holds the others
    accepting_ = true;
    acceptor_.async_accept([this](ErrorCode error, Protocol::socket socket) {
      accepting_ = false;
      if (stopping_) return;
      if (error) return pause_then_accept(error);
      fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
      if (peer_allowed(socket.native_handle())) start(std::move(socket));
      accept();
    });
  }

  void start(Protocol::socket socket) {
    auto session = std::make_shared<Session>(std::move(socket), provider_, [this](Session* ended) {
      sessions_.erase(ended);
      accept();
    });
    sessions_.insert(session.get());
    session->read();
  }

  /// Out of descriptors, for example: trying again at once would only burn a core.
  void pause_then_accept(ErrorCode error) {
    spdlog::warn("control socket: cannot accept a connection: {}", error.message());
    pause_.expires_after(std::chrono::milliseconds(200));
    pause_.async_wait([this](ErrorCode cancelled) {
      if (!cancelled) accept();
    });
  }

  StatusProvider provider_;
  asio::io_context context_{1};
  SocketFile file_;
  Protocol::acceptor acceptor_;
  asio::steady_timer pause_;
  std::set<Session*> sessions_;  // kept alive by their pending operations; only touched by the thread
  bool accepting_ = false, stopping_ = false;
  std::thread thread_;
};

ControlServer::ControlServer(std::string socket_path, StatusProvider provider)
    : impl_(std::make_unique<Impl>(std::move(socket_path), std::move(provider))) {
  spdlog::info("control socket: listening on {}", impl_->path());
}
ControlServer::~ControlServer() = default;
const std::string& ControlServer::socket_path() const { return impl_->path(); }

}  // namespace tidemark
