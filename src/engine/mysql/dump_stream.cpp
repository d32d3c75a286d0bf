#include "engine/mysql/dump_stream.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "engine/mysql/dump_error.h"
#include "engine/mysql/event_gtid.h"

namespace tidemark::mysql {

namespace {

constexpr unsigned kRegisterSlave = 21, kBinlogDump = 18, kBinlogDumpGtid = 30;  // COM_*
constexpr uint16_t kSendAnnotateRows = 2;                                        // MariaDB dump flag
// A dead peer is to be noticed within ten seconds, but a machine that is so loaded that nobody gets to send or read for seconds is not
// one. Only a heartbeat that was set to come less often than every three seconds makes it longer.
constexpr std::chrono::seconds kSilenceMax{9};
constexpr std::chrono::minutes kSeekMax{30};  // a healthy server may read many gigabytes of log before it finds our place

std::string host_name() {
  char name[61] = {};
  if (gethostname(name, sizeof name - 1) != 0) return "tidemark";
  return name;
}

uint64_t fnv(std::string_view bytes, uint64_t hash = 0xcbf29ce484222325u) {
  for (char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return hash;
}

// The same for the same host and id, so that after a cut connection the server ends our own forgotten dump thread.
std::string replica_uuid(const std::string& host, uint32_t server_id) {
  uint64_t a = fnv(fmt::format("tidemark {} {}", host, server_id));
  uint64_t b = fnv("replica", a);
  return fmt::format("{:08x}-{:04x}-5{:03x}-a{:03x}-{:012x}", a >> 32, (a >> 16) & 0xffff, a & 0xfff, (b >> 48) & 0xfff,
                     b & 0xffffffffffff);
}

template <typename T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void append_short_text(std::string& out, const std::string& text) {
  out.push_back(static_cast<char>(text.size()));
  out += text;
}

}  // namespace

uint32_t replica_server_id(const SourceConfig& config) {
  if (config.server_id != 0) return config.server_id;
  uint64_t hash = fnv(config.name, fnv(host_name()));
  return static_cast<uint32_t>(hash ^ hash >> 32) | 0x40000000u;
}

DumpStream::DumpStream(const SourceConfig& config, const DumpStart& start)
    : connection_(config, Purpose::log),
      server_id_(replica_server_id(config)),
      report_host_(host_name()),
      uuid_(replica_uuid(report_host_, server_id_)),
      silence_max_(std::max<std::chrono::milliseconds>(config.heartbeat * 3, kSilenceMax)) {
  check_server_id();
  set_session(config, start);
  register_replica();
  request(start);
  MYSQL* mysql = connection_.handle();
  bool plain = !connection_.tls() && !mysql->net.compress;
  packets_ = plain ? read_packets_from_socket(static_cast<int>(mysql_get_socket(mysql))) : read_packets_through_client(mysql);
  last_packet_ = Clock::now();
}

void DumpStream::check_server_id() {
  constexpr const char* kHint = "give this source a server_id of its own (sources: <name>: server_id)";
  if (connection_.query_text("SELECT @@global.server_id") == std::to_string(server_id_))
    throw Error(ErrorKind::busy, "reading the binary log", fmt::format("server_id {} is the source server's own", server_id_), kHint);
  std::vector<ResultRow> replicas;
  try {
    bool old = connection_.is_mariadb() || connection_.version() < 80022;
    replicas = connection_.query(old ? "SHOW SLAVE HOSTS" : "SHOW REPLICAS");
  } catch (const Error& error) {
    // Not every account may ask (MariaDB wants REPLICATION MASTER ADMIN). The server then tells by ending one of the two streams.
    if (error.kind() == ErrorKind::source_unavailable || error.kind() == ErrorKind::interrupted) throw;
    return;
  }
  for (const ResultRow& row : replicas) {
    if (row.size() < 2 || row[0].value_or("") != std::to_string(server_id_)) continue;
    // An entry of our own may outlive a cut connection.
    bool ours = connection_.is_mariadb() ? row[1].value_or("") == report_host_ : row.back().value_or("") == uuid_;
    if (!ours)
      throw Error(ErrorKind::busy, "reading the binary log",
                  fmt::format("server_id {} is used by the replica on host '{}'", server_id_, row[1].value_or("")), kHint);
  }
}

void DumpStream::set_session(const SourceConfig& config, const DumpStart& start) {
  int64_t heartbeat = std::chrono::duration_cast<std::chrono::nanoseconds>(config.heartbeat).count();
  // Checksums are to arrive and be verified here, whatever the server writes; MySQL 8.4 reads the names with "source".
  connection_.execute("SET @master_binlog_checksum = 'CRC32', @source_binlog_checksum = 'CRC32'");
  connection_.execute(fmt::format("SET @master_heartbeat_period = {0}, @source_heartbeat_period = {0}", heartbeat));
  connection_.execute(fmt::format("SET @slave_uuid = '{0}', @replica_uuid = '{0}'", uuid_));
  // A slow sink holds the stream back for as long as it needs.
  connection_.execute("SET SESSION net_write_timeout = 31536000");
  if (!connection_.is_mariadb()) return;
  connection_.execute("SET @mariadb_slave_capability = 4");
  if (!start.by_gtid) return;
  connection_.execute("SET @slave_connect_state = '" + start.gtids.text() + "'");
  // Strict: a start that this server's log does not contain is an error instead of a guess.
  connection_.execute("SET @slave_gtid_strict_mode = 1");
  connection_.execute("SET @slave_gtid_ignore_duplicates = 0");
}

void DumpStream::register_replica() {
  std::string body;
  append(body, server_id_);
  append_short_text(body, report_host_);
  append_short_text(body, "");  // user
  append_short_text(body, "");  // password
  append(body, uint16_t{0});    // port
  append(body, uint32_t{0});    // rank
  append(body, uint32_t{0});    // source id
  command(kRegisterSlave, body, true);
}

void DumpStream::request(const DumpStart& start) {
  std::string body;
  if (start.by_gtid && !connection_.is_mariadb()) {
    std::string set = encode_gtid_set(start.gtids);
    append(body, uint16_t{0});
    append(body, server_id_);
    append(body, uint32_t{0});  // no file name
    append(body, uint64_t{4});
    append(body, static_cast<uint32_t>(set.size()));
    return command(kBinlogDumpGtid, body + set, false);
  }
  if (!start.by_gtid && start.offset > UINT32_MAX)
    throw Error(ErrorKind::unsupported, "reading the binary log",
                fmt::format("the protocol cannot name offset {} of {}: it has 32 bits", start.offset, start.file),
                "start from a GTID set, or from a file's beginning");
  append(body, start.by_gtid ? uint32_t{4} : static_cast<uint32_t>(start.offset));
  // MariaDB 11.4 leaves positions out inside transactions; with annotations sent, too, sizes add up to positions.
  append(body, connection_.is_mariadb() && connection_.version() >= 110400 ? kSendAnnotateRows : uint16_t{0});
  append(body, server_id_);
  if (!start.by_gtid) body += start.file;
  command(kBinlogDump, body, false);
}

void DumpStream::command(unsigned number, const std::string& body, bool read_answer) {
  MYSQL* mysql = connection_.handle();
  int failed =
      mysql->methods->db_command(mysql, static_cast<enum_server_command>(number), body.data(), body.size(), read_answer ? 0 : 1, nullptr);
  if (!failed) return;
  if (connection_.cancelled()) throw Error(ErrorKind::interrupted, "reading the binary log", "stop was asked for");
  throw_server_error(mysql_errno(mysql), mysql_error(mysql));
}

std::chrono::milliseconds DumpStream::silence() const {
  return std::min(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - last_packet_), packets_->silence());
}

std::chrono::milliseconds DumpStream::silence_left() const {
  return (seeking_ ? std::chrono::milliseconds(kSeekMax) : silence_max_) - silence();
}

bool DumpStream::next(std::string_view& event, std::chrono::milliseconds wait) {
  std::string_view packet;
  try {
    if (!packets_->next(packet, std::chrono::milliseconds(0))) {
      if (wait.count() <= 0) return false;
      if (fresh_) last_packet_ = Clock::now();  // the reader may have been held up for long between two packets that were there
      fresh_ = false;
      if (!packets_->next(packet, std::max(std::min(wait, silence_left()), std::chrono::milliseconds(1)))) {
        if (silence_left().count() > 0) return false;
        throw Error(ErrorKind::source_unavailable, "reading the binary log",
                    fmt::format("the server sent nothing, not even a heartbeat, for {} ms", silence().count()));
      }
      last_packet_ = Clock::now();
    } else {
      fresh_ = true;
    }
  } catch (const Error&) {
    if (connection_.cancelled()) throw Error(ErrorKind::interrupted, "reading the binary log", "stop was asked for");
    throw;
  }
  if (packet.empty()) throw Error(ErrorKind::corrupt, "reading the binary log", "an empty packet came");
  auto first = static_cast<uint8_t>(packet[0]);
  if (first == 0) {
    event = packet.substr(1);
    return true;
  }
  if (first == 0xff && packet.size() >= 3) {
    unsigned number = static_cast<uint8_t>(packet[1]) | static_cast<unsigned>(static_cast<uint8_t>(packet[2])) << 8;
    size_t text = packet.size() > 9 && packet[3] == '#' ? 9 : 3;
    throw_server_error(number, std::string(packet.substr(text)));
  }
  if (first == 0xfe && packet.size() < 9)
    throw Error(ErrorKind::source_unavailable, "reading the binary log", "the server ended the stream");
  throw Error(ErrorKind::corrupt, "reading the binary log", fmt::format("a packet of unknown kind {:#04x} came", first));
}

}  // namespace tidemark::mysql
