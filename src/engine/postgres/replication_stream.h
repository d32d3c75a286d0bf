// The replication stream of one slot over a connection to a WAL sender: the request, then what comes, and what we say to it: how far we
// have received, and how far what came is safe with us. The second is what acknowledge() was told and nothing else (design rule 2.5).
// Owned and used by the reader thread, except acknowledge() and cancel(). Throws Error: busy (slot in use), log_purged, lineage,
// server_settings, credentials, source_unavailable, corrupt, interrupted.
// Source: PostgreSQL documentation, "Streaming Replication Protocol"; src/backend/replication/walsender.c.
#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/postgres/connection.h"

namespace tidemark::postgres {

struct StreamRequest {
  std::string server;     // its system identifier
  uint64_t timeline = 0;  // that it was on when it was looked at; 0: it was not
  uint64_t lsn = 0;       // 0: where the slot is
  bool binary = false;    // values in their binary form, where types have one
};

/// What the server sent: a message of the plugin, or only a sign of life.
struct StreamPacket {
  std::string_view message;  // empty: a sign of life
  uint64_t lsn = 0;          // of a message: where its change lies. Otherwise: what was committed before it has been sent
};

class ReplicationStream {
 public:
  ReplicationStream(const SourceConfig& config, const StreamRequest& request);

  /// The next packet; its view holds until the next call. False: none within `wait`. Says meanwhile what is due.
  bool next(StreamPacket& packet, std::chrono::milliseconds wait);
  /// Says what is due to the server, without waiting.
  void tend();
  /// From any thread.
  void acknowledge(uint64_t lsn) noexcept { acknowledged_.store(lsn, std::memory_order_relaxed); }
  /// Whatever is acknowledged, the server must keep what lies behind this place; 0: no such place.
  void hold_back(uint64_t lsn) { hold_back_ = lsn; }
  void cancel() noexcept { connection_.interrupt(); }

  /// For how long the server has been waited for, with nothing coming, although it was asked to answer.
  std::chrono::milliseconds silence() const { return std::chrono::duration_cast<std::chrono::milliseconds>(silence_); }
  bool streams_parallel() const { return parallel_; }
  uint64_t timeline() const { return timeline_; }
  uint64_t bytes_received() const { return bytes_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Free {
    void operator()(char* buffer) const { PQfreemem(buffer); }
  };
  std::string statement(const SourceConfig& config, const StreamRequest& request);
  void identify(const StreamRequest& request);
  static void on_notice(void* stream, const PGresult* notice);
  bool take(StreamPacket& packet);
  bool wait_for_input(std::chrono::milliseconds wait);
  void say_status();
  void flush();
  uint64_t safe_lsn() const;
  [[noreturn]] void ended();
  [[noreturn]] void lost();

  Connection connection_;
  std::string slot_;
  const std::string publication_;
  bool parallel_ = false;
  uint64_t timeline_ = 0;
  std::unique_ptr<char, Free> buffer_;
  std::atomic<uint64_t> acknowledged_{0};
  uint64_t hold_back_ = 0;
  uint64_t received_ = 0, said_safe_ = 0;
  std::string missing_;  // the server's warning that it leaves out changes, since the publication is gone
  bool asked_ = false;   // the server wants a status at once
  bool unsent_ = false;  // a status lies in libpq's buffer
  Clock::time_point said_at_{};
  Clock::duration silence_{};
  unsigned taken_ = 0;
  std::atomic<uint64_t> bytes_{0};
};

}  // namespace tidemark::postgres
