// Packets of the replication stream as they come off the connection: straight from the socket, or through libmariadb where TLS or
// compression stands in between. Owned and used by the reader thread; ended from another one by shutting the socket down.
// Throws Error(source_unavailable) when the connection ends, Error(corrupt) when packets are out of sequence.
// Source: MySQL sql-common/net_serv.cc.
#pragma once

#include <mysql.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tidemark::mysql {

class PacketSource {
 public:
  virtual ~PacketSource() = default;
  /// The next packet, whole, however many pieces it came in; the view holds until the next call. False: none within `wait`.
  virtual bool next(std::string_view& packet, std::chrono::milliseconds wait) = 0;
  /// For how long not a byte has come, as far as is known: a large packet may take long on a slow line.
  virtual std::chrono::milliseconds silence() const = 0;
  /// Bytes received so far.
  virtual uint64_t bytes() const = 0;
};

/// Reads the socket itself, a megabyte at a time. For connections without TLS and compression.
std::unique_ptr<PacketSource> read_packets_from_socket(int socket);
/// Lets a thread of its own wait in mysql_net_read_packet, since libmariadb cannot say whether bytes wait inside the TLS library.
std::unique_ptr<PacketSource> read_packets_through_client(MYSQL* mysql);

}  // namespace tidemark::mysql
