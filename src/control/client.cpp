#include "control/client.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <utility>  // Asio of Boost 1.74 needs it first

#include "tidemark/error.h"

namespace tidemark {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Protocol = asio::local::stream_protocol;
using ErrorCode = boost::system::error_code;

constexpr uint64_t kAnswerBytesMax = uint64_t{256} << 20;  // thousands of tables make a long status

/// One exchange on its own io_context; timeouts need the asynchronous calls.
class Exchange {
 public:
  Exchange(const std::string& target, std::chrono::milliseconds timeout) : stream_(context_), timeout_(timeout) {
    request_.version(11);
    request_.method(http::verb::get);
    request_.target(target);
    request_.set(http::field::host, "localhost");
    request_.set(http::field::user_agent, "tidemark");
    request_.keep_alive(false);
    parser_.body_limit(kAnswerBytesMax);
  }

  ErrorCode connect(const std::string& path) {
    ErrorCode error;
    stream_.socket().connect(Protocol::endpoint(path), error);
    return error;
  }

  ErrorCode run() {
    ErrorCode result;
    stream_.expires_after(timeout_);
    http::async_write(stream_, request_, [&](ErrorCode written, size_t) {
      // a server that answers without taking the whole request may close early: its answer is still there to be read
      if (written == beast::error::timeout) {
        result = written;
        return;
      }
      http::async_read(stream_, buffer_, parser_, [&](ErrorCode error, size_t) { result = error; });
    });
    context_.run();
    return result;
  }

  HttpAnswer answer() {
    auto response = parser_.release();
    const auto type = response[http::field::content_type];
    return {static_cast<int>(response.result_int()), std::string(type.data(), type.size()), std::move(response.body())};
  }

 private:
  asio::io_context context_{1};
  beast::basic_stream<Protocol> stream_;
  std::chrono::milliseconds timeout_;
  http::request<http::empty_body> request_;
  http::response_parser<http::string_body> parser_;
  beast::flat_buffer buffer_;
};

}  // namespace

std::optional<HttpAnswer> http_get(const std::string& socket_path, const std::string& target, std::string* why,
                                   std::chrono::milliseconds timeout) {
  auto unreachable = [&](const std::string& reason) {
    if (why != nullptr) *why = fmt::format("{}: {}", printable(socket_path), reason);
    return std::nullopt;
  };
  if (socket_path.empty() || socket_path.size() >= sizeof(sockaddr_un::sun_path)) {
    return unreachable(
        fmt::format("the path has {} bytes, a Unix socket's path can have {}", socket_path.size(), sizeof(sockaddr_un::sun_path) - 1));
  }
  Exchange exchange(target, timeout);
  if (ErrorCode error = exchange.connect(socket_path)) return unreachable(error.message());
  if (ErrorCode error = exchange.run()) {
    throw Error(ErrorKind::internal, fmt::format("asking the daemon at {}", printable(socket_path)), error.message(),
                "Look at the daemon's log; it may be stopping or hanging.");
  }
  return exchange.answer();
}

}  // namespace tidemark
