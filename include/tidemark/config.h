// The configuration as plain data, after every check has passed. Loaded by src/config, immutable afterwards: whoever holds a copy may read
// it from any thread. Durations are typed, sizes are bytes. Nothing here fails: what is wrong was refused before.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tidemark/column_rule.h"
#include "tidemark/source.h"

namespace tidemark {

/// A password. Not printable by accident: there is no operator<< and no conversion; reveal() is called where it is handed to a client
/// library.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  Secret(Secret&&) = default;
  Secret& operator=(Secret&&) = default;
  ~Secret() {
    // a volatile write, so that the compiler keeps it
    volatile char* p = value_.data();
    for (size_t i = 0; i < value_.size(); ++i) p[i] = 0;
  }
  bool empty() const { return value_.empty(); }
  const std::string& reveal() const { return value_; }

 private:
  std::string value_;
};

enum class TlsMode : uint8_t { disabled, required, verify_ca, verify_full };

struct TlsConfig {
  TlsMode mode = TlsMode::disabled;  // default: disabled on loopback and Unix sockets, verify-full elsewhere
  std::string ca, certificate, key;  // files
};

struct ServerAddress {
  std::string host = "127.0.0.1";
  uint16_t port = 0;   // 0: the engine's default
  std::string socket;  // Unix socket instead of host and port
  std::string user;
  Secret password;
  std::string database;  // PostgreSQL
  TlsConfig tls;
  std::chrono::milliseconds connect_timeout{10000};
};

enum class Streaming : uint8_t { off, on, parallel };

/// What only a PostgreSQL source has. In both names {pipeline} stands for the pipeline's name, in the form that names of slots allow.
struct PostgresSourceConfig {
  std::string slot = "tidemark_{pipeline}";
  std::string publication = "tidemark_{pipeline}";
  /// verify: the stream is read through a temporary copy of the slot, which vanishes with its connection.
  bool copies_slot = false;
  bool failover_slot = false;           // PostgreSQL 17: the slot is kept on the standbys as well
  Streaming streaming = Streaming::on;  // of transactions before they end, as far as the server can
  uint64_t spill_memory = 64u << 20;    // what of these is kept in memory; filled in from memory_limit
  uint32_t scan_connections = 2;        // that read one large table without key; filled in from snapshot.workers
};

struct SourceConfig {
  std::string name;
  std::string engine;  // mysql | mariadb | postgres
  ServerAddress address;
  PostgresSourceConfig postgres;
  uint32_t server_id = 0;                     // 0: derived from host name and source name; checked against the server's replicas
  std::chrono::milliseconds heartbeat{1000};  // the server sends one when idle; a silent server is dead after 5 of them, at most 10 s
};

struct SinkConfig {
  std::string name;
  std::string engine;  // postgres | mysql | mariadb | sqlite
  ServerAddress address;
  std::string path;                                 // SQLite
  std::string tidemark_schema = "tidemark";         // PostgreSQL schema of our own tables
  ZeroDatePolicy zero_date = ZeroDatePolicy::null;  // PostgreSQL: dates that it cannot hold
  NulPolicy nul_character = NulPolicy::error;       // PostgreSQL: U+0000 in text
};

enum class Startup : uint8_t { initial, snapshot_only, earliest, latest, specific, timestamp };
enum class StopAt : uint8_t { never, latest, specific, timestamp };

struct PipelineConfig {
  std::string name;
  std::string source;  // names of a source and a sink
  std::string sink;
  TableSelection tables;
  ColumnRules columns;
  std::string target_schema = "{database}";  // templates: {database}, {table}
  std::string target_table;  // default: "{table}" for PostgreSQL; SQLite "{table}", or "{database}_{table}" when names collide
  bool exactly_once = true;
  bool keep_existing_rows = false;  // existing_rows: refuse | keep; what to do when a new pipeline meets a target table that has rows
  Startup startup = Startup::initial;
  std::string startup_position;  // specific
  int64_t startup_micros = 0;    // timestamp
  StopAt stop = StopAt::never;
  std::string stop_position;
  int64_t stop_micros = 0;
  uint32_t snapshot_workers = 2;
  uint64_t chunk_rows = 8096;        // start value, then adapted
  uint64_t chunk_bytes = 16u << 20;  // upper bound of a chunk buffer
  bool adapt_chunks = true;
  uint64_t batch_rows = 20000;  // apply: a sink transaction is closed at the first source commit past one of these
  uint64_t batch_bytes = 8u << 20;
  std::chrono::milliseconds retry_initial{500};
  std::chrono::milliseconds retry_max{30000};
  std::chrono::milliseconds retry_budget{900000};
};

struct DaemonConfig {
  std::string state = "/var/lib/tidemark/state.db";
  std::string socket = "/run/tidemark/control.sock";
  std::string log_level = "info";   // error | warn | info | debug
  std::string log_format = "auto";  // auto | text | json
  uint64_t memory_limit = 512u << 20;
  std::chrono::milliseconds shutdown_timeout{30000};
};

struct Config {
  std::string path;  // the file that it was read from
  DaemonConfig daemon;
  std::map<std::string, SourceConfig> sources;
  std::map<std::string, SinkConfig> sinks;
  std::vector<PipelineConfig> pipelines;
};

}  // namespace tidemark
