// The daemon's control socket: HTTP/1.1 with JSON over a Unix socket, reading only. `curl --unix-socket S http://localhost/v1/status`.
// Owned by the runtime's run_daemon; has one thread of its own, which calls the StatusProvider for each request.
// The constructor throws Error when it cannot listen: busy (another daemon answers there), config (path, missing directory).
// Only root and our own user are served (file mode 0600 and SO_PEERCRED); small limits on everything a client can make us hold.
#pragma once

#include <memory>
#include <string>

#include "tidemark/error.h"
#include "tidemark/status.h"

namespace tidemark {

class ControlServer {
 public:
  /// Listens on return. `provider` must stay callable until the destructor has returned.
  ControlServer(std::string socket_path, StatusProvider provider);
  /// Closes all connections, ends the thread and removes the socket file (only if it is still ours).
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  const std::string& socket_path() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
