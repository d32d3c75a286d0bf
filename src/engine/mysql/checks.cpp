#include "engine/mysql/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <set>

#include "base/findings.h"
#include "engine/mysql/dialect.h"
#include "engine/mysql/positions.h"

namespace tidemark::mysql {

namespace {

class Checker {
 public:
  Checker(Connection& connection, const SourceConfig& config) : connection_(connection), config_(config) {
    for (const ResultRow& row : connection.query("SHOW GLOBAL VARIABLES")) variables_[row[0].value_or("")] = row[1].value_or("");
    user_ = quote_user(connection.query_text("SELECT CURRENT_USER()"));
  }

  SourceInfo run() {
    version();
    log_format();
    retention();
    durability();
    server_id();
    replication_role();
    grants();
    findings_.throw_if_any(fmt::format("source {} cannot be used", printable(config_.name)));
    info_.engine = connection_.is_mariadb() ? "mariadb" : "mysql";
    info_.version = connection_.version_text();
    info_.server = server_identity(connection_);
    info_.gtids = has_gtids(connection_);
    info_.exact_reads = connection_.is_mariadb() || !info_.gtids;
    return std::move(info_);
  }

 private:
  std::string value(const std::string& name) const {
    const auto it = variables_.find(name);
    return it == variables_.end() ? std::string() : it->second;
  }
  uint64_t number(const std::string& name) const {
    const std::string text = value(name);
    uint64_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
  }
  bool has(const std::string& name) const { return variables_.count(name) != 0; }
  void wrong(ErrorKind kind, const std::string& cause, const std::string& cure) { findings_.add(cause, cure, kind); }
  void warn(std::string text) { info_.warnings.push_back(std::move(text)); }
  // MySQL 8 can write a setting down at once; the others need it in my.cnf as well.
  std::string set_global(const std::string& name, const std::string& to) const {
    if (!connection_.is_mariadb() && connection_.version() >= 80000) return fmt::format("SET PERSIST {} = {};", name, to);
    return fmt::format("SET GLOBAL {0} = {1}; and in my.cnf: {0}={1}", name, to);
  }

  void version() {
    switch (judge_version(connection_.is_mariadb(), connection_.version())) {
      case VersionVerdict::fits: break;
      case VersionVerdict::newer:
        warn(fmt::format("server version {} is newer than any that was tested; what it writes that is not understood stops the pipeline",
                         printable(connection_.version_text())));
        break;
      case VersionVerdict::too_old:
        wrong(ErrorKind::unsupported, fmt::format("server version {} is too old", printable(connection_.version_text())),
              "upgrade to MySQL 5.7 or later, or MariaDB 10.5 or later");
        break;
    }
  }

  void log_format() {
    if (value("log_bin") != "ON") {
      wrong(ErrorKind::server_settings, "the binary log is off",
            "in my.cnf, section [mysqld]: log_bin=mysql-bin, server_id=1, binlog_format=ROW; then restart the server");
    }
    // gone in MySQL versions that know no other format
    if (has("binlog_format") && value("binlog_format") != "ROW") {
      wrong(ErrorKind::server_settings, fmt::format("binlog_format is {}", value("binlog_format")),
            set_global("binlog_format", "ROW") + " (connections that are open keep the old format until they reconnect)");
    }
    const std::string image = value("binlog_row_image");
    if (!image.empty() && image != "FULL") {
      warn(fmt::format(
          "binlog_row_image is {}: values that a change leaves out are taken from the sink's row, and updates of a key may cost "
          "an extra read{}; {}",
          image,
          // It writes such a REPLACE as an update of the columns that were given, as if the others stayed as they were.
          connection_.is_mariadb() ? "; what a REPLACE resets by leaving columns out is not in MariaDB's log and will differ at the sink"
                                   : "",
          set_global("binlog_row_image", "'FULL'")));
    }
    if (value("binlog_row_value_options").find("PARTIAL_JSON") != std::string::npos) {
      warn("binlog_row_value_options has PARTIAL_JSON: a JSON change can be applied only where the log has the whole value before it; " +
           set_global("binlog_row_value_options", "''"));
    }
    if (has("binlog_row_metadata") && value("binlog_row_metadata") != "FULL") {
      warn(
          "binlog_row_metadata is not FULL: column names, ENUM labels and character sets are taken from the table as it is now, not as it "
          "was when the change was written; " +
          set_global("binlog_row_metadata", "'FULL'"));
    }
    if (!connection_.is_mariadb() && value("gtid_mode").find("PERMISSIVE") != std::string::npos) {
      warn(fmt::format("gtid_mode is {}: positions go by file and offset until it is ON or OFF", value("gtid_mode")));
    }
  }

  void retention() {
    uint64_t seconds = number("binlog_expire_logs_seconds");
    if (seconds == 0) seconds = static_cast<uint64_t>(std::strtod(value("expire_logs_days").c_str(), nullptr) * 86400);
    if (seconds != 0 && seconds < 86400) {
      const bool by_seconds = has("binlog_expire_logs_seconds");
      warn(fmt::format("the server keeps its log for {} seconds only: a longer outage means a new copy; {}", seconds,
                       set_global(by_seconds ? "binlog_expire_logs_seconds" : "expire_logs_days", by_seconds ? "604800" : "7")));
    }
  }

  void durability() {
    if (value("sync_binlog") != "1") {
      warn(fmt::format("sync_binlog is {}: a crash of the server's machine may lose transactions that were sent already; {}",
                       value("sync_binlog"), set_global("sync_binlog", "1")));
    }
  }

  void server_id() {
    if (number("server_id") == 0) {
      wrong(ErrorKind::server_settings, "server_id is 0: the server serves no replicas", set_global("server_id", "1"));
    }
    if (config_.server_id != 0 && config_.server_id == number("server_id")) {
      wrong(ErrorKind::config, fmt::format("the configured server_id {} is the server's own", config_.server_id),
            "choose another server_id for this source, different from all servers and replicas");
    }
  }

  void replication_role() {
    if (value("log_slave_updates") != "OFF" && value("log_replica_updates") != "OFF") return;
    bool replica = false;
    try {
      const bool renamed = connection_.is_mariadb() || connection_.version() >= 80022;
      replica = !connection_.query(renamed ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS").empty();
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::credentials) throw;
    }
    if (replica) {
      wrong(ErrorKind::server_settings, "the server is a replica that does not log what it replicates",
            "in my.cnf, section [mysqld]: log_slave_updates=ON; then restart the server");
    } else {
      warn("log_slave_updates is OFF: should this server become a replica, what it replicates is not seen");
    }
  }

  void grants() {
    // Tried rather than read off the grants, so that roles and every way to say it count. MariaDB has no statement that needs just
    // REPLICATION SLAVE; there the grants (of active roles too) are read.
    const bool mariadb = connection_.is_mariadb();
    const std::string monitor = mariadb ? "BINLOG MONITOR" : "REPLICATION CLIENT";
    std::string missing;
    if (value("log_bin") == "ON" && !allowed([&] { log_end(connection_); })) missing = monitor;
    bool slave = true;
    if (mariadb) {
      std::vector<std::string> lines;
      for (const ResultRow& row : connection_.query("SHOW GRANTS")) lines.push_back(row[0].value_or(""));
      slave = grants_contain(lines, "REPLICATION SLAVE");
    } else {
      slave = allowed([&] { connection_.query(connection_.version() >= 80022 ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS"); });
    }
    if (!slave) missing += (missing.empty() ? "" : ", ") + std::string("REPLICATION SLAVE");
    if (!missing.empty()) {
      wrong(ErrorKind::credentials, fmt::format("the user lacks {}", missing), fmt::format("GRANT {} ON *.* TO {};", missing, user_));
    }
  }

  template <typename F>
  bool allowed(F&& ask) {
    try {
      ask();
      return true;
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::credentials) throw;
      return false;
    }
  }

  Connection& connection_;
  const SourceConfig& config_;
  std::map<std::string, std::string> variables_;
  std::string user_;
  Findings findings_{" | "};
  SourceInfo info_;
};

/// A line of SHOW GRANTS gives the privilege on this object; what it says of columns or other objects does not count.
bool grants_on(std::string_view line, std::string_view privilege, const std::string& object) {
  const size_t on = line.find(" ON " + object + " TO ");
  if (line.substr(0, 6) != "GRANT " || on == std::string_view::npos) return false;
  std::string_view list = line.substr(6, on - 6);
  if (list.find('`') != std::string_view::npos) return false;
  while (!list.empty()) {
    const size_t comma = list.find(", ");
    const std::string_view one = list.substr(0, comma);
    if (one == privilege || one == "ALL PRIVILEGES") return true;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 2);
  }
  return false;
}

}  // namespace

VersionVerdict judge_version(bool mariadb, unsigned long version) {
  const unsigned long oldest = mariadb ? 100500 : 50700, newest = mariadb ? 110899 : 90799;
  if (version < oldest) return VersionVerdict::too_old;
  return version > newest ? VersionVerdict::newer : VersionVerdict::fits;
}

bool grants_contain(const std::vector<std::string>& grants, std::string_view privilege) {
  return std::any_of(grants.begin(), grants.end(), [&](const std::string& line) { return grants_on(line, privilege, "*.*"); });
}

bool grants_cover(const std::vector<std::string>& grants, std::string_view privilege, const std::string& database) {
  // MySQL's partial revokes take away from what another line gives
  const auto takes_away = [](const std::string& line) { return line.rfind("GRANT ", 0) != 0 && line.rfind("SET DEFAULT ROLE ", 0) != 0; };
  if (std::any_of(grants.begin(), grants.end(), takes_away)) return false;
  // GRANT takes a database's name for a pattern. Of several that match, the one without wildcards counts.
  std::string exactly;
  for (char c : database) {
    if (c == '_' || c == '%' || c == '\\') exactly.push_back('\\');
    exactly.push_back(c);
  }
  const std::string object = quote_name(exactly) + ".*";
  return grants_contain(grants, privilege) ||
         std::any_of(grants.begin(), grants.end(), [&](const std::string& line) { return grants_on(line, privilege, object); });
}

SourceInfo check_server(Connection& connection, const SourceConfig& config) { return Checker(connection, config).run(); }

void check_lock_privilege(Connection& connection, const std::vector<SchemaRef>& tables) {
  if (connection.is_mariadb()) return;
  const bool gtids = has_gtids(connection);
  std::set<std::string> databases, missing;
  connection.execute("SET SESSION lock_wait_timeout=1");
  for (const SchemaRef& table : tables) {
    if ((gtids && table->has_key()) || !databases.insert(table->name.database).second) continue;
    try {
      connection.execute(fmt::format("LOCK TABLES {} READ", quote_name(table->name)));
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::credentials) {
        missing.insert(quote_name(table->name.database));
      } else if (e.server_code() != "1205") {  // a lock that has to wait is one that we may take
        throw;
      }
    }
    connection.execute("UNLOCK TABLES");
  }
  if (missing.empty()) return;
  const std::string user = quote_user(connection.query_text("SELECT CURRENT_USER()"));
  std::string cure;
  for (const std::string& database : missing) cure += fmt::format("GRANT LOCK TABLES ON {}.* TO {}; ", printable(database), user);
  throw Error(
      ErrorKind::credentials, "copying tables",
      fmt::format("the user lacks LOCK TABLES on {}, needed to know what a read saw {}",
                  printable(fmt::format("{}", fmt::join(missing, ", "))), gtids ? "of tables without a key" : "while gtid_mode is not ON"),
      cure);
}

}  // namespace tidemark::mysql
