// Questions to a source, each on a connection of its own unless keep() was called, which cancel() ends from any thread. Asked by one thread
// at a time.
// Throws Error(interrupted) once cancel() was called.
#pragma once

#include <memory>
#include <mutex>

#include "engine/postgres/connection.h"
#include "tidemark/config.h"
#include "tidemark/error.h"

namespace tidemark::postgres {

class Asker {
 public:
  explicit Asker(const SourceConfig& config) : config_(config) {}

  /// question(connection), or question(connection, walsender).
  template <typename Question>
  auto ask(const Question& question) {
    Asked connection(*this, Role::source);
    if constexpr (std::is_invocable_v<Question, Connection&, Connection&>) {
      Asked walsender(*this, Role::replication);
      return question(connection.get(), walsender.get());
    } else {
      return question(connection.get());
    }
  }

  /// From here on a question finds the connection of the one before it, until release().
  void keep() { keeps_ = true; }
  void release() {
    keeps_ = false;
    for (auto& connection : kept_) connection.reset();
  }

  void cancel() noexcept {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (Connection* connection : asked_) {
      if (connection != nullptr) connection->interrupt();
    }
  }

 private:
  /// An open connection that cancel() reaches.
  class Asked {
   public:
    Asked(Asker& asker, Role role) : asker_(asker), place_(role == Role::source ? 0 : 1) {
      connection_ = std::move(asker.kept_[place_]);
      const bool is_open = connection_ != nullptr && is_usable(*connection_);
      if (!is_open) connection_ = std::make_unique<Connection>(asker.config_.address, role);
      set(connection_.get());
      try {
        if (!is_open) connection_->open();
        asker_.require_not_cancelled();  // open() forgets an interrupt() that came before it
      } catch (...) {
        set(nullptr);
        throw;
      }
    }
    ~Asked() {
      set(nullptr);
      if (asker_.keeps_ && is_usable(*connection_)) asker_.kept_[place_] = std::move(connection_);
    }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    Connection& get() { return *connection_; }

   private:
    static bool is_usable(Connection& connection) noexcept {
      if (!connection.is_open() || PQtransactionStatus(connection.raw()) != PQTRANS_IDLE) return false;
      try {
        connection.check_peer();
        return true;
      } catch (const Error&) {
        return false;
      }
    }
    void set(Connection* connection) {
      const std::lock_guard lock(asker_.mutex_);
      asker_.asked_[place_] = connection;
    }
    Asker& asker_;
    std::unique_ptr<Connection> connection_;
    size_t place_;
  };

  void require_not_cancelled() {
    const std::lock_guard lock(mutex_);
    if (cancelled_) throw Error(ErrorKind::interrupted, "asking source " + printable(config_.name), "stopped on request");
  }

  const SourceConfig& config_;
  bool keeps_ = false;
  std::unique_ptr<Connection> kept_[2];
  std::mutex mutex_;  // guards what follows
  Connection* asked_[2] = {nullptr, nullptr};
  bool cancelled_ = false;
};

}  // namespace tidemark::postgres
