#include "engine/postgres/source_checks.h"

#include <fmt/format.h>

#include <map>

#include "base/findings.h"
#include "engine/postgres/dialect.h"
#include "engine/postgres/slot.h"
#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

constexpr const char* kDoing = "looking at the source's settings";
constexpr int kOldest = 140000, kNewest = 189999;

class Checker {
 public:
  Checker(Connection& connection, const SourceConfig& config) : connection_(connection), config_(config) {
    const Result result = connection.run("SELECT name, setting FROM pg_settings", kDoing);
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      settings_[std::string(field_of(result.get(), row, 0))] = field_of(result.get(), row, 1);
    }
    const Result facts = connection.run(
        "SELECT current_user, pg_is_in_recovery(), (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user) OR "
        "COALESCE((SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = 'rds_replication'), false), "
        "(SELECT count(*) FROM pg_replication_slots)",
        kDoing);
    role_ = printable(quote_name(field_of(facts.get(), 0, 0)));
    standby_ = field_of(facts.get(), 0, 1) == "t";
    may_replicate_ = field_of(facts.get(), 0, 2) == "t";
    slots_ = number_of(field_of(facts.get(), 0, 3));
  }

  SourceInfo run() {
    version();
    log();
    room();
    privileges();
    encoding();
    standby();
    findings_.throw_if_any(fmt::format("source {} cannot be used", printable(config_.name)));
    failover();
    retention();
    connections();
    info_.engine = "postgres";
    info_.version = connection_.version().substr(connection_.version().find(' ') + 1);
    info_.exact_reads = !standby_;
    return std::move(info_);
  }

 private:
  std::string value(const std::string& name) const {
    const auto it = settings_.find(name);
    return it == settings_.end() ? std::string() : it->second;
  }
  uint64_t number(const std::string& name) const { return number_of(value(name)); }
  void wrong(ErrorKind kind, const std::string& cause, const std::string& cure) { findings_.add(cause, cure, kind); }
  void warn(std::string text) { info_.warnings.push_back(std::move(text)); }
  static std::string at_restart(const std::string& name, const std::string& to) {
    return fmt::format("ALTER SYSTEM SET {} = {}; and restart the server", name, to);
  }
  static std::string at_once(const std::string& name, const std::string& to) {
    return fmt::format("ALTER SYSTEM SET {} = {}; SELECT pg_reload_conf();", name, to);
  }

  void version() {
    const int version = connection_.version_number();
    if (version < kOldest) {
      wrong(ErrorKind::server_settings, fmt::format("server version {} is too old", printable(value("server_version"))),
            "upgrade to PostgreSQL 14 or later");
    } else if (version > kNewest) {
      warn(fmt::format("server version {} is newer than any that was tested; what it writes that is not understood stops the pipeline",
                       printable(value("server_version"))));
    }
    if (config_.postgres.failover_slot && version < 170000) {
      wrong(ErrorKind::server_settings, "failover_slot needs PostgreSQL 17 or later", "set failover_slot: false, or upgrade the server");
    }
  }

  void log() {
    if (value("wal_level") == "logical") return;
    wrong(ErrorKind::server_settings, fmt::format("wal_level is {}: the log has too little to decode", value("wal_level")),
          at_restart("wal_level", "'logical'"));
  }

  void room() {
    const uint64_t most = number("max_replication_slots");
    if (slots_ >= most && !read_slot(connection_, config_.postgres.slot).exists) {
      wrong(ErrorKind::server_settings, fmt::format("all {} replication slots are taken", most),
            at_restart("max_replication_slots", std::to_string(most + 10)));
    }
    if (number("max_wal_senders") == 0) {
      wrong(ErrorKind::server_settings, "max_wal_senders is 0: the server streams to nobody", at_restart("max_wal_senders", "10"));
    }
  }

  void privileges() {
    if (may_replicate_) return;
    wrong(ErrorKind::credentials, "the role may not replicate",
          fmt::format("ALTER ROLE {0} REPLICATION; (Amazon RDS: GRANT rds_replication TO {0};)", role_));
  }

  void encoding() {
    if (value("server_encoding") != "SQL_ASCII") return;
    wrong(ErrorKind::server_settings, "the database's encoding is SQL_ASCII: nobody knows which characters its bytes are",
          "move the data to a database with ENCODING 'UTF8'");
  }

  void failover() {
    if (standby_ || !config_.postgres.failover_slot || !value("synchronized_standby_slots").empty()) return;
    warn("synchronized_standby_slots is empty: the pipeline may read what no standby has yet, and after a failover it then stops; " +
         at_once("synchronized_standby_slots", "'...'"));
  }

  void standby() {
    if (!standby_) return;
    if (connection_.version_number() < 160000) {
      wrong(ErrorKind::server_settings, "the server is a standby, and before PostgreSQL 16 standbys cannot decode their log",
            "connect to the primary");
    }
    if (value("hot_standby_feedback") != "on") {
      warn("hot_standby_feedback is off: the primary may remove rows of its catalog that decoding needs, and the slot is then lost; " +
           at_once("hot_standby_feedback", "on"));
    }
    if (value("primary_slot_name").empty()) {
      warn("primary_slot_name is empty: while the standby is away, the primary may remove what its slots need, and they are then lost; " +
           at_once("primary_slot_name", "'...'"));
    }
    if (config_.postgres.failover_slot) {  // after a failover this is a matter of moments
      wrong(ErrorKind::source_unavailable, "the server is a standby, and failover_slot is for slots of a primary",
            "connect to the primary, or promote the standby; to read from a standby: failover_slot: false. It is tried again.");
    }
  }

  void retention() {
    const std::string keep = value("max_slot_wal_keep_size");  // megabytes
    if (keep == "-1") {
      warn(
          "max_slot_wal_keep_size is unlimited: while the pipeline stands still, the server keeps all of its log until its disk is full; " +
          at_once("max_slot_wal_keep_size", "'100GB'"));
    } else if (const uint64_t megabytes = number_of(keep); megabytes < 1024) {
      warn(fmt::format("max_slot_wal_keep_size is {} MB: a short standstill already means a new copy; {}", megabytes,
                       at_once("max_slot_wal_keep_size", "'100GB'")));
    }
    if (const uint64_t idle = number("idle_replication_slot_timeout"); idle != 0) {
      warn(fmt::format("idle_replication_slot_timeout is {} s: a pipeline that stands still for so long needs a new copy; {}", idle,
                       at_once("idle_replication_slot_timeout", "0")));
    }
    if (value("fsync") == "off") {
      warn("fsync is off: a crash of the server's machine may lose transactions that were sent already; " + at_once("fsync", "on"));
    }
  }

  void connections() {
    const uint64_t timeout = number("wal_sender_timeout");  // milliseconds
    if (timeout == 0) {
      warn("wal_sender_timeout is 0: after a broken connection the server may hold the slot for a long time; " +
           at_once("wal_sender_timeout", "'60s'"));
    } else if (timeout < 5000) {
      warn(fmt::format("wal_sender_timeout is {} ms: the server may end the stream in a short pause; {}", timeout,
                       at_once("wal_sender_timeout", "'60s'")));
    }
  }

  Connection& connection_;
  const SourceConfig& config_;
  std::map<std::string, std::string> settings_;
  std::string role_;
  bool standby_ = false, may_replicate_ = false;
  uint64_t slots_ = 0;
  Findings findings_{" | "};
  SourceInfo info_;
};

}  // namespace

SourceInfo check_server(Connection& connection, const SourceConfig& config) { return Checker(connection, config).run(); }

}  // namespace tidemark::postgres
