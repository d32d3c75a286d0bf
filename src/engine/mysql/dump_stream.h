// The replication stream of one connection: session settings, registration as a replica, the dump request, then events.
// Owned and used by the reader thread, except cancel(). Throws Error: busy (server_id in use), log_purged, lineage, credentials,
// source_unavailable (also when the server falls silent), corrupt, interrupted.
// Source: MySQL sql/rpl_binlog_sender.cc, sql/rpl_replica.cc; MariaDB sql/sql_repl.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/mysql/connection.h"
#include "engine/mysql/packet_source.h"
#include "tidemark/position.h"

namespace tidemark::mysql {

/// Where a dump begins: by GTID set, else by file and offset.
struct DumpStart {
  bool by_gtid = false;
  GtidSet gtids;
  std::string file;  // "mysql-bin.000012"
  uint64_t offset = 4;
};

/// The id that we register with: the configured one, else one derived from host and source name.
uint32_t replica_server_id(const SourceConfig& config);

class DumpStream {
 public:
  DumpStream(const SourceConfig& config, const DumpStart& start);

  /// The next event, header to checksum; the view holds until the next call. False: none within `wait`.
  bool next(std::string_view& event, std::chrono::milliseconds wait);
  /// The server has sent an event of the log itself, so that silence from now on means that it is gone.
  void seek_done() { seeking_ = false; }
  void cancel() noexcept { connection_.cancel(); }

  bool is_mariadb() const { return connection_.is_mariadb(); }
  uint32_t server_version() const { return static_cast<uint32_t>(connection_.version()); }
  uint64_t bytes_received() const { return packets_->bytes(); }

 private:
  using Clock = std::chrono::steady_clock;
  void check_server_id();
  void set_session(const SourceConfig& config, const DumpStart& start);
  void register_replica();
  void request(const DumpStart& start);
  void command(unsigned number, const std::string& body, bool read_answer);
  std::chrono::milliseconds silence() const;
  std::chrono::milliseconds silence_left() const;

  Connection connection_;
  uint32_t server_id_;
  std::string report_host_, uuid_;
  std::unique_ptr<PacketSource> packets_;
  std::chrono::milliseconds silence_max_;
  Clock::time_point last_packet_;
  bool fresh_ = false;   // packets came since last_packet_ was set
  bool seeking_ = true;  // the server may be looking for our place and say nothing for long
};

}  // namespace tidemark::mysql
