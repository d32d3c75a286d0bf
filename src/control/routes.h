// What the control server answers: paths to bodies, without a socket in sight. Pure apart from calling the provider; any thread.
// Never throws: a provider that throws becomes a 500.
#pragma once

#include <string>
#include <string_view>

#include "tidemark/status.h"

namespace tidemark {

struct RouteAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow;  // methods, for 405
};

/// `method` as in the request line; HEAD gets the body of GET, which the caller does not send.
RouteAnswer route(std::string_view method, std::string_view target, const StatusProvider& provider);
RouteAnswer error_answer(int status, std::string_view kind, std::string_view message, std::string_view hint);

}  // namespace tidemark
